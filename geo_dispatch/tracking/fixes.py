"""Fixes: where a technician's device says it was, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId

DEGREE_SCALE = 10_000_000
"""Coordinates are kept as whole 1e-7 degrees, about a centimetre."""

NOT_TOLD: Final = 1e9
"""Stands for what a report doesn't tell when reports of one fix are compared."""


class Verdict(StrEnum):
    """What became of a fix at the door; all three are safe and need not be sent again."""

    ACCEPTED = "accepted"
    LATE = "late"
    """Older than the newest fix known: kept for history, the live position stays."""
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Fix:
    """One position report, in event time.

    A fix is known by ``(technician_id, at_ms, lon_e7, lat_e7)``: the same report sent twice is
    one fix. Where two reports of it differ in the rest, that of the least `rank` counts, whichever
    came first. Folds take fixes in the order of their keys: by event time, then place.

    Attributes
    ----------
    at_ms
        Event time by the device's clock, milliseconds since 1970 UTC.
    accuracy_m
        Radius that holds the true place in 68 of 100 cases; None when not told.
    heading_deg
        Compass course, 0 to 360.
    mock
        The device says that the position is made up.
    """

    technician_id: TechnicianId
    at_ms: int
    lon_e7: int
    lat_e7: int
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    mock: bool = False

    @property
    def place(self) -> LonLat:
        """Where it is, degrees."""
        return LonLat(self.lon_e7 / DEGREE_SCALE, self.lat_e7 / DEGREE_SCALE)

    @property
    def key(self) -> tuple[str, int, int, int]:
        """What makes it the same fix when it comes again."""
        return (self.technician_id, self.at_ms, self.lon_e7, self.lat_e7)

    @property
    def rank(self) -> tuple[float, float, float, bool]:
        """Which of two reports of one fix counts: the lesser, so the sharper, and what is told."""
        told = (self.accuracy_m, self.speed_mps, self.heading_deg)
        accuracy_m, speed_mps, heading_deg = (NOT_TOLD if one is None else one for one in told)
        return (accuracy_m, speed_mps, heading_deg, self.mock)


def each_once(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes in the order of their keys, of several reports of one that of the least rank."""
    found: dict[tuple[str, int, int, int], Fix] = {}
    for fix in fixes:
        other = found.get(fix.key)
        if other is None or fix.rank < other.rank:
            found[fix.key] = fix
    return [found[key] for key in sorted(found)]
