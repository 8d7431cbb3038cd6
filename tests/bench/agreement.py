"""Drive times of our own profile against OSRM's car profile, on the same extract.

    python -m tests.bench.agreement OSRM_ROUTED FILE.osrm

500 x 500 random middles of Porto's streets, each engine with its own snapping; pairs of a minute
and more. The ratio of ours to theirs is told by percentiles. Both are free-flow times; neither is
the truth.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import RoadEngine
from tests.bench.drive_times import chosen, say
from tests.bench.osrm import Osrm
from tests.support.ascii_map import build_file

PLACES = 500
BLOCK = 125
"""Sources and targets of one request: their coordinates must fit into a URL."""
SHARES = (1, 5, 25, 50, 75, 95, 99)


def main(arguments: list[str]) -> None:
    program, data = map(Path, arguments)
    extract, country = chosen([])
    graph, _ = build_file(extract, country)
    engine = RoadEngine(graph)
    rng = np.random.default_rng(5)
    streets = rng.choice(np.flatnonzero(graph.snappable), 2 * PLACES, replace=False)
    places = np.array([graph.shape_of(street).mean(axis=0) for street in streets]).round(6)
    snaps = engine.snap(places)
    ours_ms = engine.matrix(
        snaps.take(np.arange(PLACES)), snaps.take(np.arange(PLACES, 2 * PLACES))
    )
    theirs_s = np.empty((PLACES, PLACES))
    with Osrm(program, data) as osrm:
        for row in range(0, PLACES, BLOCK):
            for column in range(0, PLACES, BLOCK):
                at = np.ix_(range(row, row + BLOCK), range(column, column + BLOCK))
                asked = places[row : row + BLOCK], places[PLACES + column :][:BLOCK]
                theirs_s[at] = osrm.table_s(*asked)
    judged = (ours_ms < UNREACHABLE_MS) & (theirs_s >= 60)
    ratios = ours_ms[judged] / 1000 / theirs_s[judged]
    found = dict(zip(SHARES, np.percentile(ratios, SHARES).round(3).tolist(), strict=True))
    say(f"{extract.name}: {judged.sum()} pairs, ours / OSRM by percentile: {found}")
    measure = f"agreement {PLACES}x{PLACES}, median"
    values = {"ours": found[50], "peer": 1.0, "ratio": found[50], "unit": "ratio"}
    say(json.dumps({measure: values}))


if __name__ == "__main__":
    main(sys.argv[1:])
