"""The nearest technicians first: an index of positions by H3 cell, searched ring by ring.

The bound that comes with each technician never exceeds the true great-circle distance, so a search
may stop as soon as nobody behind it can be better. Not meant for places within a few rings of one
of H3's twelve pentagons, all of which lie at sea, nor across the antimeridian.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable, Iterator
from typing import Final

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.positions import Position

_RESOLUTION: Final = 7
"""Cells of 5 km2: a city's fleet takes a dozen rings, a country's a few dozen."""

_RING_M: Final = 900.0
"""No point outside rings 0 to k is nearer than k times this.

Each ring is at least 1.5 edges of its smallest cells deep; over 3000 places on the whole earth the
shallowest was 1017 m, next to a pentagon.
"""

_MAX_RINGS: Final = 40
"""Further away, rings hold more empty cells than there are technicians to sort."""


class PositionIndex:
    """Positions in memory, one per technician, newest by event time.

    Threads may share it: a search sees the positions of one moment, that of its first step.
    """

    def __init__(self, positions: Iterable[Position] = ()) -> None:
        self._lock = threading.Lock()
        self._positions: dict[TechnicianId, Position] = {}
        self._cells: dict[int, dict[TechnicianId, None]] = {}
        for position in positions:
            self.update(position)

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
            self._drop(position.technician_id)
            self._positions[position.technician_id] = position
            self._cells.setdefault(_home(position), {})[position.technician_id] = None
            return True

    def remove(self, technician_id: TechnicianId) -> None:
        """Forget the technician."""
        with self._lock:
            self._drop(technician_id)

    def _drop(self, technician_id: TechnicianId) -> None:
        old = self._positions.pop(technician_id, None)
        if old is None:
            return
        members = self._cells[_home(old)]
        del members[technician_id]
        if not members:
            del self._cells[_home(old)]

    def rings(self, place: LonLat) -> Iterator[tuple[TechnicianId, Position, float]]:
        """Yield ``(technician, position, lower_bound_m)`` by non-decreasing bound.

        The bound is a sound lower bound on the great-circle distance in metres. Ties are in order
        of technician id.
        """
        found: list[tuple[float, TechnicianId, Position]] = []
        centre = cells.lonlat_to_cell(place, _RESOLUTION)
        with self._lock:
            left = {
                cell: [self._positions[technician_id] for technician_id in members]
                for cell, members in self._cells.items()
            }
        for k in range(_MAX_RINGS):
            if not left:
                break
            for cell in cells.ring(centre, k):
                _measure(left.pop(cell, ()), place, found)
            safe_m = k * _RING_M
            while found and found[0][0] <= safe_m:
                bound_m, technician_id, position = heapq.heappop(found)
                yield technician_id, position, bound_m
        for members in left.values():
            _measure(members, place, found)
        while found:
            bound_m, technician_id, position = heapq.heappop(found)
            yield technician_id, position, bound_m


def _measure(
    positions: Iterable[Position],
    place: LonLat,
    found: list[tuple[float, TechnicianId, Position]],
) -> None:
    for position in positions:
        bound_m = haversine_m(place, position.place)
        heapq.heappush(found, (bound_m, position.technician_id, position))


def _age_key(position: Position) -> tuple[int, LonLat]:
    return position.at_ms, position.place


def _home(position: Position) -> int:
    # by the place, not the parent of its fine cell: parents don't quite cover their children
    return cells.lonlat_to_cell(position.place, _RESOLUTION)
