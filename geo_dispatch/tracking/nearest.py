"""The nearest technicians first: positions in memory by H3 cell, searched cell by cell.

Cells of three resolutions hold each other, and each knows how far from its centre its technicians
are at most. A search opens the cell that may hold somebody nearer than anybody found so far, until
there is none (Hjaltason and Samet, "Distance browsing in spatial databases", 1999). So it is exact
everywhere on the earth, in a crowd and in the desert, and looks at a few dozen cells.

Distances within are straight, through the earth: they come in the same order as those over it, and
cost a third.
"""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import EARTH_RADIUS_M, LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import NOT_TOLD
from geo_dispatch.tracking.positions import Position

_RESOLUTIONS: Final = (3, 5, 7)
"""A city's fleet lies in one or two cells of 12,000 km2; the smallest are 5 km2."""

_ROUNDING_M: Final = 1e-6
"""Far more than straight distances are off by."""

_DIAMETER_M: Final = 2 * EARTH_RADIUS_M

_Point = tuple[float, float, float]
"""A place as metres from the middle of the earth."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell with somebody in it; never changed, but replaced.

    Attributes
    ----------
    reach_m
        Nobody in it was ever further from its centre.
    """

    centre: _Point
    reach_m: float
    finer: Mapping[int, _Cell] = field(default_factory=dict)
    members: Mapping[TechnicianId, tuple[_Point, Position]] = field(default_factory=dict)


class PositionIndex:
    """Positions in memory, one per technician, newest by event time.

    Threads may share it: a search sees the positions of one moment, that of its first step.
    """

    def __init__(self, positions: Iterable[Position] = ()) -> None:
        self._lock = threading.Lock()
        self._positions: dict[TechnicianId, Position] = {}
        for position in positions:
            known = self._positions.get(position.technician_id)
            if known is None or _age_key(position) >= _age_key(known):
                self._positions[position.technician_id] = position
        self._cells = _built(self._positions.values())

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Position]:
        with self._lock:
            return iter(tuple(self._positions.values()))

    def get(self, technician_id: TechnicianId) -> Position | None:
        """The technician's position, if known."""
        return self._positions.get(technician_id)

    def update(self, position: Position) -> bool:
        """Take the position if it is the newest of its technician; say whether it was."""
        with self._lock:
            old = self._positions.get(position.technician_id)
            if old is not None and _age_key(position) < _age_key(old):
                return False
            now_in, path = self._cells, _path(position.place)
            if old is not None and (left := _path(old.place)) != path:
                now_in = _without(now_in, left, position.technician_id)
            self._cells = _with(now_in, path, _point(position.place), position)
            self._positions[position.technician_id] = position
            return True

    def remove(self, technician_id: TechnicianId) -> None:
        """Forget the technician."""
        with self._lock:
            old = self._positions.pop(technician_id, None)
            if old is not None:
                self._cells = _without(self._cells, _path(old.place), technician_id)

    def outwards(self, place: LonLat) -> Iterator[tuple[Position, float]]:
        """Yield everybody with the great-circle distance in metres, the nearest first.

        Ties are in order of technician id.
        """
        here = _point(place)
        distance = math.dist
        # by distance; at the same one cells before technicians, and those by their ids
        waiting: list[tuple[Any, ...]] = [(0.0, "", 0, self._cells, {})]
        while waiting:
            found = heapq.heappop(waiting)
            if found[1]:
                yield found[2], _over_the_earth_m(found[0])
                continue
            for number, cell in found[3].items():
                bound_m = distance(here, cell.centre) - cell.reach_m - _ROUNDING_M
                heapq.heappush(waiting, (bound_m, "", number, cell.finer, cell.members))
            for technician_id, (point, position) in found[4].items():
                heapq.heappush(waiting, (distance(here, point), technician_id, position))

    def nearest(
        self, place: LonLat, count: int, wanted: Callable[[Position], bool] = lambda _: True
    ) -> list[tuple[Position, float]]:
        """The nearest of those wanted, with their great-circle distances in metres."""
        return list(islice((one for one in self.outwards(place) if wanted(one[0])), count))


def _built(positions: Iterable[Position]) -> Mapping[int, _Cell]:
    by_cell: dict[tuple[int, ...], dict[TechnicianId, tuple[_Point, Position]]] = {}
    for one in positions:
        by_cell.setdefault(_path(one.place), {})[one.technician_id] = (_point(one.place), one)
    return _nested(by_cell)


def _nested(
    by_cell: Mapping[tuple[int, ...], Mapping[TechnicianId, tuple[_Point, Position]]],
) -> Mapping[int, _Cell]:
    within: dict[int, dict[tuple[int, ...], Mapping[TechnicianId, tuple[_Point, Position]]]] = {}
    for path, members in by_cell.items():
        within.setdefault(path[0], {})[path[1:]] = members
    found = {}
    for number, inner in within.items():
        centre = _point(cells.cell_to_lonlat(number))
        reach_m = max(
            math.dist(centre, point) for members in inner.values() for point, _ in members.values()
        )
        if () in inner:
            found[number] = _Cell(centre, reach_m, members=inner[()])
        else:
            found[number] = _Cell(centre, reach_m, finer=_nested(inner))
    return found


def _with(
    among: Mapping[int, _Cell], path: tuple[int, ...], point: _Point, position: Position
) -> Mapping[int, _Cell]:
    """The cells with that position put into the innermost of the path."""
    number, inner = path[0], path[1:]
    cell = among.get(number) or _Cell(_point(cells.cell_to_lonlat(number)), 0.0)
    reach_m = max(cell.reach_m, math.dist(cell.centre, point))
    if inner:
        changed = _Cell(cell.centre, reach_m, finer=_with(cell.finer, inner, point, position))
    else:
        members = {**cell.members, position.technician_id: (point, position)}
        changed = _Cell(cell.centre, reach_m, members=members)
    return {**among, number: changed}


def _without(
    among: Mapping[int, _Cell], path: tuple[int, ...], technician_id: TechnicianId
) -> Mapping[int, _Cell]:
    """The cells with the technician taken out of the innermost of the path."""
    number, inner = path[0], path[1:]
    cell = among[number]
    left, finer, members = dict(among), cell.finer, dict(cell.members)
    if inner:
        finer = _without(finer, inner, technician_id)
    else:
        del members[technician_id]
    if finer or members:
        left[number] = _Cell(cell.centre, cell.reach_m, finer, members)
    else:
        del left[number]
    return left


def _path(place: LonLat) -> tuple[int, ...]:
    """The cells that hold the place, each in the one before, the smallest last."""
    smallest = cells.lonlat_to_cell(place, _RESOLUTIONS[-1])
    return (*(cells.cell_to_parent(smallest, one) for one in _RESOLUTIONS[:-1]), smallest)


def _point(place: LonLat) -> _Point:
    lon, lat = math.radians(place.lon), math.radians(place.lat)
    flat_m = EARTH_RADIUS_M * math.cos(lat)
    return flat_m * math.cos(lon), flat_m * math.sin(lon), EARTH_RADIUS_M * math.sin(lat)


def _over_the_earth_m(straight_m: float) -> float:
    return _DIAMETER_M * math.asin(min(1.0, straight_m / _DIAMETER_M))


def _age_key(position: Position) -> tuple[int, LonLat, list[float], bool]:
    """The greatest is the newest; of several reports of one fix that of the least `Fix.rank`."""
    told = (position.accuracy_m, position.speed_mps, position.heading_deg)
    sharp = [-(NOT_TOLD if one is None else one) for one in told]
    return position.at_ms, position.place, sharp, not position.mock
