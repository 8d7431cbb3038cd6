"""Drive-time matrices: ours, with turns, against networkx on the OSMnx-shaped graph, without.

    python -m tests.bench.drive_times [EXTRACT [COUNTRY]]

Without an extract: Porto from the folder that GEO_DISPATCH_SHARED_DATA names, else the demo area.
Medians of CPU time.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np

from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.export import graph_to_networkx
from tests.support.ascii_map import build_file

DEMO = Path(__file__).parents[2] / "road_graphs/liechtenstein/liechtenstein-2013-08-03.osm.pbf"
SOURCES, TARGETS = 10, 200


def main(arguments: list[str]) -> None:
    extract, country = chosen(arguments)
    graph, report = build_file(extract, country)
    say(f"{extract.name}: {report.streets} streets, {report.turns} turns")
    engine = RoadEngine(graph)
    rng = np.random.default_rng(1)
    junctions = rng.choice(np.unique(graph.street_from[graph.snappable]), SOURCES + TARGETS)
    snaps = engine.snap(graph.node_lonlats[junctions])
    sources, targets = (
        engine.snap(snaps.lonlats[part])
        for part in (slice(SOURCES), slice(SOURCES, SOURCES + TARGETS))
    )
    exported = graph_to_networkx(graph)
    names = graph.node_ids[junctions[:SOURCES]].tolist()

    def peer() -> None:
        for name in names:
            nx.single_source_dijkstra_path_length(exported, name, weight="travel_time")

    ours_ms = median_ms(lambda: engine.matrix(sources, targets), 5)
    peer_ms = median_ms(peer, 3)
    measure = f"matrix {SOURCES}x{TARGETS}"
    say(f"{measure}: ours {ours_ms:.1f} ms, networkx {peer_ms:.1f} ms")
    values = {"ours": ours_ms, "peer": peer_ms, "ratio": ours_ms / peer_ms, "unit": "ms"}
    say(json.dumps({measure: values}))


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def chosen(arguments: list[str]) -> tuple[Path, str]:
    """The extract to measure and whose limits hold there."""
    if arguments:
        return Path(arguments[0]), arguments[1] if len(arguments) > 1 else ""
    shared = os.environ.get("GEO_DISPATCH_SHARED_DATA")
    porto = Path(shared) / "fetched/porto/porto.osm.pbf" if shared else None
    return (porto, "PT") if porto and porto.is_file() else (DEMO, "LI")


def median_ms(call: Callable[[], object], times: int) -> float:
    """Median CPU time of a call after one that warms up."""
    call()
    taken = []
    for _ in range(times):
        start = time.process_time()
        call()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main(sys.argv[1:])
