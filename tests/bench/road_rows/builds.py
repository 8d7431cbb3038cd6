"""From the extract to the first answer, and from other weights to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from tests.bench.road_peers.osrm import Osrm, program_s
from tests.bench.road_rows.case import Case
from tests.bench.road_rows.clock import Ready, interleaved
from tests.bench.road_rows.row import Reach, Row, ratio


def build(case: Case) -> Iterator[Row]:
    """Graph, hierarchy and files of each; ours without base map and places, which OSRM hasn't."""
    case.engine  # noqa: B018 - compiled before
    taken = interleaved({"ours": lambda: case.build}, min(case.runs, 3), slow_s=np.inf)
    installed = case.osrm_ch is not None
    for algorithm, reach in (("CH", ratio(0.15)), ("MLD", ratio(0.5))):
        peer_s = case.osrm_data.build_s(algorithm) if installed else None
        yield Row("build from .pbf", "s", taken["ours"], f"OSRM-{algorithm}", peer_s, reach)


def weights(case: Case) -> Iterator[Row]:
    """All streets' times changed, until the next drive time is known; theirs with their files."""
    case.engine  # noqa: B018 - compiled before
    ends = case.places(2, 8)
    calls: dict[str, Ready] = {"ours": partial(_ours, case, ends)}
    if case.osrm_mld is not None:
        calls["OSRM-MLD"] = lambda: partial(_theirs, case, ends)
    taken = interleaved(calls, case.runs)
    peer_s = taken.get("OSRM-MLD")
    measure = "all weights new, to the next answer"
    yield Row(measure, "s", taken["ours"], "OSRM-MLD", peer_s, ratio(0.3))
    yield Row(measure, "s", taken["ours"], reach=Reach(most=0.3))


def _ours(case: Case, ends: np.ndarray):
    source, target = (LonLat(*end) for end in ends.tolist())
    graph, topology = reweighted(case.engine.graph), case.engine.topology
    return lambda: RoadEngine(graph, topology).drive_times(source, [target])


def _theirs(case: Case, ends: np.ndarray) -> object:
    base = case.osrm_data.of("MLD")
    program_s("customize", str(base))
    opened = Osrm.opened(case.osrm_data, "MLD")
    assert opened is not None
    return opened.table(ends[:1], ends[1:])()


def reweighted(graph: RoadGraph) -> RoadGraph:
    """The graph with each street up to twice as slow."""
    slower = graph.drive_ms * np.random.default_rng(9).uniform(1.0, 2.0, len(graph.drive_ms))
    drive_ms = np.where(graph.drive_ms < FORBIDDEN_MS, np.rint(slower), FORBIDDEN_MS)
    return replace(graph, drive_ms=drive_ms.astype(np.int32))
