"""Technicians: what they can do, when they work, where they start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from geo_dispatch.kernel.errors import Fault, InvalidPosition
from geo_dispatch.kernel.geo import LonLat, checked_lonlat
from geo_dispatch.kernel.ids import TechnicianId, TerritoryId
from geo_dispatch.kernel.time import Window

MAX_SKILL_LEVEL: Final = 5
SUNDAY: Final = 6


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


class TechnicianFields(TypedDict, total=False):
    """The fields of a technician that people set; on a change, those left out stay."""

    call_sign: str
    skills: tuple[Skill, ...]
    shifts: tuple[Shift, ...]
    leave: tuple[Leave, ...]
    home: LonLat | None
    vehicle: Vehicle | None
    territory_id: TerritoryId | None
    phone: str
    external_id: str | None


def technician_faults(technician: Technician) -> list[Fault]:
    """Everything wrong with what is said of the technician."""
    faults = []
    if not technician.call_sign.strip():
        faults.append(Fault("call_sign", "is empty; say how the office calls them, as 'Van 07'"))
    for index, skill in enumerate(technician.skills):
        if not skill.name.strip():
            faults.append(Fault(f"skills[{index}].name", "is empty; name the skill"))
        if not 1 <= skill.level <= MAX_SKILL_LEVEL:
            faults.append(
                Fault(
                    f"skills[{index}].level",
                    f"{skill.level} is not between 1 and {MAX_SKILL_LEVEL}",
                )
            )
    names = [skill.name for skill in technician.skills]
    faults.extend(
        Fault("skills", f"{name!r} is there twice; keep one")
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    faults.extend(
        Fault(f"shifts[{index}].weekday", f"{shift.weekday} is not 0 (Monday) to 6 (Sunday)")
        for index, shift in enumerate(technician.shifts)
        if not 0 <= shift.weekday <= SUNDAY
    )
    if technician.home is not None:
        try:
            checked_lonlat(*technician.home, where="home")
        except InvalidPosition as error:
            faults.extend(error.faults)
    return faults
