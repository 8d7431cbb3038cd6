"""A process that does nothing but drive times: how soon it answers, and how much memory it takes.

    python -m tests.bench.road_process [COMPILED_AREA]

COMPILED_AREA is a folder with roads.graph, roads.hierarchy and roads.metric, as `roads build`
writes them; without one, that of the demo is built. The process is started twice, and the second
counts: machine code is kept from the first. CPU time is that of the whole process, its interpreter
included. Memory is what Linux tells of it after each shape, in MB: `rss` with the pages of mapped
files that it has touched, `uss` what is its own alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHAPES = (
    (1000, 1000),
    (100, 1000),
    (50, 50),
    (1, 5000),
    (5000, 1),
    (5000, 5000),
)
ROUTES = 200


def main(arguments: list[str]) -> None:
    area = Path(arguments[0]) if arguments else demo()
    told = [json.loads(in_new_process(area)) for _ in range(2)][-1]
    for measure, value in told.items():
        sys.stderr.write(f"{measure:>24}: {value}\n")
    sys.stdout.write(json.dumps(told) + "\n")


def in_new_process(area: Path) -> str:
    """What a process says of itself."""
    program = [sys.executable, "-m", "tests.bench.road_process", "--measured", str(area)]
    return subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout


def measured(area: Path) -> dict[str, object]:
    """Open the roads, and ask of them what the table of `drive_times` asks."""
    started_s = time.perf_counter()
    import numpy as np  # noqa: PLC0415

    from geo_dispatch.adapters.graph_files import open_graph  # noqa: PLC0415 - it is measured
    from geo_dispatch.adapters.hierarchy_files import open_metric, open_topology  # noqa: PLC0415
    from geo_dispatch.kernel.geo import LonLat  # noqa: PLC0415
    from geo_dispatch.roads.engine import RoadEngine  # noqa: PLC0415

    told: dict[str, object] = {}
    told["import cpu s"], told["import wall s"] = since(started_s)
    told["memory after import"] = memory()
    graph = open_graph(area / "roads.graph")
    topology = open_topology(area / "roads.hierarchy", graph)
    engine = RoadEngine(graph, topology, open_metric(area / "roads.metric", topology)[1])
    rng = np.random.default_rng(1)

    def places(n: int) -> np.ndarray:
        near = graph.shape_lonlats[rng.choice(len(graph.shape_lonlats), n)]
        return near + rng.normal(0.0, 3e-4, near.shape)

    def ask(n: int, m: int) -> None:
        engine.matrix(engine.snap(places(n)), engine.snap(places(m)))

    for number, (n, m) in enumerate(SHAPES):
        ask(n, m)
        if number == 0:
            told["first answer cpu s"], told["first answer wall s"] = since(started_s)
        told[f"memory after {n}x{m}"] = memory()
    ends = [LonLat(*place) for place in places(2 * ROUTES).tolist()]
    for source, target in zip(ends[:ROUTES], ends[ROUTES:], strict=True):
        engine.route(source, target)
    told["memory after routes"] = memory()
    return told


def since(started_s: float) -> tuple[float, float]:
    """CPU time of the whole process so far, and wall time."""
    return round(time.process_time(), 3), round(time.perf_counter() - started_s, 3)


def memory() -> dict[str, float]:
    """Resident, proportional and own memory of this process, and the most it ever was; MB."""
    rows = [line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]]
    kb = {row[0].rstrip(":"): int(row[1]) for row in rows}
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    values = {
        "rss": kb["Rss"],
        "pss": kb["Pss"],
        "uss": kb["Private_Clean"] + kb["Private_Dirty"],
        "peak": peak,
    }
    return {name: round(value / 1024, 1) for name, value in values.items()}


def demo() -> Path:
    """The demo's area, compiled into a folder of its own."""
    from tests.support.app import AREA, build_workspace  # noqa: PLC0415 - imports nearly everything

    return build_workspace(Path(tempfile.mkdtemp())) / "road_graphs" / "compiled" / AREA


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measured"]:
        sys.stdout.write(json.dumps(measured(Path(sys.argv[2]))))
    else:
        main(sys.argv[1:])
