"""Shortest drive times over the turn-expanded graph by Dijkstra's algorithm.

A search starts at points, not at junctions: each point becomes one more vertex with an arc into
either direction of its street. Distances are to the *end* of a vertex' street; a target is
entered through the turns that lead into its street, which is right even when it lies behind the
source on the same one-way street. Weights are whole milliseconds in float64, so sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.snapping import Snaps

_CHUNK_BYTES = 64 << 20
"""Most memory that one batch of searches may hold."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stops:
    """Points as the search sees them: two directed streets each, along and against.

    Attributes
    ----------
    vertex
        (n, 2) directed streets; -1 for a point on no street.
    before_ms, after_ms
        (n, 2) from the beginning of the directed street to the point, and on to its end; inf
        where the direction may not be driven.
    """

    vertex: _Ints
    before_ms: _Floats
    after_ms: _Floats


@dataclass(frozen=True, slots=True)
class Turns:
    """The arcs of one way to look at the graph, row by row, with the turn times alone."""

    start: _Ints
    other: NDArray[np.int32]
    turn_ms: _Floats


def stops(graph: RoadGraph, snaps: Snaps) -> Stops:
    """The snapped points with what is left of their streets either way."""
    street = snaps.street.astype(np.int64)
    vertex = np.where(street[:, None] < 0, -1, 2 * street[:, None] + np.array([0, 1]))
    drive = graph.drive_ms[vertex].astype(np.float64)
    share = np.stack([snaps.along, 1.0 - snaps.along], axis=1)
    closed = (vertex < 0) | (drive >= FORBIDDEN_MS)
    before = np.where(closed, np.inf, np.rint(share * drive))
    after = np.where(closed, np.inf, drive - np.rint(share * drive))
    return Stops(vertex, before, after)


class Search:
    """Drive times between points; plain, exact, and the measure of any faster one."""

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        self._n = graph.n_vertices
        turn_ms = graph.arc_ms.astype(np.float64)
        entered = graph.vertex_directed[graph.arc_head]
        weights = turn_ms + graph.drive_ms[entered]
        tail = np.repeat(np.arange(self._n, dtype=np.int32), np.diff(graph.arc_start))
        order, start = _grouped(entered, 2 * graph.n_streets)
        self.into = Turns(start, tail[order], turn_ms[order])
        self._onward = (graph.arc_start, graph.arc_head, weights)
        order, start = _grouped(graph.arc_head, self._n)
        self._back = (start, tail[order], weights[order])

    def matrix(
        self, sources: Stops, targets: Stops, within_ms: float = np.inf
    ) -> NDArray[np.int32]:
        """(n, m) int32 milliseconds; `UNREACHABLE_MS` where there is no way, or none so short."""
        forward = len(sources.vertex) <= len(targets.vertex)
        search = self._from_sources if forward else self._to_targets
        times = search(sources, targets, within_ms)
        np.minimum(times, direct_ms(sources, targets), out=times)
        found = (times < UNREACHABLE_MS) & (times <= within_ms)
        return np.where(found, times, UNREACHABLE_MS).astype(np.int32)

    def tree(self, source: Stops) -> tuple[_Floats, NDArray[np.int32]]:
        """From one point: (v + 1,) times to the ends of the vertices' streets, and predecessors.

        The source itself is vertex v.
        """
        row = np.zeros(2, np.int64)
        graph = self._with_points(self._onward, row, source.vertex[0], source.after_ms[0], 1)
        times, before = dijkstra(graph, indices=[self._n], return_predecessors=True)
        return times[0], before[0]

    def end_ms(self, times: _Floats) -> _Floats:
        """(d,) times to the ends of directed streets, of those of a `tree`."""
        ends = np.full(2 * self._graph.n_streets, np.inf)
        np.minimum.at(ends, self._graph.vertex_directed, times[: self._n])
        return ends

    def entries(self, directed: _Ints) -> tuple[_Ints, NDArray[np.int32], _Floats]:
        """The turns into each directed street: row in ``directed``, tail vertex, turn time."""
        known = np.maximum(directed, 0)
        counts = np.where(directed < 0, 0, self.into.start[known + 1] - self.into.start[known])
        row = np.repeat(np.arange(len(directed)), counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        at = np.repeat(self.into.start[known], counts) + within
        return row, self.into.other[at], self.into.turn_ms[at]

    def _from_sources(self, sources: Stops, targets: Stops, within_ms: float) -> _Floats:
        n = len(sources.vertex)
        row = np.repeat(np.arange(n), 2)
        graph = self._with_points(
            self._onward, row, sources.vertex.ravel(), sources.after_ms.ravel(), n
        )
        into, tail, turn_ms = self.entries(targets.vertex.ravel())
        first = np.flatnonzero(np.diff(into, prepend=-1))
        out = np.full((n, 2 * len(targets.vertex)), np.inf)
        for chunk in self._chunks(n):
            times = dijkstra(graph, indices=self._n + chunk, limit=within_ms)
            if len(into):
                arrival = times[:, tail] + turn_ms
                out[np.ix_(chunk, into[first])] = np.minimum.reduceat(arrival, first, axis=1)
        out += targets.before_ms.ravel()
        best: _Floats = out.reshape(n, len(targets.vertex), 2).min(axis=2)
        return best

    def _to_targets(self, sources: Stops, targets: Stops, within_ms: float) -> _Floats:
        m = len(targets.vertex)
        into, tail, turn_ms = self.entries(targets.vertex.ravel())
        graph = self._with_points(
            self._back,
            into // 2,
            tail.astype(np.int64),
            turn_ms + targets.before_ms.ravel()[into],
            m,
        )
        out = np.full((len(sources.vertex), m), np.inf)
        for chunk in self._chunks(m):
            times = dijkstra(graph, indices=self._n + chunk, limit=within_ms)
            left = times[:, sources.vertex] + sources.after_ms
            out[:, chunk] = left.min(axis=2).T
        return out

    def _with_points(
        self,
        arcs: tuple[_Ints, NDArray[np.int32], _Floats],
        row: _Ints,
        head: _Ints,
        weight: _Floats,
        n_points: int,
    ) -> csr_array:
        """The graph with one more vertex per point and arcs out of it; ``row`` ascends."""
        start, heads, weights = arcs
        usable = np.isfinite(weight)
        counts = np.bincount(row[usable], minlength=n_points)
        size = self._n + n_points
        return csr_array(
            (
                np.concatenate([weights, weight[usable]]),
                np.concatenate([heads, head[usable].astype(np.int32)]),
                np.concatenate([start, start[-1] + np.cumsum(counts)]).astype(np.int32),
            ),
            shape=(size, size),
        )

    def _chunks(self, n: int) -> list[NDArray[np.intp]]:
        rows = max(1, _CHUNK_BYTES // (8 * (self._n + n)))
        return [np.arange(at, min(at + rows, n)) for at in range(0, n, rows)]


def _grouped(keys: NDArray[np.int32], groups: int) -> tuple[NDArray[np.intp], _Ints]:
    """Rows in order of their key, and where each key's rows begin."""
    start = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=groups))])
    return np.argsort(keys, kind="stable"), start.astype(np.int64)


def direct_ms(sources: Stops, targets: Stops) -> _Floats:
    """(n, m) times straight along a shared street, target ahead of source; inf elsewhere."""
    same = (sources.vertex[:, None] == targets.vertex[None]) & (targets.vertex[None] >= 0)
    ahead = np.full(same.shape, np.inf)
    i, j, k = np.nonzero(same & np.isfinite(targets.before_ms)[None])
    gap = targets.before_ms[j, k] - sources.before_ms[i, k]
    ahead[i, j, k] = np.where(gap >= 0, gap, np.inf)
    best: _Floats = ahead.min(axis=2)
    return best
