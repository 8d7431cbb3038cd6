"""Pieces of several bodies, and how they become values of the core."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.text import checked_text
from geo_dispatch.kernel.time import Window, checked_moment

T = TypeVar("T")

Text = Annotated[str, Field(max_length=4000), AfterValidator(checked_text)]
"""What people type; shown as text, never as markup."""

Line = Annotated[str, Field(max_length=200), AfterValidator(checked_text)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(checked_text)]
Phone = Annotated[str, Field(max_length=64), AfterValidator(checked_text)]
Tier = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(checked_text)]

ExternalId = Annotated[
    str,
    Field(min_length=1, max_length=200, description="The id that your own system uses."),
    AfterValidator(checked_text),
]

MAX_ITEMS: Final = 100
"""Longest list inside a record: skills, shifts, equipment."""


_NUMBER: Final = re.compile(r"\s*[+-]?[\d.]+\s*")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _not_a_number(given: object) -> object:
    if isinstance(given, int | float) or (isinstance(given, str) and _NUMBER.fullmatch(given)):
        raise ValueError("a time must be text with its zone, such as 2026-03-02T09:00:00Z")
    return given


Moment = Annotated[AwareDatetime, BeforeValidator(_not_a_number), AfterValidator(checked_moment)]
"""An instant with its zone, of a time that work is done in."""


def _as_people_write_it(given: object) -> object:
    if not (isinstance(given, str) and _DAY.fullmatch(given)):
        raise ValueError("a day must be text such as 2026-03-02")
    return given


Day = Annotated[date, BeforeValidator(_as_people_write_it)]
"""A day of the calendar; no instant, and no number of seconds or days since some other."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]


class Input(BaseModel):
    """Base of what callers send: a field that is not known is a fault, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Piece(Input):
    """A part of a body that is one value of the core."""

    def to_core(self) -> object:
        """The value."""
        raise NotImplementedError


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


class Change(Input):
    """What to change: fields that are left out stay as they are."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    def given(self) -> dict[str, Any]:
        """The fields that the caller gave, as values of the core."""
        return {name: _to_core(getattr(self, name)) for name in sorted(self.model_fields_set)}


def _to_core(value: object) -> object:
    if isinstance(value, Piece):
        return value.to_core()
    if isinstance(value, list):
        return tuple(map(_to_core, value))
    return value


class Output(BaseModel):
    """Base of what we answer."""

    model_config = ConfigDict(frozen=True)


class Location(Piece):
    """A place, WGS84 degrees."""

    lon: Number = Field(ge=-180, le=180, examples=[9.5209])
    lat: Number = Field(ge=-90, le=90, examples=[47.141])

    def to_core(self) -> LonLat:
        """Longitude and latitude."""
        return LonLat(self.lon, self.lat)


class WindowIn(Piece):
    """From ``start`` until ``end``."""

    start: Moment
    end: Moment

    @model_validator(mode="after")
    def _ends_after_start(self) -> WindowIn:
        if self.end <= self.start:
            raise ValueError("a window must end after it starts")
        return self

    def to_core(self) -> Window:
        """In UTC."""
        return Window(self.start, self.end)


class WindowOut(Output):
    """From ``start`` until ``end``."""

    start: datetime
    end: datetime


class LocationOut(Output):
    """A place, WGS84 degrees."""

    lon: float = Field(examples=[9.5209])
    lat: float = Field(examples=[47.141])


class Page(Output, Generic[T]):
    """Some items, and where the next ones begin."""

    items: list[T]
    next: str | None = Field(description="`cursor` of the next page; null on the last.")


class FaultOut(Output):
    """One thing wrong, or one rule broken."""

    where: str = Field(examples=["location.lat"])
    message: str = Field(examples=["91.0: input should be less than or equal to 90"])


class Problem(Output):
    """An error, by RFC 9457."""

    type: str = Field(examples=["urn:geo-dispatch:error:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable name of the error.", examples=["not-found"])
    detail: str = Field(examples=["no work order 'wo_123'"])
    faults: list[FaultOut] | None = None
    conflicts: list[FaultOut] | None = None


def _local(given: time) -> time:
    if given.tzinfo is not None:
        raise ValueError("hours are in local time; leave the zone out, as in 08:00")
    return given


LocalTime = Annotated[time, AfterValidator(_local)]


class HoursIn(Piece):
    """Hours on one weekday; an end at or before the start is on the next day."""

    weekday: Whole = Field(ge=0, le=6, description="0 is Monday.")
    start: LocalTime = Field(description="Local time.", examples=["08:00"])
    end: LocalTime = Field(description="Local time.", examples=["17:00"])

    def to_core(self) -> Hours:
        """The hours."""
        return Hours(self.weekday, self.start, self.end)


class HoursOut(Output):
    """Hours on one weekday, local time; 0 is Monday."""

    weekday: int
    start: time
    end: time
