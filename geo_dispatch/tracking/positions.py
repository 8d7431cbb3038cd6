"""Positions: the newest fix of each technician."""

from __future__ import annotations

from dataclasses import dataclass

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId


@dataclass(frozen=True, slots=True)
class Position:
    """Where a technician was last, in event time.

    Attributes
    ----------
    at_ms
        Event time of the fix, milliseconds since 1970 UTC.
    cell
        H3 cell of the place at the index resolution.
    accuracy_m
        Radius that holds the true place in 68 of 100 cases; None when not told.
    mock
        The device says that the position is made up.
    """

    technician_id: TechnicianId
    at_ms: int
    place: LonLat
    cell: int
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    mock: bool = False
