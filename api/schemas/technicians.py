"""Bodies of technicians."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal, cast

from pydantic import Field

from api.schemas.common import (
    MAX_ITEMS,
    Change,
    Day,
    ExternalId,
    Flag,
    HoursIn,
    HoursOut,
    LocalTime,
    Location,
    LocationOut,
    Name,
    Number,
    Output,
    Phone,
    Piece,
    Text,
    Whole,
    WindowIn,
    WindowOut,
)
from geo_dispatch.dispatch.records.technicians import (
    Break,
    Certificate,
    Leave,
    Part,
    Shift,
    Skill,
    TechnicianFields,
    Vehicle,
)


class SkillIn(Piece):
    """What a technician can do, how well, and until when it is certified."""

    name: Name = Field(examples=["hvac"])
    level: Whole = Field(1, ge=1, le=5, description="1 (learning) to 5 (teaches others).")
    expires_on: Day | None = Field(None, description="Last day on which it counts, local.")

    def to_core(self) -> Skill:
        """The skill."""
        return Skill(self.name, self.level, self.expires_on)


class CertificateIn(Piece):
    """A certification or licence, and until when it holds."""

    name: Name = Field(examples=["gas licence"])
    kind: Literal["certification", "licence"] = "certification"
    expires_on: Day | None = Field(None, description="Last day on which it counts, local.")
    number: Text = ""

    def to_core(self) -> Certificate:
        """The certificate."""
        return Certificate(self.name, self.kind, self.expires_on, self.number)


class BreakIn(Piece):
    """A pause within a shift, begun between two local times."""

    earliest: LocalTime = Field(examples=["11:30"])
    latest: LocalTime = Field(examples=["13:00"])
    duration_s: Number = Field(gt=0, le=86400)

    def to_core(self) -> Break:
        """The break."""
        return Break(self.earliest, self.latest, self.duration_s)


class ShiftIn(HoursIn):
    """Working hours on one weekday; an end at or before the start is on the next day."""

    breaks: list[BreakIn] = Field([], max_length=MAX_ITEMS)

    def to_core(self) -> Shift:
        """The shift."""
        breaks = tuple(pause.to_core() for pause in self.breaks)
        return Shift(self.weekday, self.start, self.end, breaks)


class LeaveIn(Piece):
    """Time away."""

    window: WindowIn
    reason: Text = ""

    def to_core(self) -> Leave:
        """The leave."""
        return Leave(self.window.to_core(), self.reason)


class VehicleIn(Piece):
    """What the technician drives."""

    name: Name = Field(examples=["VW Caddy"])
    registration: Text = ""
    equipment: list[Name] = Field([], max_length=MAX_ITEMS)

    def to_core(self) -> Vehicle:
        """The vehicle."""
        return Vehicle(self.name, self.registration, tuple(self.equipment))


class PartIn(Piece):
    """Pieces of one part."""

    sku: Name = Field(examples=["VALVE-15"])
    quantity: Whole = Field(1, ge=1, le=10**6)

    def to_core(self) -> Part:
        """The part."""
        return Part(self.sku, self.quantity)


class TechnicianChange(Change):
    """What to change of a technician."""

    call_sign: Name = Field("", description="How the office calls them.", examples=["Van 07"])
    skills: list[SkillIn] = Field([], max_length=MAX_ITEMS)
    certificates: list[CertificateIn] = Field([], max_length=MAX_ITEMS)
    equipment_types: list[Name] = Field(
        [], max_length=MAX_ITEMS, description="Types of equipment that they know."
    )
    shifts: list[ShiftIn] = Field([], max_length=MAX_ITEMS)
    leave: list[LeaveIn] = Field([], max_length=MAX_ITEMS)
    on_call: list[WindowIn] = Field(
        [], max_length=MAX_ITEMS, description="Times off shift in which emergencies may call."
    )
    home: Location | None = Field(None, description="Where the day begins and ends.")
    vehicle: VehicleIn | None = None
    parts: list[PartIn] = Field([], max_length=MAX_ITEMS, description="What is in the van.")
    territory_id: Name | None = None
    phone: Phone = ""
    external_id: ExternalId | None = None

    def fields(self) -> TechnicianFields:
        """As the records take them."""
        return cast("TechnicianFields", self.given())


class TechnicianIn(TechnicianChange):
    """A new technician."""

    call_sign: Name = Field(description="How the office calls them.", examples=["Van 07"])


class SkillOut(Output):
    """What a technician can do."""

    name: str
    level: int
    expires_on: date | None


class CertificateOut(Output):
    """A certification or licence, and until when it holds."""

    name: str
    kind: Literal["certification", "licence"]
    expires_on: date | None
    number: str


class BreakOut(Output):
    """A pause within a shift, begun between two local times."""

    earliest: time
    latest: time
    duration_s: float


class BreakTold(Piece):
    """Whether the technician takes a break now."""

    on_break: Flag


class BreakTakenOut(Output):
    """The last break that was taken; null where there was none in the last days."""

    technician_id: str
    on_break: bool
    begin_at: datetime | None
    end_at: datetime | None


class ShiftOut(HoursOut):
    """Working hours on one weekday, local time; 0 is Monday."""

    breaks: list[BreakOut]


class PartOut(Output):
    """Pieces of one part."""

    sku: str
    quantity: int


class LeaveOut(Output):
    """Time away."""

    window: WindowOut
    reason: str


class VehicleOut(Output):
    """What the technician drives."""

    name: str
    registration: str
    equipment: list[str]


class TechnicianOut(Output):
    """Someone who can be sent to a site."""

    id: str = Field(examples=["tc_5q2k7m9x"])
    call_sign: str
    skills: list[SkillOut]
    certificates: list[CertificateOut]
    equipment_types: list[str]
    shifts: list[ShiftOut]
    leave: list[LeaveOut]
    on_call: list[WindowOut]
    home: LocationOut | None
    vehicle: VehicleOut | None
    parts: list[PartOut]
    territory_id: str | None
    phone: str
    external_id: str | None
    shard: int = Field(description="Home shard in Redis.")
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")
