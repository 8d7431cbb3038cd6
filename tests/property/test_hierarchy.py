"""The hierarchy against plain searches: any weights, part of a matrix and number of threads."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.hierarchy.customisation import arc_weights, customised
from geo_dispatch.roads.hierarchy.planner import Planner
from geo_dispatch.roads.hierarchy.topology import build_topology
from geo_dispatch.roads.snapping import Snaps
from tests.property.test_drive_times import SAMPLE, towns
from tests.property.test_restrictions import towns as tangled_towns
from tests.support.ascii_map import AsciiMap, Town, build_file
from tests.support.plain_roads import heap_matrix
from tests.support.plain_search import Search, stops


def reweighted(graph: RoadGraph, rng: np.random.Generator) -> RoadGraph:
    """Other times for all streets and turns; one street in ten is closed."""
    shape = len(graph.drive_ms)
    drive_ms = np.where(rng.random(shape) < 0.1, FORBIDDEN_MS, rng.integers(1, 90_000, shape))
    drive_ms = np.where(graph.drive_ms < FORBIDDEN_MS, drive_ms, FORBIDDEN_MS)
    # the same for all vertices of a street, as in any graph
    tails = graph.vertex_directed.repeat(np.diff(graph.arc_start)).astype(np.int64)
    drawn = (7919 * tails + 104_729 * graph.vertex_directed[graph.arc_head]) % 997
    arc_ms = rng.choice([0, 0, 1000, 20_000], 997)[drawn]
    return replace(graph, drive_ms=drive_ms.astype(np.int32), arc_ms=arc_ms.astype(np.int32))


def plain(graph: RoadGraph, sources: Snaps, targets: Snaps) -> np.ndarray:
    return Search(graph).matrix(stops(graph, sources), stops(graph, targets))


def path_ms(graph: RoadGraph, way: list[int], source: Snaps, target: Snaps) -> int:
    """What driving along the vertices takes, turn by turn."""
    after = stops(graph, source).after_ms[0][way[0] & 1]
    before = stops(graph, target).before_ms[0][way[-1] & 1]
    if len(way) == 1:
        return int(after + before - graph.drive_ms[way[0]])
    total = int(after + before)
    tails = graph.vertex_directed.repeat(np.diff(graph.arc_start))
    heads = graph.vertex_directed[graph.arc_head]
    for i in range(1, len(way)):
        (turn,) = set(graph.arc_ms[(tails == way[i - 1]) & (heads == way[i])].tolist())
        total += int(turn) + (int(graph.drive_ms[way[i]]) if i < len(way) - 1 else 0)
    return total


def check_ways(graph: RoadGraph, planner: Planner, snaps: Snaps, matrix: np.ndarray) -> None:
    """Every way is as long as the matrix says, and made of turns that there are."""
    for i, j in np.ndindex(matrix.shape):
        source, target = snaps.take([i]), snaps.take([j])
        ms, way = planner.way(planner.points(source), planner.points(target))
        assert ms == matrix[i, j]
        if ms < UNREACHABLE_MS:
            assert path_ms(graph, way.tolist(), source, target) == ms
        else:
            assert len(way) == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(drawn=st.one_of(towns(), tangled_towns()), seed=st.integers(0, 2**32 - 1))
def test_every_method_is_exact_on_any_town_with_any_weights(drawn: AsciiMap, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(drawn, Path(folder))
    rng = np.random.default_rng(seed)
    west, south, east, north = town.engine.bounds
    topology = build_topology(town.graph)
    snaps = town.engine.snap(rng.uniform((west, south), (east, north), (7, 2)), 300.0)
    for graph in (town.graph, reweighted(town.graph, rng), reweighted(town.graph, rng)):
        planner = Planner(graph, topology, customised(topology, arc_weights(graph)))
        truth = np.array(heap_matrix(graph, snaps, snaps))
        points = planner.points(snaps)
        many = planner.points(snaps.take(list(range(7)) * 9))
        assert np.array_equal(planner.matrix(many, many), np.tile(truth, (9, 9)))
        for i in range(7):
            one = points.take(np.array([i]))
            assert np.array_equal(planner.matrix(one, points)[0], truth[i])
            assert np.array_equal(planner.matrix(points, one)[:, 0], truth[:, i])
        check_ways(graph, planner, snaps, truth)


@cache
def demo() -> tuple[RoadGraph, Snaps]:
    graph, _ = build_file(SAMPLE, "LI")
    west, south, east, north = graph.bounds
    places = np.random.default_rng(17).uniform((west, south), (east, north), (800, 2))
    snaps = RoadEngine(graph).snap(places, 300.0)
    return graph, snaps.take(np.flatnonzero(snaps.street >= 0)[:150])


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_on_a_real_extract_every_method_is_exact_with_any_weights(seed: int | None) -> None:
    base, snaps = demo()
    graph = base if seed is None else reweighted(base, np.random.default_rng(seed))
    topology = build_topology(base)
    planner = Planner(graph, topology, customised(topology, arc_weights(graph)))
    truth = plain(graph, snaps, snaps)
    points = planner.points(snaps)
    assert np.array_equal(planner.matrix(points, points), truth)
    few = points.take(np.arange(3))
    assert np.array_equal(planner.matrix(few, points), truth[:3])
    assert np.array_equal(planner.matrix(points, few), truth[:, :3])
    some = snaps.take(np.arange(25))
    check_ways(graph, planner, some, truth[:25, :25])


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("label_bytes", [1, 100_000, 64 << 20])
def test_neither_threads_nor_memory_change_a_matrix(threads: int, label_bytes: int) -> None:
    graph, snaps = demo()
    topology = build_topology(graph)
    metric = customised(topology, arc_weights(graph))
    planner = Planner(graph, topology, metric, threads=threads, label_bytes=label_bytes)
    points = planner.points(snaps)
    assert np.array_equal(planner.matrix(points, points), plain(graph, snaps, snaps))


def test_any_part_of_a_matrix_is_equal_to_the_same_cells_of_the_whole() -> None:
    graph, snaps = demo()
    engine = RoadEngine(graph)
    whole = engine.matrix(snaps, snaps)
    rng = np.random.default_rng(3)
    for n, m in ((1, 1), (1, 150), (150, 2), (40, 9), (70, 140)):
        rows, columns = rng.choice(150, n), rng.choice(150, m)
        part = engine.matrix(snaps.take(rows), snaps.take(columns))
        assert np.array_equal(part, whole[np.ix_(rows, columns)])


def test_times_to_all_streets_are_those_of_a_plain_search() -> None:
    graph, snaps = demo()
    topology = build_topology(graph)
    planner = Planner(graph, topology, customised(topology, arc_weights(graph)))
    for i in range(5):
        one = snaps.take([i])
        times, _ = Search(graph).tree(stops(graph, one))
        assert np.array_equal(planner.to_all(planner.points(one)), times[:-1])
