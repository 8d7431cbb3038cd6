"""Places on streets as the hierarchy sees them: up to k of its vertices each, on one path up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.hierarchy.topology import Topology
from geo_dispatch.roads.readonly import read_only
from geo_dispatch.roads.snapping import Snaps

_Ints = NDArray[np.int32]

_OWN: Final = 2
"""Vertices of a street's own, one for each direction; by these one leaves."""


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
    """What places on streets are put into the hierarchy by.

    Attributes
    ----------
    copy_street, copy
        (c,) streets that have more vertices than their own two, ascending, and those vertices.
    vertex_directed, drive_ms, place
        Of the graph, and of its topology.
    """

    copy_street: _Ints
    copy: _Ints
    vertex_directed: _Ints
    drive_ms: _Ints
    place: _Ints


def places_of(graph: RoadGraph, topology: Topology) -> Places:
    """The places on all streets of a graph."""
    street = graph.vertex_directed[len(graph.drive_ms) :] >> 1
    order = np.argsort(street, kind="stable")
    copy = (len(graph.drive_ms) + order).astype(np.int32)
    drawn = read_only(graph.vertex_directed), read_only(graph.drive_ms)
    return Places(street[order], copy, *drawn, topology.place)


def points_of(places: Places, snaps: Snaps) -> Points:
    """The snapped points in the hierarchy."""
    return Points(*_points(places, snaps.street, snaps.along))


@compiled
def _points(
    places: Places, streets: _Ints, along: NDArray[np.float64]
) -> tuple[_Ints, _Ints, _Ints, _Ints]:
    """The fields of `Points`."""
    n, k = len(streets), _OWN
    for street in streets:
        if street >= 0:
            first, behind = _copies(places.copy_street, street)
            k = max(k, _OWN + behind - first)
    vertex, lowest = np.full((n, k), -1, np.int32), np.full(n, -1, np.int32)
    before_ms, after_ms = np.zeros((n, k), np.int32), np.zeros((n, k), np.int32)
    for i in range(n):
        if streets[i] < 0:
            continue
        street = streets[i]
        first, behind = _copies(places.copy_street, street)
        for column in range(_OWN + behind - first):
            at = 2 * street + column if column < _OWN else places.copy[first + column - _OWN]
            v, directed = places.place[at], places.vertex_directed[at]
            drive_ms = places.drive_ms[directed]
            if v < 0 or drive_ms >= FORBIDDEN_MS:
                continue
            share = 1.0 - along[i] if directed & 1 else along[i]
            vertex[i, column], before_ms[i, column] = v, np.rint(share * drive_ms)
            after_ms[i, column] = drive_ms - before_ms[i, column]
            lowest[i] = v if lowest[i] < 0 else min(lowest[i], v)
    return vertex, before_ms, after_ms, lowest


@compiled
def _copies(copy_street: _Ints, street: int) -> tuple[int, int]:
    """From which, to before which of the copies are a street's."""
    first = int(np.searchsorted(copy_street, street))
    behind = first
    while behind < len(copy_street) and copy_street[behind] == street:
        behind += 1
    return first, behind
