"""Fixes: where a technician's device says it was, and when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId

DEGREE_SCALE = 10_000_000
"""Coordinates are kept as whole 1e-7 degrees, about a centimetre."""


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
    one fix. Folds take fixes in the order of their keys: by event time, then place.

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
