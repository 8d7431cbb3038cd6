"""The expanded graph against a search that remembers its whole way, on towns drawn at random."""

from __future__ import annotations

import heapq
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from tests.support.ascii_map import AsciiMap, Town
from tests.support.plain_walks import PlainWalks

GRID = """
A----B----C----D
|    |    |    |
E----F----G----H
"""
DRAWN = tuple(AsciiMap(GRID).all_ways)
LONG = ("ABC", "BCD", "EFGH", "BCGF", "ABFEA", "CGHDC", "AEF", "BFEA")
"""Ways of several streets, loops, and streets that lie beside each other."""
KINDS = ("no_left_turn", "no_u_turn", "only_straight_on")

way_tags = st.sampled_from(
    [None, {}, {}, {"maxspeed": "90"}, {"maxspeed": "90"}, {"oneway": "yes"}, {"oneway": "-1"}]
)
node_tags = st.sampled_from([{"barrier": "bollard"}, {"highway": "turning_circle"}])


@st.composite
def restrictions(draw, names: list[str]) -> list[tuple[str, str, str, str]]:
    """Over nodes and over ways; most of them along ways that do meet."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.sampled_from(names))
        kind, over = draw(st.sampled_from(KINDS)), draw(st.sampled_from((0, 1, 1, 2)))
        if not over:
            via = draw(st.sampled_from(sorted(set(start))))
            ends = [name for name in names if via in name]
            found.append((kind, start, via, draw(st.sampled_from(ends))))
            continue
        chain = [start]
        for _ in range(over + 1):
            near = [name for name in names if set(name) & set(chain[-1]) and name != chain[-1]]
            chain.append(draw(st.sampled_from(near or names)))
        found.append((kind, start, "+".join(dict.fromkeys(chain[1:-1])), chain[-1]))
    return found


@st.composite
def towns(draw) -> AsciiMap:
    ways = draw(st.dictionaries(st.sampled_from(DRAWN), way_tags, max_size=4))
    ways |= {
        name: draw(way_tags) or {} for name in draw(st.sets(st.sampled_from(LONG), max_size=2))
    }
    # One street is always there, so that no town is empty.
    ways["AE" if "AEF" not in ways else "BF"] = {}
    nodes = draw(st.dictionaries(st.sampled_from("ABCDEFGH"), node_tags, max_size=2))
    names = list(AsciiMap(GRID, ways=ways).all_ways)
    return AsciiMap(GRID, ways=ways, nodes=nodes, restrictions=draw(restrictions(names)))


def entry_ms(graph: RoadGraph, first: int) -> dict[int, int]:
    """From the end of a directed street to the beginnings of others, over the graph's vertices."""
    directed = graph.vertex_directed.tolist()
    entered: dict[int, int] = {}
    queue, done = [(0, first)], set()
    while queue:
        ms, vertex = heapq.heappop(queue)
        if vertex in done:
            continue
        done.add(vertex)
        for arc in range(int(graph.arc_start[vertex]), int(graph.arc_start[vertex + 1])):
            head = int(graph.arc_head[arc])
            at_ms = ms + int(graph.arc_ms[arc])
            street = directed[head]
            entered[street] = min(at_ms, entered.get(street, at_ms))
            heapq.heappush(queue, (at_ms + int(graph.drive_ms[street]), head))
    return entered


@settings(max_examples=250, deadline=None, derandomize=True)
@given(drawn=towns())
def test_the_graph_allows_exactly_the_walks_that_no_restriction_forbids(drawn: AsciiMap) -> None:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(drawn, Path(folder))
    graph, plain = town.graph, PlainWalks(town)
    copies = graph.n_vertices - 2 * graph.n_streets
    event(f"over ways: {town.report.restrictions.over_ways}, copies: {min(copies, 5)}")
    for first in np.flatnonzero(graph.drive_ms < FORBIDDEN_MS).tolist():
        assert entry_ms(graph, first) == plain.entry_ms(first)
