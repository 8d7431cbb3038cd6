"""The line of a route, and the time at each of its points. Kernel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.readonly import read_only

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]


class Drawn(NamedTuple):
    """The arrays of a graph that drawing reads; see `RoadGraph`."""

    drive_ms: _Ints
    vertex_directed: _Ints
    arc_start: _Longs
    arc_head: _Ints
    arc_ms: _Ints
    shape_start: _Longs
    shape_lonlats: _Floats
    shape_m: _Floats


def drawn_of(graph: RoadGraph) -> Drawn:
    """What drawing reads of a graph."""
    return Drawn(*(read_only(getattr(graph, name)) for name in Drawn._fields))


@compiled
def draw(graph: Drawn, path: _Longs, begin: float, end: float) -> tuple[_Floats, _Floats, _Floats]:
    """(k, 2) points in driving order, (k,) ms after departure, and (legs,) ms of each street.

    Parameters
    ----------
    path
        Directed streets that follow each other.
    begin, end
        Shares of the first one before the source, and of the last one before the target.
    """
    size = 0
    for directed in path:
        size += graph.shape_start[(directed >> 1) + 1] - graph.shape_start[directed >> 1] + 2
    lonlats, times_ms, took_ms = np.empty((size, 2)), np.empty(size), np.empty(len(path))
    size, clock = 0, 0.0
    for leg in range(len(path)):
        directed = path[leg]
        low = begin if leg == 0 else 0.0
        high = end if leg == len(path) - 1 else 1.0
        whole = float(graph.drive_ms[directed])
        drive_ms = np.rint(high * whole) - np.rint(low * whole)
        turn_ms = _turn_ms(graph, path[leg - 1], directed) if leg > 0 else 0.0
        # where a turn takes no time, the end of one leg is the beginning of the next
        skipped = 1 if leg > 0 and turn_ms == 0.0 else 0
        points, shares = _piece(graph, directed, low, high)
        for at in range(skipped, len(points)):
            lonlats[size] = points[at]
            times_ms[size] = clock + turn_ms + shares[at] * drive_ms
            size += 1
        took_ms[leg] = turn_ms + drive_ms
        clock += took_ms[leg]
    return lonlats[:size], times_ms[:size], took_ms


@compiled
def _turn_ms(graph: Drawn, tail: int, head: int) -> float:
    """What a turn takes: the same whatever way one came, but maybe allowed for some ways only."""
    found = _turn_from(graph, tail, head)
    vertex = len(graph.drive_ms)  # behind the directed streets stand the copies
    while found < 0.0 and vertex < len(graph.vertex_directed):
        if graph.vertex_directed[vertex] == tail:
            found = _turn_from(graph, vertex, head)
        vertex += 1
    return max(found, 0.0)


@compiled
def _turn_from(graph: Drawn, vertex: int, head: int) -> float:
    for arc in range(graph.arc_start[vertex], graph.arc_start[vertex + 1]):
        if graph.vertex_directed[graph.arc_head[arc]] == head:
            return float(graph.arc_ms[arc])
    return -1.0


@compiled
def _piece(graph: Drawn, directed: int, low: float, high: float) -> tuple[_Floats, _Floats]:
    """The points of a street from one share of it to another, and their shares of that."""
    first, behind = graph.shape_start[directed >> 1], graph.shape_start[(directed >> 1) + 1]
    n, length_m = behind - first, graph.shape_m[behind - 1]
    line, at_m = graph.shape_lonlats[first:behind], graph.shape_m[first:behind].copy()
    if directed & 1:
        line, at_m = line[::-1], length_m - at_m[::-1]
    begin_m, end_m = low * length_m, high * length_m
    points, metres = np.empty((n + 2, 2)), np.empty(n + 2)
    points[0], metres[0] = _place(line, at_m, begin_m), begin_m
    size = 1
    for k in range(n):
        if begin_m < at_m[k] < end_m:
            points[size], metres[size] = line[k], at_m[k]
            size += 1
    points[size], metres[size] = _place(line, at_m, end_m), end_m
    size += 1
    return points[:size], (metres[:size] - begin_m) / max(end_m - begin_m, 1e-9)


@compiled
def _place(line: _Floats, at_m: _Floats, where_m: float) -> _Floats:
    """The point so many metres along a line."""
    k = 1
    while k < len(line) - 1 and at_m[k] < where_m:
        k += 1
    share = (where_m - at_m[k - 1]) / max(at_m[k] - at_m[k - 1], 1e-9)
    share = min(max(share, 0.0), 1.0)
    place = np.empty(2)
    for axis in range(2):
        place[axis] = (1.0 - share) * line[k - 1, axis] + share * line[k, axis]
    return place
