"""Drive times: ours on one thread, and how exact; networkx, without turns, as a slow peer.

    python -m tests.bench.drive_times [EXTRACT [COUNTRY]]

Without an extract: Porto from the folder that GEO_DISPATCH_SHARED_DATA names, else the demo area.
Medians of CPU time; snapping is in the matrices unless said otherwise, and labels are made anew
for each. As many pairs as `PAIRS` are compared with a plain search, to the millisecond.
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

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.export import graph_to_networkx
from geo_dispatch.roads.hierarchy.customisation import arc_weights, customised
from geo_dispatch.roads.hierarchy.topology import build_topology
from tests.support.ascii_map import build_file
from tests.support.plain_search import Search, stops

DEMO = Path(__file__).parents[2] / "road_graphs/liechtenstein/liechtenstein-2013-08-03.osm.pbf"
SHAPES = ((50, 50), (100, 1000), (500, 500), (1000, 1000), (1, 5000), (5000, 5000))
PAIRS = 200_000
ROUTES = 200
RUNS = 7


def main(arguments: list[str]) -> None:
    extract, country = chosen(arguments)
    start = time.process_time()
    graph, report = build_file(extract, country)
    build_s = time.process_time() - start
    build_topology(graph)  # compiles, unless it was
    start = time.process_time()
    topology = build_topology(graph)
    order_s = time.process_time() - start
    say(f"{extract.name}: {report.streets} streets, {report.turns} turns, {topology.n_arcs} arcs")
    say(f"built in {build_s:.1f} s, its hierarchy in {order_s:.2f} s")
    engine = RoadEngine(graph, topology)
    engine.prepare()
    rng = np.random.default_rng(1)
    found: dict[str, float] = {"build s": build_s, "hierarchy s": order_s}
    weights = arc_weights(graph)
    found["re-weight ms"] = median_ms(lambda: customised(topology, weights))
    metric = customised(topology, weights)

    def places(n: int) -> np.ndarray:
        near = graph.shape_lonlats[rng.choice(len(graph.shape_lonlats), n)]
        return near + rng.normal(0.0, 3e-4, near.shape)

    some = places(1000)
    found["snap us"] = median_ms(lambda: engine.snap(some))
    for n, m in SHAPES:
        ends = places(n), places(m)

        def ask(fresh: RoadEngine, ends: tuple[np.ndarray, np.ndarray] = ends) -> None:
            sources, targets = (fresh.snap(one) for one in ends)
            fresh.matrix(sources, targets)

        found[f"{n}x{m} ms"] = median_ms(ask, lambda: unlabelled(engine, metric))
    sources, targets = engine.snap(places(1)), engine.snap(places(5000))
    found["1x5000 snapped ms"] = median_ms(lambda: engine.matrix(sources, targets))
    pairs = [(LonLat(*a), LonLat(*b)) for a, b in places(2 * ROUTES).reshape(-1, 2, 2).tolist()]
    found["route ms"] = median_ms(lambda: [engine.route(*pair) for pair in pairs]) / ROUTES
    for measure, value in found.items():
        say(f"{measure:>18}: {value:.3f}")
    say(f"{mistaken(engine, places)} of {PAIRS} pairs differ from a plain search")
    against_networkx(engine, rng)


def unlabelled(engine: RoadEngine, metric: object) -> RoadEngine:
    """The engine without the labels of what was asked before."""
    fresh = RoadEngine(engine.graph, engine.topology, metric)
    fresh.snap(engine.graph.shape_lonlats[:1])
    return fresh


def mistaken(engine: RoadEngine, places: Callable[[int], np.ndarray]) -> int:
    """How many drive times are not those of a plain search."""
    side = int(PAIRS**0.5) + 1
    sources, targets = engine.snap(places(side)), engine.snap(places(side))
    ends = stops(engine.graph, sources), stops(engine.graph, targets)
    return int((engine.matrix(sources, targets) != Search(engine.graph).matrix(*ends)).sum())


def against_networkx(engine: RoadEngine, rng: np.random.Generator) -> None:
    """Ten places to two hundred."""
    graph = engine.graph
    junctions = rng.choice(np.unique(graph.street_from[graph.snappable]), 210)
    snaps = engine.snap(graph.node_lonlats[junctions])
    exported = graph_to_networkx(graph)
    names = graph.node_ids[junctions[:10]].tolist()

    def peer() -> None:
        for name in names:
            nx.single_source_dijkstra_path_length(exported, name, weight="travel_time")

    few, many = snaps.take(range(10)), snaps.take(range(10, 210))
    ours_ms = median_ms(lambda: engine.matrix(few, many))
    peer_ms = median_ms(peer)
    say(f"10x200: ours {ours_ms:.1f} ms, networkx {peer_ms:.1f} ms")
    values = {"ours": ours_ms, "peer": peer_ms, "ratio": ours_ms / peer_ms, "unit": "ms"}
    say(json.dumps({"matrix 10x200": values}))


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


def median_ms(call: Callable[..., object], given: Callable[[], object] | None = None) -> float:
    """Median CPU time of a call after one that warms up; of what is given each time, without."""
    taken = []
    for _ in range(RUNS + 1):
        arguments = [] if given is None else [given()]
        start = time.process_time()
        call(*arguments)
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
