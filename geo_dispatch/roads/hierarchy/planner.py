"""Drive times and ways over one metric, each question by the method that is fastest for it.

Many points to many: labels and min-plus. Few to many, or many to few: one sweep for each of the
few. One to one: a search up the elimination tree from either end. All are exact to the
millisecond, so that any part of a matrix is equal to the same cells of the whole.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.hierarchy.customisation import Metric
from geo_dispatch.roads.hierarchy.labels import LABEL_BYTES, with_ancestors
from geo_dispatch.roads.hierarchy.own_street import OwnStreets, drive_round
from geo_dispatch.roads.hierarchy.paths import Tree, fastest
from geo_dispatch.roads.hierarchy.points import Points, places_of, points_of
from geo_dispatch.roads.hierarchy.sweep import Spots, Swept, sweep, swept
from geo_dispatch.roads.hierarchy.tables import Tables
from geo_dispatch.roads.hierarchy.topology import Topology
from geo_dispatch.roads.snapping import Snaps
from geo_dispatch.roads.workers import Workers

_Ints = NDArray[np.int32]

_SWEPT_CELLS: Final = 4
"""So many cells are swept in the time that labelling a vertex takes."""


class Planner:
    """Answers over one graph and metric; may be shared by threads."""

    def __init__(
        self,
        graph: RoadGraph,
        topology: Topology,
        metric: Metric,
        *,
        threads: int = 1,
        label_bytes: int = LABEL_BYTES,
    ) -> None:
        self._graph = graph
        self._topology = topology
        self._places = places_of(graph, topology)
        self._tree = Tree(topology.parent, topology.depth)
        self._sides = (metric.up, metric.down)
        self._workers = Workers(threads)
        self._tables = Tables(topology, metric, self._workers, label_bytes)
        self._own = OwnStreets(graph, topology, metric)

    def matrix(self, sources: Points, targets: Points) -> _Ints:
        """(n, m) milliseconds; `UNREACHABLE_MS` where there is no way."""
        out = np.empty((len(sources), len(targets)), np.int32)
        at_row, at_column = np.flatnonzero(sources.lowest >= 0), np.flatnonzero(targets.lowest >= 0)
        if len(at_row) < len(sources) or len(at_column) < len(targets):
            out[:] = UNREACHABLE_MS
        if not len(at_row) or not len(at_column):
            return out
        shared = self._workers.beside(lambda: self._own.shared(sources, targets))
        from_, to = sources.take(at_row), targets.take(at_column)
        if self._sweeping_pays(from_, to):
            out[np.ix_(at_row, at_column)] = self._swept(from_, to)
        else:
            self._tables.fill(from_, to, (at_row, at_column), out)
        drive_round(shared(), out)
        return out

    def points(self, snaps: Snaps) -> Points:
        """The places as the other questions take them."""
        return points_of(self._places, snaps)

    def vertices(self, vertices: _Ints) -> _Ints:
        """The graph's vertices of the hierarchy's."""
        return self._topology.vertex[vertices]

    def to_all(self, source: Points) -> NDArray[np.float64]:
        """(v,) milliseconds from one point to the ends of all vertices' streets; inf for none.

        For the street that it is on, this is the way ahead.
        """
        ms = np.empty(self._topology.n, np.int32)
        order = np.arange(self._topology.n - 1, -1, -1, dtype=np.int32)
        sweep(Swept(self._tree.parent, order), self._sides, _leaving(source), 0, ms)
        out = np.full(len(self._topology.place), np.inf)
        out[self._topology.vertex] = np.where(ms < UNREACHABLE_MS, ms, np.inf)
        return out

    def way(self, source: Points, target: Points) -> tuple[int, _Ints]:
        """Milliseconds from one point to another, and the directed streets driven along.

        Both of length 1. `UNREACHABLE_MS` and none where there is no way.
        """
        starts, goals = source.own[0], target.vertex[0]
        if source.lowest[0] == target.lowest[0]:  # on one street
            behind = (starts[:, None] == goals) & (goals >= 0)
            behind &= target.after_ms[0] > source.after_ms[0, :2, None]
        else:
            behind = np.zeros(0, np.bool_)
        if not behind.any():
            return self._fastest((starts, source.after_ms[0, :2]), (goals, -target.after_ms[0]))
        found = []
        for i, j in np.ndindex(behind.shape):
            start, goal = (starts[i : i + 1], goals[j : j + 1])
            left, lacking = source.after_ms[0, i : i + 1], -target.after_ms[0, j : j + 1]
            if behind[i, j]:
                found.append(self._round(int(start[0]), int(left[0] + lacking[0])))
            else:
                found.append(self._fastest((start, left), (goal, lacking)))
        return min(found, key=lambda one: one[0])

    def _fastest(
        self, source: tuple[_Ints, _Ints], target: tuple[_Ints, _Ints]
    ) -> tuple[int, _Ints]:
        ms, way = fastest(self._tree, self._sides, source, target)
        return ms, self._directed(way)

    def _round(self, vertex: int, more_ms: int) -> tuple[int, _Ints]:
        """Out of a street and into it again."""
        ms, first = self._own.round_trip(vertex)
        if ms >= UNREACHABLE_MS:
            return UNREACHABLE_MS, np.empty(0, np.int32)
        begin, end = (np.array([[at], [0]], np.int32) for at in (first, vertex))
        _, way = self._fastest((begin[0], begin[1]), (end[0], end[1]))
        return ms + more_ms, np.concatenate([self._directed(np.array([vertex])), way])

    def _directed(self, way: _Ints) -> _Ints:
        return self._graph.vertex_directed[self._topology.vertex[way]]

    def _sweeping_pays(self, sources: Points, targets: Points) -> bool:
        few, many = sorted((len(sources), len(targets)))
        return few * many < _SWEPT_CELLS * self._tables.missing(sources, targets)

    def _swept(self, sources: Points, targets: Points) -> _Ints:
        up, down = self._sides
        onward = len(sources) <= len(targets)
        few, many = _leaving(sources), _arriving(targets)
        if not onward:
            few, many = many, few
        out = np.empty((len(few.lowest), len(many.lowest)), np.int32)
        parent = self._tree.parent
        tree = Swept(parent, with_ancestors(parent, many.lowest))
        swept(tree, (up, down) if onward else (down, up), few, many, out)
        return out if onward else out.T


def _leaving(points: Points) -> Spots:
    return Spots(
        np.ascontiguousarray(points.own),
        np.ascontiguousarray(points.after_ms[:, :2]),
        points.lowest,
    )


def _arriving(points: Points) -> Spots:
    return Spots(points.vertex, -points.after_ms, points.lowest)
