"""A process that only opens OSRM and answers: how soon, and how much memory it takes.

    python -m tests.bench.road_peers.osrm_process FILE.osrm PLACES.npy

Prints JSON: seconds of CPU, the interpreter's included, and by the clock from the first import to
the first answer, and memory after matrices and after routes and an array.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

MATRICES = ((1000, 1000), (100, 1000), (50, 50), (1, 5000), (5000, 1))
ROUTES = 200


def main(base: str, places: str) -> None:
    started_s = time.perf_counter()
    import numpy as np  # noqa: PLC0415 - it is measured

    from tests.bench.road_peers.osrm import Osrm  # noqa: PLC0415 - as above

    told: dict[str, object] = {}
    peer = Osrm.of_files(Path(base), "CH")
    assert peer is not None, "started only where osrm-bindings is installed"
    near = np.load(places)
    for n, m in MATRICES:
        peer.table(near[:n], near[n : n + m])()
        if not told:
            told["first answer cpu s"] = time.process_time()
            told["first answer wall s"] = time.perf_counter() - started_s
    told["memory after matrices"] = memory()
    for ends in near[: 2 * ROUTES].reshape(-1, 2, 2):
        peer.nearest(ends[:1])()
        peer.route(ends)()
    peer.array(near[:1000], near[1000:2000])()
    told["memory after an array"] = memory()
    sys.stdout.write(f"{json.dumps(told)}\n")


def memory() -> dict[str, float]:
    """Megabytes that this process holds now, and the most that it ever did."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    kb = {name: value for name, _, value in (line.partition(":") for line in status)}
    return {
        said: int(kb[name].split()[0]) / 1024
        for said, name in (("rss", "VmRSS"), ("peak", "VmHWM"))
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
