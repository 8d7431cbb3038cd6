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


class _Line(NamedTuple):
    """(k, 2) points, and (k,) ms after departure at each."""

    lonlats: _Floats
    times_ms: _Floats


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
    line = _Line(np.empty((size, 2)), np.empty(size))
    took_ms = np.empty(len(path))
    size, clock = 0, 0.0
    for leg in range(len(path)):
        directed = path[leg]
        low = begin if leg == 0 else 0.0
        high = end if leg == len(path) - 1 else 1.0
        whole = float(graph.drive_ms[directed])
        drive_ms = np.rint(high * whole) - np.rint(low * whole)
        turn_ms = _turn_ms(graph, path[leg - 1], directed) if leg > 0 else 0.0
        if leg > 0 and turn_ms == 0.0:
            size -= 1  # the end of one leg is the beginning of the next
        rest = _Line(line.lonlats[size:], line.times_ms[size:])
        size += _piece(graph, directed, (low, high), (clock + turn_ms, drive_ms), rest)
        took_ms[leg] = turn_ms + drive_ms
        clock += took_ms[leg]
    return line.lonlats[:size], line.times_ms[:size], took_ms


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
def _piece(
    graph: Drawn,
    directed: int,
    shares: tuple[float, float],
    timed: tuple[float, float],
    line: _Line,
) -> int:
    """Write the points of a street from one share of it to another; how many they are.

    Parameters
    ----------
    timed
        When that begins, and how long it takes.
    """
    first, behind = graph.shape_start[directed >> 1], graph.shape_start[(directed >> 1) + 1]
    shape = graph.shape_lonlats[first:behind], graph.shape_m[first:behind]
    against, last = directed & 1, behind - first - 1
    begin_m, end_m = shares[0] * shape[1][last], shares[1] * shape[1][last]
    long_m, (start_ms, drive_ms) = max(end_m - begin_m, 1e-9), timed
    k, size = 1, 1
    while k < last and _metres(shape, against, k) < begin_m:
        k += 1
    line.times_ms[0] = start_ms
    _place(shape, against, k, begin_m, line.lonlats[0])
    while k < last and _metres(shape, against, k) < end_m:
        at_m = _metres(shape, against, k)
        if at_m > begin_m:
            line.times_ms[size] = start_ms + (at_m - begin_m) / long_m * drive_ms
            at = last - k if against else k
            line.lonlats[size, 0], line.lonlats[size, 1] = shape[0][at, 0], shape[0][at, 1]
            size += 1
        k += 1
    line.times_ms[size] = start_ms + drive_ms
    _place(shape, against, k, end_m, line.lonlats[size])
    return size + 1


@compiled
def _metres(shape: tuple[_Floats, _Floats], against: int, k: int) -> float:
    """How far along a street its point k is, in driving direction."""
    at_m = shape[1]
    return float(at_m[-1] - at_m[len(at_m) - 1 - k] if against else at_m[k])


@compiled
def _place(
    shape: tuple[_Floats, _Floats], against: int, k: int, where_m: float, place: _Floats
) -> None:
    """Write the point so many metres along a street, between its points k - 1 and k."""
    before_m, at_m = _metres(shape, against, k - 1), _metres(shape, against, k)
    share = min(max((where_m - before_m) / max(at_m - before_m, 1e-9), 0.0), 1.0)
    points, last = shape[0], len(shape[0]) - 1
    for axis in range(2):
        begin = points[last - k + 1 if against else k - 1, axis]
        end = points[last - k if against else k, axis]
        place[axis] = (1.0 - share) * begin + share * end
