"""A route in full: the line to draw, the time at each of its points, and the streets by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.drawing import draw, drawn_of
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


def follow(
    graph: RoadGraph, path: Sequence[int], source_along: float, target_along: float
) -> Route:
    """The route over directed streets that follow each other, from a place on the first one.

    Parameters
    ----------
    source_along, target_along
        0 at the beginning of the street as drawn, 1 at its end.
    """
    directed = np.asarray(path, np.int64)
    begin, end = _shares(directed, source_along, target_along)
    lonlats, times_ms, took_ms = draw(drawn_of(graph), directed, float(begin[0]), float(end[-1]))
    metres = _metres(graph, directed, begin, end)
    return Route(
        float(took_ms.sum()) / 1000,
        float(metres.sum()),
        lonlats,
        times_ms / 1000,
        _steps(graph, directed >> 1, metres, took_ms / 1000),
    )


def length_m(
    graph: RoadGraph, path: Sequence[int], source_along: float, target_along: float
) -> float:
    """Metres of what `follow` draws."""
    directed = np.asarray(path, np.int64)
    begin, end = _shares(directed, source_along, target_along)
    return float(_metres(graph, directed, begin, end).sum())


def _metres(graph: RoadGraph, directed: _Ints, begin: _Floats, end: _Floats) -> _Floats:
    """Of each street. To a place behind that is less than a millisecond away one goes back."""
    return np.asarray(np.abs(graph.street_m[directed >> 1] * (end - begin)))


def _shares(directed: _Ints, source_along: float, target_along: float) -> tuple[_Floats, _Floats]:
    """From where to where each directed street is driven."""
    begin, end = np.zeros(len(directed)), np.ones(len(directed))
    begin[0] = 1.0 - source_along if directed[0] & 1 else source_along
    end[-1] = 1.0 - target_along if directed[-1] & 1 else target_along
    return begin, end


def _steps(graph: RoadGraph, streets: _Ints, metres: _Floats, seconds: _Floats) -> tuple[Step, ...]:
    """Streets by name, consecutive ones of one name as one."""
    names = graph.street_name[streets]
    first = np.concatenate([_FIRST, np.flatnonzero(names[1:] != names[:-1]) + 1])
    return tuple(
        map(
            Step,
            graph.names_of(streets[first]),
            np.add.reduceat(metres, first).tolist(),
            np.add.reduceat(seconds, first).tolist(),
        )
    )


_FIRST: Final = np.zeros(1, np.intp)
