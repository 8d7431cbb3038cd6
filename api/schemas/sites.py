"""Bodies of customers and sites."""

from __future__ import annotations

from typing import Any, cast

import shapely
from pydantic import Field

from api.schemas.common import (
    MAX_ITEMS,
    Change,
    ExternalId,
    HoursIn,
    HoursOut,
    Line,
    Location,
    LocationOut,
    Name,
    Number,
    Output,
    Phone,
    Text,
    Tier,
)
from api.schemas.shapes import ShapeIn
from geo_dispatch.dispatch.records.sites import DEFAULT_FENCE_RADIUS_M, CustomerFields, SiteFields


class CustomerChange(Change):
    """What to change of a customer."""

    name: Name = Field("", examples=["Bakery Städtle 14"])
    tier: Tier = Field("standard", description="Service level agreed on.")
    phone: Phone = ""
    email: Line = ""
    notes: Text = ""
    preferred_technician_id: Name | None = Field(None, description="Whom they like to see.")
    external_id: ExternalId | None = None

    def fields(self) -> CustomerFields:
        """As the records take them."""
        return cast("CustomerFields", self.given())


class CustomerIn(CustomerChange):
    """A new customer."""

    name: Name = Field(examples=["Bakery Städtle 14"])


class CustomerOut(Output):
    """Whoever orders the work."""

    id: str = Field(examples=["cu_5q2k7m9x"])
    name: str
    tier: str
    phone: str
    email: str
    notes: str
    preferred_technician_id: str | None
    external_id: str | None
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")


class FenceIn(ShapeIn):
    """The outline of the parcel, as a GeoJSON geometry."""

    def to_core(self) -> shapely.Polygon | shapely.MultiPolygon:
        """The polygon."""
        return self.shape("fence")


class SiteChange(Change):
    """What to change of a site."""

    name: Name = Field("", examples=["Bakery, Städtle 14"])
    location: Location = Field(default=cast("Location", None), description="The entrance.")
    customer_id: Name | None = None
    address: Text = Field("", examples=["Städtle 14, Vaduz"])
    fence: FenceIn | None = Field(None, description="Null: the circle of `fence_radius_m`.")
    fence_radius_m: Number = Field(DEFAULT_FENCE_RADIUS_M, gt=0, le=5000)
    access_notes: Text = Field("", examples=["Ring at the back door"])
    access_windows: list[HoursIn] = Field(
        [], max_length=MAX_ITEMS, description="When anybody is let in; none means always."
    )
    safety_notes: Text = Field("", examples=["Dog in the yard"])
    external_id: ExternalId | None = None

    def fields(self) -> SiteFields:
        """As the records take them."""
        return cast("SiteFields", self.given())


class SiteIn(SiteChange):
    """A new site."""

    name: Name = Field(examples=["Bakery, Städtle 14"])
    location: Location = Field(description="The entrance, or the middle of the building.")


class FenceOut(Output):
    """A GeoJSON geometry."""

    type: str
    coordinates: list[Any]


class SiteOut(Output):
    """A place where work is done."""

    id: str = Field(examples=["st_5q2k7m9x"])
    name: str
    location: LocationOut
    cell: str = Field(description="H3 cell of the location.", examples=["891f8d7a493ffff"])
    customer_id: str | None
    address: str
    fence: FenceOut | None
    fence_radius_m: float
    access_notes: str
    access_windows: list[HoursOut]
    safety_notes: str
    territory_id: str | None = Field(description="The territory in force that it lies in.")
    external_id: str | None
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")
