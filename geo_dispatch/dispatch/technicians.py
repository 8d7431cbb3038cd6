"""Technicians: what they can do, when they work, where they start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId, TerritoryId
from geo_dispatch.kernel.time import Window


@dataclass(frozen=True, slots=True)
class Skill:
    """What a technician can do, how well, and until when it is certified.

    Attributes
    ----------
    level
        1 (learning) to 5 (teaches others).
    expires_on
        Last day on which it counts, local; None never expires.
    """

    name: str
    level: int = 1
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """Working hours on one weekday, local time; ``weekday`` 0 is Monday.

    An ``end`` at or before the ``start`` lies on the next day.
    """

    weekday: int
    start: time
    end: time

    def on(self, day: date, zone: ZoneInfo) -> Window:
        """The hours as instants, for the shift that begins on ``day``."""
        last_day = day if self.end > self.start else day + timedelta(days=1)
        return Window(
            datetime.combine(day, self.start, zone), datetime.combine(last_day, self.end, zone)
        )


@dataclass(frozen=True, slots=True)
class Leave:
    """Time away: holiday, sickness, training."""

    window: Window
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What the technician drives."""

    name: str
    registration: str = ""
    equipment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Technician:
    """Someone who can be sent to a site.

    Attributes
    ----------
    call_sign
        How the office calls them: ``"Van 07"``.
    home
        Where the day begins and ends.
    shard
        Home shard in Redis; never changes with the place.
    version
        Grows by one with each change; the ETag of the API.
    """

    id: TechnicianId
    call_sign: str
    skills: tuple[Skill, ...] = ()
    shifts: tuple[Shift, ...] = ()
    leave: tuple[Leave, ...] = ()
    home: LonLat | None = None
    vehicle: Vehicle | None = None
    territory_id: TerritoryId | None = None
    phone: str = ""
    external_id: str | None = None
    shard: int = 0
    retired: bool = False
    version: int = 1

    def shift_at(self, moment: datetime, zone: ZoneInfo) -> Window | None:
        """The shift that the moment lies in, also one that began yesterday; None off shift."""
        day = moment.astimezone(zone).date()
        for start_day in (day, day - timedelta(days=1)):
            for shift in self.shifts:
                if shift.weekday == start_day.weekday():
                    window = shift.on(start_day, zone)
                    if moment in window:
                        return window
        return None

    def leave_at(self, moment: datetime) -> Leave | None:
        """The leave that the moment lies in, if any."""
        return next((leave for leave in self.leave if moment in leave.window), None)
