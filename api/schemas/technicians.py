"""Bodies of technicians."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, cast

from pydantic import AfterValidator, Field

from api.schemas.common import (
    MAX_ITEMS,
    Change,
    ExternalId,
    Location,
    LocationOut,
    Name,
    Output,
    Piece,
    Text,
    Whole,
    WindowIn,
    WindowOut,
)
from geo_dispatch.dispatch.technicians import Leave, Shift, Skill, TechnicianFields, Vehicle


def _local(given: time) -> time:
    if given.tzinfo is not None:
        raise ValueError("a shift is in local time; leave the zone out, as in 08:00")
    return given


LocalTime = Annotated[time, AfterValidator(_local)]


class SkillIn(Piece):
    """What a technician can do, how well, and until when it is certified."""

    name: Name = Field(examples=["hvac"])
    level: Whole = Field(1, ge=1, le=5, description="1 (learning) to 5 (teaches others).")
    expires_on: date | None = Field(None, description="Last day on which it counts, local.")

    def to_core(self) -> Skill:
        """The skill."""
        return Skill(self.name, self.level, self.expires_on)


class ShiftIn(Piece):
    """Working hours on one weekday; an end at or before the start is on the next day."""

    weekday: Whole = Field(ge=0, le=6, description="0 is Monday.")
    start: LocalTime = Field(description="Local time.", examples=["08:00"])
    end: LocalTime = Field(description="Local time.", examples=["17:00"])

    def to_core(self) -> Shift:
        """The shift."""
        return Shift(self.weekday, self.start, self.end)


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


class TechnicianChange(Change):
    """What to change of a technician."""

    call_sign: Name = Field("", description="How the office calls them.", examples=["Van 07"])
    skills: list[SkillIn] = Field([], max_length=MAX_ITEMS)
    shifts: list[ShiftIn] = Field([], max_length=MAX_ITEMS)
    leave: list[LeaveIn] = Field([], max_length=MAX_ITEMS)
    home: Location | None = Field(None, description="Where the day begins and ends.")
    vehicle: VehicleIn | None = None
    territory_id: Name | None = None
    phone: Text = ""
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


class ShiftOut(Output):
    """Working hours on one weekday, local time; 0 is Monday."""

    weekday: int
    start: time
    end: time


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
    shifts: list[ShiftOut]
    leave: list[LeaveOut]
    home: LocationOut | None
    vehicle: VehicleOut | None
    territory_id: str | None
    phone: str
    external_id: str | None
    shard: int = Field(description="Home shard in Redis.")
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")
