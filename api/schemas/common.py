"""Pieces of several bodies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from geo_dispatch.kernel.geo import LonLat

T = TypeVar("T")

Text = Annotated[str, Field(max_length=4000)]
"""What people type; shown as text, never as markup."""

Name = Annotated[str, Field(min_length=1, max_length=200)]

ExternalId = Annotated[
    str, Field(min_length=1, max_length=200, description="The id that your own system uses.")
]


class Input(BaseModel):
    """Base of what callers send: a field that is not known is a fault, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """Base of what we answer."""

    model_config = ConfigDict(frozen=True)


class Location(Input):
    """A place, WGS84 degrees."""

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, examples=[9.5209])
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, examples=[47.141])

    def lonlat(self) -> LonLat:
        """As the engine takes it."""
        return LonLat(self.lon, self.lat)


class WindowIn(Input):
    """From ``start`` until ``end``."""

    start: AwareDatetime
    end: AwareDatetime


class WindowOut(Output):
    """From ``start`` until ``end``."""

    start: datetime
    end: datetime


class Page(Output, Generic[T]):
    """Some items, and where the next ones begin."""

    items: list[T]
    next: str | None = Field(None, description="`cursor` of the next page; null on the last.")


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
