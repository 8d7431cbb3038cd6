"""Changes on the road: streets closed, driving slower, other speeds.

A `RoadChange` says what is different, on whatever graph; `touched` finds the streets that it is
about on one of them, and `reweighted` makes a graph of all changes that hold at once. That graph
shares everything with the original but its drive times and where one may snap to.

Changes are put together in this order, whichever was made first:

1. **speeds**: a street takes its length at that speed, for the part of it that runs along an OSM
   way in the table; of several tables the last one given counts;
2. **factors**: a street takes so many times as long for the part of it that lies inside; factors
   multiply;
3. **closures**: a street that is closed by one is closed, in both directions.

No change opens a direction that may not be driven without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.touching import Along, Touched, inside, on_ways

Area = shapely.Polygon | shapely.MultiPolygon

_MS_PER_M: Final = 3600.0
"""Milliseconds that a metre takes at 1 km/h."""


class Kind(StrEnum):
    """What a change does."""

    CLOSURE = "closure"
    FACTOR = "factor"
    SPEEDS = "speeds"


class Direction(StrEnum):
    """Of a street, as its OSM way is drawn."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class WaySpeed:
    """How fast one drives on an OSM way."""

    way_id: int
    kmh: float
    direction: Direction = Direction.BOTH


@dataclass(frozen=True, slots=True)
class RoadChange:
    """Something different on the road; made by `close_streets`, `speed_factor`, `set_speeds`.

    Attributes
    ----------
    area
        Polygon, lon, lat; None where it is about OSM ways.
    way_ids
        OSM ways that are closed; empty where it is about an area or has a table of speeds.
    factor
        Driving inside the area takes so many times as long.
    speeds
        The table.
    """

    kind: Kind
    area: Area | None = None
    way_ids: tuple[int, ...] = ()
    factor: float | None = None
    speeds: tuple[WaySpeed, ...] = ()

    @property
    def ways(self) -> tuple[int, ...]:
        """The OSM ways that it names, as often as it does."""
        return self.way_ids or tuple(one.way_id for one in self.speeds)


def close_streets(*, area: Area | None = None, way_ids: Iterable[int] = ()) -> RoadChange:
    """Nobody drives on streets that touch the area, or on those OSM ways, in either direction.

    Who goes to a place on one stops at the nearest street that is open.
    """
    return RoadChange(Kind.CLOSURE, area, tuple(way_ids))


def speed_factor(area: Area, factor: float) -> RoadChange:
    """Driving in the area takes so many times as long; on a street half in it, half as many."""
    return RoadChange(Kind.FACTOR, area, factor=factor)


def set_speeds(speeds: Iterable[WaySpeed]) -> RoadChange:
    """On those OSM ways one drives so fast."""
    return RoadChange(Kind.SPEEDS, speeds=tuple(speeds))


def touched(graph: RoadGraph, change: RoadChange) -> Touched:
    """The streets of the graph that the change is about; it may be none."""
    if change.area is None:
        return on_ways(graph, change.ways)
    return inside(graph, change.area, in_part=change.kind is Kind.FACTOR)


def reweighted(graph: RoadGraph, changes: Sequence[tuple[RoadChange, Touched]]) -> RoadGraph:
    """The graph as one drives on it under all of the changes; see the order above."""
    if not changes:
        return graph
    drive_ms = graph.drive_ms.astype(np.float64)
    for (_, against), (kmh, (streets, share)) in _speeds(changes).items():
        set_ms = graph.street_m[streets] * _MS_PER_M / kmh
        drive_ms[2 * streets + against] += share * (set_ms - graph.drive_ms[2 * streets + against])
    for change, on in _of(Kind.FACTOR, changes):
        assert change.factor is not None
        drive_ms[on.directed] *= np.repeat(1.0 + (change.factor - 1.0) * on.share, 2)
    driven = graph.drive_ms < FORBIDDEN_MS
    closed = [on.streets for _, on in _of(Kind.CLOSURE, changes)]
    snappable = graph.snappable
    if closed:
        streets = np.concatenate(closed)
        snappable = snappable.copy()
        snappable[streets] = False
        driven.reshape(-1, 2)[streets] = False
    whole_ms = np.clip(np.rint(drive_ms), 1, FORBIDDEN_MS - 1)
    return replace(
        graph,
        drive_ms=np.where(driven, whole_ms, FORBIDDEN_MS).astype(np.int32),
        snappable=snappable,
    )


_SIDES: Final = {Direction.BOTH: (0, 1), Direction.FORWARD: (0,), Direction.BACKWARD: (1,)}


def _speeds(
    changes: Sequence[tuple[RoadChange, Touched]],
) -> dict[tuple[int, int], tuple[float, Along]]:
    """Of each OSM way and direction the speed that counts, and the streets along it."""
    return {
        (row.way_id, against): (row.kmh, along)
        for change, on in _of(Kind.SPEEDS, changes)
        for row, along in zip(change.speeds, on.by_way, strict=True)
        for against in _SIDES[row.direction]
    }


def _of(
    kind: Kind, changes: Sequence[tuple[RoadChange, Touched]]
) -> Iterable[tuple[RoadChange, Touched]]:
    return ((change, on) for change, on in changes if change.kind is kind)


def closing(streets: NDArray[np.int64], changes: Sequence[tuple[RoadChange, Touched]]) -> list[int]:
    """Which of the changes, by their place in the list, close any of those streets."""
    return [
        at
        for at, (change, on) in enumerate(changes)
        if change.kind is Kind.CLOSURE and np.isin(streets, on.streets).any()
    ]
