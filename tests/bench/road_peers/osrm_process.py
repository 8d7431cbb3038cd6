"""A process that opens OSRM and answers, for its memory and its start.

    python -m tests.bench.road_peers.osrm_process FILE.osrm WEST SOUTH EAST NORTH

Prints JSON: CPU seconds and those by the clock from the start of the process to the first 1000x1000
answer, and megabytes resident after the questions.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import osrm
import psutil

from tests.bench.road_peers.osrm import Osrm

import numpy as np  # isort: skip

SHAPES = ((1000, 1000), (100, 1000), (50, 50), (1, 5000))


def main(base: str, *bounds: str) -> None:
    west, south, east, north = map(float, bounds)
    process, rng = psutil.Process(), np.random.default_rng(1)
    peer = Osrm(osrm, Path(base), "CH")
    told = {}
    for n, m in SHAPES:
        ends = (rng.uniform((west, south), (east, north), (k, 2)) for k in (n, m))
        peer.table(*ends)()
        if not told:
            told["wall s"] = time.time() - process.create_time()
            told["cpu s"] = time.process_time()
    for _ in range(100):
        ends = rng.uniform((west, south), (east, north), (2, 2))
        peer.nearest(ends[:1])()
        peer.route(ends)()
    told["rss MB"] = process.memory_info().rss / 1e6
    sys.stdout.write(f"{json.dumps(told)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
