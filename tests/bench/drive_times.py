"""Drive times side by side with OSRM, routingkit-cch, Pandana, Valhalla and scipy.

    python -m tests.bench.drive_times [--area NAME ...] [--rows NAME ...] [--data FOLDER]

Areas are Porto and Columbus, whose extracts lie in the folder that GEO_DISPATCH_SHARED_DATA names;
without it, the demo area. Rows come by groups: see `GROUPS`; all of them unless some are named.
Peers are used where they are installed: osrm-bindings (which needs Python 3.12), routingkit-cch,
pandana and pyvalhalla. What they make of an extract stays in the data folder, where one is given,
with the time that it took.

Medians of CPU time on one thread, our calls and the peers' taking turns, after one run of each to
warm up; what takes longer than three seconds is run once. Places are the same for all. Ours has no
labels of before; OSRM is measured by its own call, on parameters made before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.bench.road_rows import builds, matrices, processes, ways
from tests.bench.road_rows.case import Case
from tests.bench.road_rows.row import HEAD, Row

ROOT: Final = Path(__file__).parents[2]
FETCHED: Final = {
    "porto": ("porto/porto.osm.pbf", "PT"),
    "columbus": ("osm/columbus.osm.pbf", "US"),
}
DEMO: Final = ROOT / "road_graphs/liechtenstein/liechtenstein-2013-08-03.osm.pbf"

GROUPS: Final[dict[str, Callable[[Case], Iterator[Row]]]] = {
    "matrices": matrices.against_osrm,
    "known": matrices.known_before,
    "snapped": matrices.snapped_before,
    "large": matrices.large,
    "threads": matrices.threads,
    "route": ways.route,
    "snap": ways.snap,
    "weights": builds.weights,
    "build": builds.build,
    "processes": processes.memory_and_start,
    "agreement": matrices.agreement,
    "exact": matrices.exact,
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--area", nargs="*", choices=FETCHED, default=["porto"])
    parser.add_argument("--rows", nargs="*", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    told = parser.parse_args(arguments)
    say(f"Python {platform.python_version()}, numpy {version('numpy')}, numba {version('numba')}")
    found = {}
    with tempfile.TemporaryDirectory(prefix="gd-bench-") as temporary:
        for extract, country in dict.fromkeys(map(chosen, told.area)):
            folder = (told.data or Path(temporary)) / extract.name.split(".", maxsplit=1)[0]
            folder.mkdir(parents=True, exist_ok=True)
            case = Case(extract, country, folder, told.runs)
            say(f"\n{case.name}: {case.engine.graph.n_streets} streets\n{HEAD}")
            for name in told.rows:
                for row in GROUPS[name](case):
                    say(row.line)
                    found[f"{case.name}: {row.name}"] = row.figures
    say(json.dumps(found))


def chosen(area: str = "porto") -> tuple[Path, str]:
    """The extract of an area, and whose limits hold there; the demo area where it is not there."""
    shared = os.environ.get("GEO_DISPATCH_SHARED_DATA")
    path, country = FETCHED[area]
    extract = Path(shared or "") / "fetched" / path
    return (extract, country) if shared and extract.is_file() else (DEMO, "LI")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
