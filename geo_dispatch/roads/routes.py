"""A route in full: the line to draw, the time at each of its points, and the streets by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.graph import RoadGraph

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the route under one street name; turns count to the street they lead into."""

    name: str
    distance_m: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Route:
    """The fastest way between two places.

    Attributes
    ----------
    duration_s, distance_m
        Equal to the matrix' entry for the same two places.
    lonlats
        (k, 2) from the source's to the target's place on the street. A place comes twice where
        the turn costs time: on arrival and on going on.
    times_s
        (k,) seconds after departure at each of them; never falls.
    steps
        Streets in order, consecutive ones of one name merged.
    """

    duration_s: float
    distance_m: float
    lonlats: _Floats
    times_s: _Floats
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Legs:
    """The k directed streets of a route, the first and the last cut at its ends: (k,) each.

    ``begin`` and ``end`` are shares of the driven length; times are whole milliseconds, and
    ``start_ms`` is behind the turn.
    """

    directed: _Ints
    begin: _Floats
    end: _Floats
    turn_ms: _Floats
    drive_ms: _Floats
    start_ms: _Floats


def follow(
    graph: RoadGraph, path: Sequence[int], source_along: float, target_along: float
) -> Route:
    """The route over directed streets that follow each other, from a place on the first one.

    Parameters
    ----------
    source_along, target_along
        0 at the beginning of the street as drawn, 1 at its end.
    """
    legs = _legs(graph, np.asarray(path, np.int64), source_along, target_along)
    metres = graph.street_m[legs.directed >> 1] * (legs.end - legs.begin)
    took_ms = legs.turn_ms + legs.drive_ms
    lonlats, times_ms = _line(graph, legs)
    return Route(
        float(took_ms.sum()) / 1000,
        float(metres.sum()),
        lonlats,
        times_ms / 1000,
        _steps(graph, legs.directed >> 1, metres, took_ms / 1000),
    )


def length_m(
    graph: RoadGraph, path: Sequence[int], source_along: float, target_along: float
) -> float:
    """Metres of what `follow` draws."""
    directed = np.asarray(path, np.int64)
    begin, end = _shares(directed, source_along, target_along)
    return float((graph.street_m[directed >> 1] * (end - begin)).sum())


def _shares(directed: _Ints, source_along: float, target_along: float) -> tuple[_Floats, _Floats]:
    """From where to where each directed street is driven."""
    begin, end = np.zeros(len(directed)), np.ones(len(directed))
    begin[0] = 1.0 - source_along if directed[0] & 1 else source_along
    end[-1] = 1.0 - target_along if directed[-1] & 1 else target_along
    return begin, end


def _legs(graph: RoadGraph, path: _Ints, source_along: float, target_along: float) -> _Legs:
    begin, end = _shares(path, source_along, target_along)
    whole = graph.drive_ms[path].astype(np.float64)
    drive_ms = np.rint(end * whole) - np.rint(begin * whole)
    turn_ms = np.concatenate([[0.0], _turns_ms(graph, path[:-1], path[1:])])
    start_ms = np.cumsum(turn_ms + drive_ms) - drive_ms
    return _Legs(path, begin, end, turn_ms, drive_ms, start_ms)


def _turns_ms(graph: RoadGraph, tails: _Ints, heads: _Ints) -> _Floats:
    """What turns take: the same whatever way one came, but maybe allowed for some ways only."""
    row, arcs = _runs(graph.arc_start[tails], graph.arc_start[tails + 1])
    fits = graph.vertex_directed[graph.arc_head[arcs]] == heads[row]
    turn_ms = np.full(len(tails), -1.0)
    turn_ms[row[fits]] = graph.arc_ms[arcs[fits]]
    for lacking in np.flatnonzero(turn_ms < 0):
        copies = np.flatnonzero(graph.vertex_directed == tails[lacking])
        _, arcs = _runs(graph.arc_start[copies], graph.arc_start[copies + 1])
        arcs = arcs[graph.vertex_directed[graph.arc_head[arcs]] == heads[lacking]]
        turn_ms[lacking] = graph.arc_ms[arcs[0]]
    return turn_ms


def _runs(begin: _Ints, end: _Ints) -> tuple[_Ints, _Ints]:
    """All numbers from each beginning to before its end, and the row that each is of."""
    counts = end - begin
    row = np.repeat(np.arange(len(begin)), counts)
    return row, np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - begin, counts)


def _line(graph: RoadGraph, legs: _Legs) -> tuple[_Floats, _Floats]:
    """(k, 2) points in driving order, and (k,) milliseconds after departure."""
    k = len(legs.directed)
    first, last = _piece(graph, legs, 0), _piece(graph, legs, k - 1) if k > 1 else _NOTHING
    middle = _whole(graph, legs, slice(1, max(k - 1, 1)))
    pieces = first, middle, last
    lonlats = np.concatenate([piece[0] for piece in pieces])
    times_ms = np.concatenate([piece[1] for piece in pieces])
    row = np.concatenate([piece[2] for piece in pieces])
    # where a turn takes no time, the end of one leg is the beginning of the next
    fresh = np.ones(len(row), bool)
    fresh[1:] = (np.diff(row) == 0) | (legs.turn_ms[row[1:]] > 0)
    return lonlats[fresh], times_ms[fresh]


def _whole(graph: RoadGraph, legs: _Legs, rows: slice) -> tuple[_Floats, _Floats, _Ints]:
    """Points, times and leg of legs that are driven from end to end."""
    directed = legs.directed[rows]
    start, stop = graph.shape_start[directed >> 1], graph.shape_start[(directed >> 1) + 1]
    row, at = _runs(start, stop)
    against = (directed[row] & 1).astype(bool)
    at = np.where(against, start[row] + stop[row] - 1 - at, at)
    length_m = graph.shape_m[stop - 1][row]
    share = graph.shape_m[at] / np.maximum(length_m, 1e-9)
    share = np.where(against, 1.0 - share, share)
    times_ms = legs.start_ms[rows][row] + share * legs.drive_ms[rows][row]
    return graph.shape_lonlats[at], times_ms, row + rows.start


def _piece(graph: RoadGraph, legs: _Legs, row: int) -> tuple[_Floats, _Floats, _Ints]:
    """Points, times and leg of one that is cut."""
    directed = int(legs.directed[row])
    within = slice(graph.shape_start[directed >> 1], graph.shape_start[(directed >> 1) + 1])
    points, metres = graph.shape_lonlats[within], graph.shape_m[within]
    if directed & 1:
        points, metres = points[::-1], metres[-1] - metres[::-1]
    first, last = legs.begin[row] * metres[-1], legs.end[row] * metres[-1]
    inner = metres[(metres > first) & (metres < last)]
    at = np.concatenate([[first], inner, [last]])
    line = np.stack([np.interp(at, metres, points[:, 0]), np.interp(at, metres, points[:, 1])], 1)
    share = (at - first) / max(last - first, 1e-9)
    times_ms = legs.start_ms[row] + share * legs.drive_ms[row]
    return line, times_ms, np.full(len(at), row)


_NOTHING = np.empty((0, 2)), np.empty(0), np.empty(0, np.int64)


def _steps(graph: RoadGraph, streets: _Ints, metres: _Floats, seconds: _Floats) -> tuple[Step, ...]:
    """Streets by name, consecutive ones of one name as one."""
    names = graph.street_name[streets]
    first = np.flatnonzero(np.concatenate([[True], np.diff(names) != 0]))
    return tuple(
        Step(graph.name_of(int(streets[at])), distance_m, duration_s)
        for at, distance_m, duration_s in zip(
            first.tolist(),
            np.add.reduceat(metres, first).tolist(),
            np.add.reduceat(seconds, first).tolist(),
            strict=True,
        )
    )
