"""Technicians: what they can do, when they work, where they start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal, TypedDict

from geo_dispatch.dispatch.records.hours import Hours, hours_faults
from geo_dispatch.kernel.errors import Fault, InvalidPosition
from geo_dispatch.kernel.geo import LonLat, checked_lonlat
from geo_dispatch.kernel.ids import TechnicianId, TerritoryId
from geo_dispatch.kernel.time import Window

MAX_SKILL_LEVEL: Final = 5


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
class Certificate:
    """A certification or licence that someone else gave, and until when it holds.

    Attributes
    ----------
    name
        As orders ask for it: ``"gas licence"``.
    expires_on
        Last day on which it counts, local; None never expires.
    """

    name: str
    kind: Literal["certification", "licence"] = "certification"
    expires_on: date | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A pause within a shift, begun between two local times."""

    earliest: time
    latest: time
    duration_s: float


@dataclass(frozen=True, slots=True)
class BreakTaken:
    """A break as it was: since when, and until when; None while it goes on."""

    begin_at: datetime
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shift(Hours):
    """Working hours on one weekday, with the breaks in them."""

    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """Time away: holiday, sickness, training."""

    window: Window
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What the technician drives.

    Attributes
    ----------
    equipment
        What it has, or is: ``"hoist"``, ``"refrigerated"``.
    """

    name: str
    registration: str = ""
    equipment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces of one part: in a van, or needed for an order."""

    sku: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Technician:
    """Someone who can be sent to a site.

    Attributes
    ----------
    call_sign
        How the office calls them: ``"Van 07"``.
    home
        Where the day begins and ends.
    on_call
        The rota: times outside shifts in which emergencies may call.
    equipment_types
        Types of equipment that they know how to work on.
    parts
        What is in the van.
    shard
        Home shard in Redis; never changes with the place.
    version
        Grows by one with each change; the ETag of the API.
    """

    id: TechnicianId
    call_sign: str
    skills: tuple[Skill, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    equipment_types: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    leave: tuple[Leave, ...] = ()
    on_call: tuple[Window, ...] = ()
    home: LonLat | None = None
    vehicle: Vehicle | None = None
    parts: tuple[Part, ...] = ()
    territory_id: TerritoryId | None = None
    phone: str = ""
    external_id: str | None = None
    shard: int = 0
    retired: bool = False
    version: int = 1

    def leave_at(self, moment: datetime) -> Leave | None:
        """The leave that the moment lies in, if any."""
        return next((leave for leave in self.leave if moment in leave.window), None)


class TechnicianFields(TypedDict, total=False):
    """The fields of a technician that people set; on a change, those left out stay."""

    call_sign: str
    skills: tuple[Skill, ...]
    certificates: tuple[Certificate, ...]
    equipment_types: tuple[str, ...]
    shifts: tuple[Shift, ...]
    leave: tuple[Leave, ...]
    on_call: tuple[Window, ...]
    home: LonLat | None
    vehicle: Vehicle | None
    parts: tuple[Part, ...]
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
    faults.extend(hours_faults(technician.shifts, "shifts"))
    faults.extend(
        Fault(
            f"shifts[{n}].breaks[{m}]",
            f"{pause.earliest:%H:%M} to {pause.latest:%H:%M} for {pause.duration_s:g} s is no "
            "break; let it begin between two times in order, and last above 0 seconds",
        )
        for n, shift in enumerate(technician.shifts)
        for m, pause in enumerate(shift.breaks)
        if not (
            pause.duration_s > 0 and (pause.earliest <= pause.latest or shift.end <= shift.start)
        )
    )
    faults.extend(
        Fault(f"certificates[{index}].name", "is empty; name the certificate")
        for index, certificate in enumerate(technician.certificates)
        if not certificate.name.strip()
    )
    faults.extend(part_faults(technician.parts, "parts"))
    if technician.home is not None:
        try:
            checked_lonlat(*technician.home, where="home")
        except InvalidPosition as error:
            faults.extend(error.faults)
    return faults


def part_faults(parts: tuple[Part, ...], where: str) -> list[Fault]:
    """Everything wrong with a list of parts."""
    faults = [
        Fault(f"{where}[{index}]", f"{part.quantity} of {part.sku!r}: name the part, count from 1")
        for index, part in enumerate(parts)
        if not part.sku.strip() or part.quantity < 1
    ]
    names = [part.sku for part in parts]
    faults.extend(
        Fault(where, f"{name!r} is there twice; add the two up")
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    return faults
