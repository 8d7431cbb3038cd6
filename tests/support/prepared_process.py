"""A process that prepares an engine, then asks everything; prints what had to be compiled for it.

python -m tests.support.prepared_process COMPILED_AREA SCRATCH_FOLDER
"""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from geo_dispatch.adapters.graph_files import open_graph
from geo_dispatch.adapters.hierarchy_files import open_metric, open_topology
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.compiled import KERNELS
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.hierarchy.customisation import arc_weights, customised
from geo_dispatch.roads.hierarchy.topology import build_topology
from tests.support.ascii_map import AsciiMap, Town

DRAWN = "A----B----C\n|    |    |\nD----E----F"
ONE_WAY = {"AB": {"oneway": "yes"}, "DEF": {"oneway": "yes"}}
RESTRICTED = [("no_left_turn", "AB", "BE", "DEF")]


def main(area: Path, scratch: Path) -> None:
    graph = open_graph(area / "roads.graph")
    topology = open_topology(area / "roads.hierarchy", graph)
    engine = RoadEngine(graph, topology, open_metric(area / "roads.metric", topology)[1])
    plain = Town(AsciiMap(DRAWN, ways=ONE_WAY), scratch).graph
    copied = Town(AsciiMap(DRAWN, ways=ONE_WAY, restrictions=RESTRICTED), scratch).graph
    assert copied.n_vertices > 2 * copied.n_streets
    towns = [RoadEngine(town, build_topology(town)) for town in (plain, copied)]
    built = made()
    steps = []
    engine.prepare(lambda *step: steps.append(step))
    prepared = made()
    rng = np.random.default_rng(1)
    weights = arc_weights(graph)
    weights[rng.random(len(weights)) < 0.1] *= 2
    metric = customised(topology, weights)
    changed = [RoadEngine(graph, topology, metric, threads=threads) for threads in (1, 2)]
    for asked in (engine, *changed, *towns):
        ask(asked, rng)
    after = made()
    for_answers = prepared.keys() - built.keys()
    told = {
        "steps": steps,
        "compiled later": sorted(name for name in after if after[name] != prepared.get(name)),
        "compiled twice": {n: after[n] for n in for_answers if len(after[n]) > 1},
    }
    sys.stdout.write(json.dumps(told))


def made() -> dict[str, list[str]]:
    """For which types each kernel was compiled."""
    return {
        f"{kernel.__module__}.{kernel.__qualname__}": [str(types) for types in kernel.signatures]
        for kernel in KERNELS
        if kernel.signatures
    }


def ask(engine: RoadEngine, rng: np.random.Generator) -> None:
    """Every question in every shape, some about a place far from any street."""
    places = rng.uniform(engine.bounds[:2], engine.bounds[2:], (60, 2))
    places[7] = 0.0
    snaps = engine.snap(places, 5000.0)
    for n, m in ((60, 60), (1, 60), (60, 1), (1, 1), (2, 3), (0, 5), (7, 60)):
        engine.matrix(snaps.take(range(n)), snaps.take(range(m)))
    engine.nearest(snaps.take([0]), snaps, 5)
    engine.distances_m(snaps.take([0, 1]), snaps.take([0, 1, 2]))
    ends = [LonLat(*place) for place in places.tolist()]
    for source, target in pairwise(ends):
        engine.route(source, target)
    for shape in (
        engine.graph.shape_of(street) for street in range(min(20, engine.graph.n_streets))
    ):
        beside = [LonLat(*place) for place in np.linspace(shape[0], shape[1], 4)[1:3].tolist()]
        engine.route(*beside)
        engine.route(*beside[::-1])
    engine.drive_times(ends[0], ends)
    engine.drive_times_to(ends, ends[0])
    engine.reach(ends[1], 300.0)
    engine.match(places, 10.0 * np.arange(60), np.full(60, 8.0))
    engine.match(np.repeat(places[:1], 3, axis=0), np.arange(3.0), np.full(3, 5.0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
