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
    """Places of n points; searches run from the end of a directed street to the end of another.

    Attributes
    ----------
    vertex
        (n, k) numbers in the hierarchy; -1 where there are no more.
    before_ms, after_ms
        (n, k) from the beginning of the directed street to the place, and on to its end.
    lowest
        (n,) the vertex whose ancestors all others are; -1 for a point on no street.
    """

    vertex: _Ints
    before_ms: _Ints
    after_ms: _Ints
    lowest: _Ints

    def __len__(self) -> int:
        return len(self.lowest)

    def take(self, rows: NDArray[np.intp]) -> Points:
        """Some of the points."""
        return Points(
            self.vertex[rows], self.before_ms[rows], self.after_ms[rows], self.lowest[rows]
        )


def points_of(graph: RoadGraph, topology: Topology, snaps: Snaps) -> Points:
    """The snapped points in the hierarchy."""
    street = snaps.street.astype(np.int64)
    on = street >= 0
    edge = np.where(on, 2 * street, 0)[:, None] + np.array([0, 1])
    drive = graph.drive_ms[edge]
    share = np.stack([snaps.along, 1.0 - snaps.along], axis=1)
    before = np.rint(share * drive).astype(np.int32)
    driven = on[:, None] & (drive < FORBIDDEN_MS)
    vertex = np.where(driven, topology.place[edge], -1).astype(np.int32)
    none = np.iinfo(np.int32).max
    lowest = np.where(vertex < 0, none, vertex).min(axis=1, initial=none)
    lowest = np.where(lowest == none, -1, lowest).astype(np.int32)
    return Points(vertex, before, (drive - before).astype(np.int32), lowest)
