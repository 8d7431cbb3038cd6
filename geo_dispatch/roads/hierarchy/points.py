"""Places on streets as the hierarchy sees them: up to k of its vertices each, on one path up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.hierarchy.topology import Topology
from geo_dispatch.roads.snapping import Snaps

_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Places of n points; searches run from the end of a street to the end of another.

    Attributes
    ----------
    vertex
        (n, k) numbers in the hierarchy of the vertices by which one may arrive; -1 where there are
        no more. The first two are those by which one leaves: the street's own, as drawn and
        against.
    before_ms, after_ms
        (n, k) from the beginning of the vertex' street to the place, and on to its end.
    lowest
        (n,) the vertex whose ancestors all others are; -1 for a point on no street.
    """

    vertex: _Ints
    before_ms: _Ints
    after_ms: _Ints
    lowest: _Ints

    def __len__(self) -> int:
        return len(self.lowest)

    @property
    def own(self) -> _Ints:
        """(n, 2) the vertices by which one leaves."""
        return self.vertex[:, :2]

    def take(self, rows: NDArray[np.intp] | slice) -> Points:
        """Some of the points."""
        return Points(
            self.vertex[rows], self.before_ms[rows], self.after_ms[rows], self.lowest[rows]
        )


def points_of(graph: RoadGraph, topology: Topology, snaps: Snaps) -> Points:
    """The snapped points in the hierarchy."""
    street = snaps.street.astype(np.int64)
    directed = np.where(street < 0, -1, 2 * street)[:, None] + np.array([0, 1])
    directed[street < 0] = -1
    vertex = _with_copies(graph, directed)
    driven = graph.vertex_directed[vertex]
    drive = graph.drive_ms[driven]
    share = np.where(driven & 1, 1.0 - snaps.along[:, None], snaps.along[:, None])
    before = np.rint(share * drive).astype(np.int32)
    there = (vertex >= 0) & (drive < FORBIDDEN_MS)
    place = np.where(there, topology.place[vertex], -1).astype(np.int32)
    none = np.iinfo(np.int32).max
    lowest = np.where(place < 0, none, place).min(axis=1, initial=none)
    lowest = np.where(lowest == none, -1, lowest).astype(np.int32)
    return Points(place, before, drive - before, lowest)


def _with_copies(graph: RoadGraph, directed: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, k) the vertices of (n, 2) directed streets: themselves, and behind them the copies."""
    n_own = len(graph.drive_ms)
    of = graph.vertex_directed[n_own:]
    order = np.argsort(of, kind="stable")
    first = np.searchsorted(of[order], directed)
    counts = np.searchsorted(of[order], directed, side="right") - first
    if not counts.any():
        return directed
    total = counts.sum(axis=1)
    out = np.full((len(directed), 2 + int(total.max())), -1, np.int64)
    out[:, :2] = directed
    for row in np.flatnonzero(total):
        found = [order[first[row, side] : first[row, side] + counts[row, side]] for side in (0, 1)]
        out[row, 2 : 2 + total[row]] = n_own + np.concatenate(found)
    return out
