"""Cells of a matrix whose target lies behind the source on the same directed street.

From the end of a street to its own end takes no time, which is right when the target lies ahead
of the source. When it lies behind, one has to drive round: out of the street and into it again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.hierarchy.customisation import Metric, Side
from geo_dispatch.roads.hierarchy.paths import Tree, time_between
from geo_dispatch.roads.hierarchy.points import Points
from geo_dispatch.roads.hierarchy.topology import Topology
from geo_dispatch.roads.readonly import read_only

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]


class _Sorted(NamedTuple):
    """Points, and (n,) their rows in the order of their streets; see `Points`."""

    order: _Longs
    lowest: _Ints
    vertex: _Ints
    after_ms: _Ints


class Shared(NamedTuple):
    """Streets that have sources and targets, some of these behind some of those.

    Attributes
    ----------
    sources, targets
        All of them.
    ranges
        (g, 4) of each street's sources and targets in their order: first and behind the last.
    ms
        (g, 2, k) from the end of the vertices by which one leaves to the end of those by which one
        arrives, round where they are the same.
    """

    sources: _Sorted
    targets: _Sorted
    ranges: _Longs
    ms: _Ints


class _Turns(NamedTuple):
    """The graph's arcs, their weights, and its vertices by those of the hierarchy and back."""

    vertex: _Ints
    place: _Ints
    arc_start: _Longs
    arc_head: _Ints
    weights: _Ints


class OwnStreets:
    """Drives round to a place behind, over one metric."""

    def __init__(self, graph: RoadGraph, topology: Topology, metric: Metric) -> None:
        self._tree = Tree(topology.parent, topology.depth)
        self._sides = (metric.up, metric.down)
        arcs = read_only(graph.arc_start), read_only(graph.arc_head)
        self._turns = _Turns(topology.vertex, topology.place, *arcs, metric.weights)

    def shared(self, sources: Points, targets: Points) -> Shared:
        """The streets on which some target lies behind a source."""
        leaving, arriving = _by_street(sources), _by_street(targets)
        ranges = _ranges(leaving, arriving)
        ms = _between(self._tree, self._sides, self._turns, (leaving, arriving), ranges)
        return Shared(leaving, arriving, ranges, ms)

    def round_trip(self, vertex: int) -> tuple[int, int]:
        """From the end of a vertex round to its end again, and the vertex that comes first."""
        return _round_trip(self._tree, self._sides, self._turns, vertex)


@compiled
def drive_round(shared: Shared, out: _Ints) -> None:
    """Write the times of cells whose target lies behind the source into a matrix."""
    sources, targets, ranges, between = shared
    for street in range(len(ranges)):
        first, last, begin, end = ranges[street]
        for row in sources.order[first:last]:
            for column in targets.order[begin:end]:
                behind, best = False, UNREACHABLE_MS
                for a in range(2):
                    start, after_ms = sources.vertex[row, a], sources.after_ms[row, a]
                    for b in range(targets.vertex.shape[1]):
                        ms, left_ms = between[street, a, b], targets.after_ms[column, b]
                        if start >= 0 and start == targets.vertex[column, b]:
                            behind = behind or left_ms > after_ms
                            ms = 0 if left_ms <= after_ms else ms
                        if ms < UNREACHABLE_MS:
                            best = min(best, ms + after_ms - left_ms)
                if behind:
                    out[row, column] = best


@compiled
def _between(
    tree: Tree,
    sides: tuple[Side, Side],
    turns: _Turns,
    points: tuple[_Sorted, _Sorted],
    ranges: _Longs,
) -> _Ints:
    """`Shared.ms`."""
    sources, targets = points
    k = targets.vertex.shape[1]
    out = np.full((len(ranges), 2, k), UNREACHABLE_MS, np.int32)
    for street in range(len(ranges)):
        source, target = sources.order[ranges[street, 0]], targets.order[ranges[street, 2]]
        for a in range(2):
            for b in range(k):
                start, end = sources.vertex[source, a], targets.vertex[target, b]
                if start < 0 or end < 0:
                    continue
                if start == end:
                    out[street, a, b] = _round_trip(tree, sides, turns, start)[0]
                else:
                    out[street, a, b] = time_between(tree, sides, start, end)
    return out


@compiled
def _round_trip(
    tree: Tree, sides: tuple[Side, Side], turns: _Turns, vertex: int
) -> tuple[int, int]:
    best, first = UNREACHABLE_MS, -1
    at = turns.vertex[vertex]
    for arc in range(turns.arc_start[at], turns.arc_start[at + 1]):
        head = turns.place[turns.arc_head[arc]]
        if turns.weights[arc] < best:
            ms = turns.weights[arc] + time_between(tree, sides, head, vertex)
            if ms < best:
                best, first = ms, head
    return best, first


def _by_street(points: Points) -> _Sorted:
    """The points, those of one street side by side: they have the lowest vertex in common."""
    order = np.argsort(points.lowest, kind="stable")
    vertex, after_ms = (np.ascontiguousarray(one) for one in (points.vertex, points.after_ms))
    return _Sorted(order, np.ascontiguousarray(points.lowest), vertex, after_ms)


@compiled
def _ranges(sources: _Sorted, targets: _Sorted) -> _Longs:
    """`Shared.ranges`."""
    found = np.empty((64, 4), np.int64)
    size = first = begin = 0
    while first < len(sources.order) and begin < len(targets.order):
        street = sources.lowest[sources.order[first]]
        other = targets.lowest[targets.order[begin]]
        if street < 0 or street < other:
            first += 1
            continue
        if other < street:
            begin += 1
            continue
        last, end = first, begin
        while last < len(sources.order) and sources.lowest[sources.order[last]] == street:
            last += 1
        while end < len(targets.order) and targets.lowest[targets.order[end]] == street:
            end += 1
        if _any_behind(sources, targets, sources.order[first:last], targets.order[begin:end]):
            if size == len(found):
                larger = np.empty((2 * size, 4), np.int64)
                larger[:size] = found
                found = larger
            found[size, 0], found[size, 1], found[size, 2], found[size, 3] = first, last, begin, end
            size += 1
        first, begin = last, end
    return found[:size]


@compiled
def _any_behind(sources: _Sorted, targets: _Sorted, rows: _Longs, columns: _Longs) -> bool:
    """Whether any of some targets lies behind any of some sources of the same street."""
    for a in range(2):
        if sources.vertex[rows[0], a] >= 0:
            least, most = UNREACHABLE_MS, 0
            for row in rows:
                least = min(least, sources.after_ms[row, a])
            for column in columns:
                most = max(most, targets.after_ms[column, a])
            if most > least:
                return True
    return False
