"""Places on streets as the hierarchy sees them: up to k of its vertices each, on one path up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.hierarchy.topology import Topology
from geo_dispatch.roads.readonly import read_only
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


class Places(NamedTuple):
    """What places on n streets are put into the hierarchy by.

    Attributes
    ----------
    start, vertex
        (n + 1,), (v,) the graph's vertices by street: its own two, and behind them the copies.
    vertex_directed, drive_ms, place
        Of the graph, and of its topology.
    """

    start: NDArray[np.int64]
    vertex: _Ints
    vertex_directed: _Ints
    drive_ms: _Ints
    place: _Ints


def places_of(graph: RoadGraph, topology: Topology) -> Places:
    """The places on all streets of a graph."""
    street = graph.vertex_directed >> 1
    vertex = np.argsort(street, kind="stable").astype(np.int32)
    start = np.zeros(graph.n_streets + 1, np.int64)
    np.cumsum(np.bincount(street, minlength=graph.n_streets), out=start[1:])
    drawn = read_only(graph.vertex_directed), read_only(graph.drive_ms)
    return Places(start, vertex, *drawn, topology.place)


def points_of(places: Places, snaps: Snaps) -> Points:
    """The snapped points in the hierarchy."""
    return Points(*_points(places, snaps.street, snaps.along))


@compiled
def _points(
    places: Places, streets: _Ints, along: NDArray[np.float64]
) -> tuple[_Ints, _Ints, _Ints, _Ints]:
    """The fields of `Points`."""
    n, k = len(streets), 2
    for street in streets:
        if street >= 0:
            k = max(k, places.start[street + 1] - places.start[street])
    vertex, lowest = np.full((n, k), -1, np.int32), np.full(n, -1, np.int32)
    before_ms, after_ms = np.zeros((n, k), np.int32), np.zeros((n, k), np.int32)
    for i in range(n):
        if streets[i] < 0:
            continue
        first, behind = places.start[streets[i]], places.start[streets[i] + 1]
        for column in range(behind - first):
            at = places.vertex[first + column]
            v, directed = places.place[at], places.vertex_directed[at]
            drive_ms = places.drive_ms[directed]
            if v < 0 or drive_ms >= FORBIDDEN_MS:
                continue
            share = 1.0 - along[i] if directed & 1 else along[i]
            vertex[i, column], before_ms[i, column] = v, np.rint(share * drive_ms)
            after_ms[i, column] = drive_ms - before_ms[i, column]
            lowest[i] = v if lowest[i] < 0 else min(lowest[i], v)
    return vertex, before_ms, after_ms, lowest
