"""Matrices against a plain heap and networkx, routes against matrices, on towns drawn at random."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import RoadEngine
from tests.support.ascii_map import AsciiMap, Town, build_file
from tests.support.plain_roads import heap_matrix, networkx_matrix
from tests.support.plain_search import Search, stops

SAMPLE = (
    Path(__file__).parents[2] / "road_graphs" / "liechtenstein" / "liechtenstein-2013-08-03.osm.pbf"
)
GRID = """
A----B----C----D
|    |    |    |
E----F----G----H
|    |    |    |
J----K----L----M
"""
PAIRS = tuple(AsciiMap(GRID).all_ways)
ALL = tuple(AsciiMap(GRID).cells)

way_tags = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "oneway": st.sampled_from(["yes", "-1", "no"]),
            "maxspeed": st.sampled_from(["30", "80", "40 mph"]),
            "access": st.sampled_from(["private", "yes", "no"]),
        },
    ),
)
node_tags = st.sampled_from(
    [
        {"highway": "traffic_signals"},
        {"barrier": "bollard"},
        {"barrier": "gate"},
        {"highway": "turning_circle"},
        {"highway": "stop", "direction": "forward"},
    ]
)


@st.composite
def restrictions(draw, ways) -> list[tuple[str, str, str, str]]:
    standing = [name for name in PAIRS if ways.get(name, {}) is not None]
    found = []
    for _ in range(draw(st.integers(0, 2))):
        over = draw(st.sampled_from(standing))
        near = [name for name in standing if len(set(name + over)) == 3]
        if len(near) > 1:
            kind, ends = draw(st.sampled_from(["no_u_turn", "only_u_turn"])), st.sampled_from(near)
            found.append((kind, draw(ends), over, draw(ends)))
    for _ in range(draw(st.integers(0, 3))):
        via = draw(st.sampled_from(ALL))
        here = [name for name in standing if via in name]
        if here:
            kind = draw(st.sampled_from(["no_left_turn", "only_straight_on", "no_u_turn"]))
            found.append((kind, draw(st.sampled_from(here)), via, draw(st.sampled_from(here))))
    return found


@st.composite
def towns(draw) -> AsciiMap:
    ways = draw(st.dictionaries(st.sampled_from(PAIRS), way_tags, max_size=8))
    nodes = draw(st.dictionaries(st.sampled_from(ALL), node_tags, max_size=4))
    # One street is always there, so that no town is empty.
    ways["AB"] = {}
    return AsciiMap(GRID, ways=ways, nodes=nodes, restrictions=draw(restrictions(ways)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(drawn=towns(), seed=st.integers(0, 2**32 - 1))
def test_matrix_heap_networkx_and_routes_agree(drawn: AsciiMap, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(drawn, Path(folder))
    rng = np.random.default_rng(seed)
    west, south, east, north = town.engine.bounds
    places = rng.uniform((west, south), (east, north), (7, 2))
    corners = np.array([town.map.place(letter) for letter in rng.choice(ALL, 2)])
    snaps = town.engine.snap(np.concatenate([places, corners]), 300.0)

    matrix = town.engine.matrix(snaps, snaps)
    assert matrix.tolist() == heap_matrix(town.graph, snaps, snaps)
    assert matrix.tolist() == networkx_matrix(town.graph, snaps, snaps)

    few = town.engine.snap(snaps.lonlats[:2], 300.0)
    both = stops(town.graph, few), stops(town.graph, snaps)
    ahead = Search(town.graph).matrix(*both)
    behind = Search(town.graph).matrix(*both[::-1])
    assert ahead.tolist() == heap_matrix(town.graph, few, snaps)
    assert behind.tolist() == heap_matrix(town.graph, snaps, few)

    for i in range(3):
        for j in range(len(snaps)):
            _check_route(town, snaps, i, j)


def _check_route(town: Town, snaps, i: int, j: int) -> None:
    source, target = LonLat(*snaps.lonlats[i]), LonLat(*snaps.lonlats[j])
    (time,) = town.engine.drive_times(source, [target])
    route = town.engine.route(source, target)
    if route is None:
        assert time is None
        return
    assert route.duration_s == time
    assert route.times_s[-1] == route.duration_s
    assert route.duration_s * 1000 < UNREACHABLE_MS
    assert (np.diff(route.times_s) >= 0).all()


def test_on_a_real_extract_matrix_heap_networkx_and_routes_agree() -> None:
    graph, _ = build_file(SAMPLE, "LI")
    engine = RoadEngine(graph)
    west, south, east, north = graph.bounds
    places = np.random.default_rng(11).uniform((west, south), (east, north), (40, 2))
    snaps = engine.snap(places, 300.0)
    snaps = engine.snap(snaps.lonlats[snaps.street >= 0][:12])
    matrix = engine.matrix(snaps, snaps)
    assert len(snaps) == 12
    assert (matrix < UNREACHABLE_MS).all()
    assert matrix.tolist() == heap_matrix(graph, snaps, snaps)
    assert matrix.tolist() == networkx_matrix(graph, snaps, snaps)
    for i, source in enumerate(snaps.lonlats):
        for target in snaps.lonlats[:4]:
            route = engine.route(LonLat(*source), LonLat(*target))
            assert [route.duration_s] == engine.drive_times(LonLat(*source), [LonLat(*target)]), i
