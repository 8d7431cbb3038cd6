"""Cells of a matrix whose target lies behind the source on the same directed street.

From the end of a street to its own end takes no time, which is right when the target lies ahead
of the source. When it lies behind, one has to drive round: out of the street and into it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

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

_TOGETHER: Final = 1 << 16
"""Cells at a time."""


class Behind(NamedTuple):
    """Cells of a matrix: (c,) rows of sources, columns of targets, and milliseconds."""

    row: _Ints
    column: _Ints
    ms: _Ints


class _Sorted(NamedTuple):
    """Points by their vertices, ascending: vertex, row, and what of the street lies behind it."""

    vertex: _Ints
    row: _Ints
    after_ms: _Ints


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

    def behind(self, sources: Points, targets: Points) -> Iterator[Behind]:
        """The cells of a matrix whose target lies behind the source, and their times."""
        cells = _behind(_by_vertex(sources, sources.own), _by_vertex(targets, targets.vertex))
        for first in range(0, len(cells), _TOGETHER):
            row, column = cells[first : first + _TOGETHER].T
            yield Behind(row, column, self._times(sources.take(row), targets.take(column)))

    def _times(self, sources: Points, targets: Points) -> _Ints:
        """(c,) times of source and target pairs."""
        starts, ends = sources.own[:, :, None], targets.vertex[:, None, :]
        starts, ends = np.broadcast_arrays(starts, ends)
        there = (starts >= 0) & (ends >= 0)
        pairs, which = np.unique(
            np.stack([starts[there], ends[there]]), axis=1, return_inverse=True
        )
        between = np.full(starts.shape, UNREACHABLE_MS, np.int64)
        pairs = np.ascontiguousarray(pairs)
        between[there] = _between(self._tree, self._sides, self._turns, pairs)[which.ravel()]
        after, left = sources.after_ms[:, :2, None], targets.after_ms[:, None, :]
        ahead = there & (starts == ends) & (after >= left)
        between[ahead] = 0
        between = np.where(between < UNREACHABLE_MS, between + after - left, UNREACHABLE_MS)
        least = between.reshape(len(sources), -1).min(axis=1)
        return np.asarray(np.minimum(least, UNREACHABLE_MS), np.int32)

    def round_trip(self, vertex: int) -> tuple[int, int]:
        """From the end of a vertex round to its end again, and the vertex that comes first."""
        return _round_trip(self._tree, self._sides, self._turns, vertex)


@compiled
def _between(tree: Tree, sides: tuple[Side, Side], turns: _Turns, pairs: _Ints) -> _Ints:
    """(p,) from the end of one vertex to that of another, or of the same one, round; (2, p)."""
    out = np.empty(pairs.shape[1], np.int32)
    for i in range(len(out)):
        start, end = pairs[0, i], pairs[1, i]
        if start == end:
            out[i] = _round_trip(tree, sides, turns, start)[0]
        else:
            out[i] = time_between(tree, sides, start, end)
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


def _by_vertex(points: Points, vertices: _Ints) -> _Sorted:
    """The points by some of their vertices, the first so many."""
    row, column = np.nonzero(vertices >= 0)
    order = np.argsort(vertices[row, column], kind="stable")
    row, column = row[order], column[order]
    return _Sorted(vertices[row, column], row.astype(np.int32), points.after_ms[row, column])


@compiled
def _behind(sources: _Sorted, targets: _Sorted) -> _Ints:
    """(c, 2) rows of source and target where they share a vertex and the target lies behind."""
    found = np.empty((64, 2), np.int32)
    size = first = 0
    for at in range(len(sources.vertex)):
        vertex = sources.vertex[at]
        while first < len(targets.vertex) and targets.vertex[first] < vertex:
            first += 1
        other = first
        while other < len(targets.vertex) and targets.vertex[other] == vertex:
            if targets.after_ms[other] > sources.after_ms[at]:
                if size == len(found):
                    larger = np.empty((2 * size, 2), np.int32)
                    larger[:size] = found
                    found = larger
                found[size, 0], found[size, 1] = sources.row[at], targets.row[other]
                size += 1
            other += 1
    return found[:size]
