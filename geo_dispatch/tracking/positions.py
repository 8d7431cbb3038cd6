"""Positions: the newest fix of each technician."""

from __future__ import annotations

from dataclasses import dataclass

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix


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


def fix_to_position(fix: Fix) -> Position:
    """The position that the fix tells."""
    return Position(
        technician_id=fix.technician_id,
        at_ms=fix.at_ms,
        place=fix.place,
        cell=cells.lonlat_to_cell(fix.place),
        accuracy_m=fix.accuracy_m,
        speed_mps=fix.speed_mps,
        heading_deg=fix.heading_deg,
        mock=fix.mock,
    )


def position_to_fix(position: Position) -> Fix:
    """The fix that the position was told by."""
    return Fix(
        technician_id=position.technician_id,
        at_ms=position.at_ms,
        lon_e7=round(position.place.lon * DEGREE_SCALE),
        lat_e7=round(position.place.lat * DEGREE_SCALE),
        accuracy_m=position.accuracy_m,
        speed_mps=position.speed_mps,
        heading_deg=position.heading_deg,
        mock=position.mock,
    )
