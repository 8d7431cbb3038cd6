"""A route in full: the line to draw, the time at each of its points, and the streets by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.graph import RoadGraph

_Floats = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class _Leg:
    """A directed street or a part of it: from and to as shares of its driven length."""

    vertex: int
    begin: float
    end: float
    turn_ms: float
    drive_ms: float


def follow(
    graph: RoadGraph, path: Sequence[int], source_along: float, target_along: float
) -> Route:
    """The route over directed streets that follow each other, from a place on the first one.

    Parameters
    ----------
    source_along, target_along
        0 at the beginning of the street as drawn, 1 at its end.
    """
    return _drawn(graph, _legs(graph, path, source_along, target_along))


def _legs(
    graph: RoadGraph, path: Sequence[int], source_along: float, target_along: float
) -> list[_Leg]:
    """The path as legs; the first and last are cut at the places of source and target."""
    legs = []
    for i, vertex in enumerate(path):
        begin = _share(vertex, source_along) if i == 0 else 0.0
        end = _share(vertex, target_along) if i == len(path) - 1 else 1.0
        whole = float(graph.drive_ms[vertex])
        turn = _turn_ms(graph, path[i - 1], vertex) if i else 0.0
        legs.append(
            _Leg(vertex, begin, end, turn, float(np.rint(end * whole) - np.rint(begin * whole)))
        )
    return legs


def _share(vertex: int, along: float) -> float:
    return 1.0 - along if vertex & 1 else along


def _turn_ms(graph: RoadGraph, tail: int, head: int) -> float:
    """What the turn takes: the same whatever way one came, but maybe allowed for some ways only."""
    start = graph.arc_start
    arcs = np.arange(start[tail], start[tail + 1])
    arcs = arcs[graph.vertex_directed[graph.arc_head[arcs]] == head]
    if not len(arcs):
        copies = np.flatnonzero(graph.vertex_directed == tail)
        arcs = np.concatenate([np.arange(start[copy], start[copy + 1]) for copy in copies])
        arcs = arcs[graph.vertex_directed[graph.arc_head[arcs]] == head]
    return float(graph.arc_ms[arcs[0]])


def _drawn(graph: RoadGraph, legs: list[_Leg]) -> Route:
    lonlats: list[_Floats] = []
    times: list[_Floats] = []
    clock = distance = 0.0
    steps: list[Step] = []
    for leg in legs:
        clock += leg.turn_ms
        points, share = _piece(graph, leg)
        skip = 1 if lonlats and leg.turn_ms == 0 else 0
        lonlats.append(points[skip:])
        times.append((clock + share * leg.drive_ms)[skip:])
        clock += leg.drive_ms
        metres = float(graph.street_m[leg.vertex >> 1]) * (leg.end - leg.begin)
        distance += metres
        steps.append(
            Step(graph.name_of(leg.vertex >> 1), metres, (leg.turn_ms + leg.drive_ms) / 1000)
        )
    return Route(
        clock / 1000,
        distance,
        np.concatenate(lonlats),
        np.concatenate(times) / 1000,
        _merged(steps),
    )


def _piece(graph: RoadGraph, leg: _Leg) -> tuple[_Floats, _Floats]:
    """The points of a leg in driving order, and each one's share of the leg's length."""
    street = leg.vertex >> 1
    within = slice(graph.shape_start[street], graph.shape_start[street + 1])
    points, metres = graph.shape_lonlats[within], graph.shape_m[within]
    if leg.vertex & 1:
        points, metres = points[::-1], metres[-1] - metres[::-1]
    first, last = leg.begin * metres[-1], leg.end * metres[-1]
    inner = metres[(metres > first) & (metres < last)]
    at = np.concatenate([[first], inner, [last]])
    line = np.stack([np.interp(at, metres, points[:, 0]), np.interp(at, metres, points[:, 1])], 1)
    return line, (at - first) / max(last - first, 1e-9)


def _merged(steps: list[Step]) -> tuple[Step, ...]:
    return tuple(
        Step(name, sum(s.distance_m for s in run), sum(s.duration_s for s in run))
        for name, run in ((name, list(same)) for name, same in groupby(steps, lambda s: s.name))
    )
