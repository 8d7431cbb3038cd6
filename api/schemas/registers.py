"""Bodies of equipment, shared vehicles and tools with their bookings, and crews."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast

from pydantic import Field

from api.schemas.common import (
    MAX_ITEMS,
    Change,
    ExternalId,
    Flag,
    Input,
    Line,
    Name,
    Output,
    Text,
    WindowIn,
    WindowOut,
)
from geo_dispatch.dispatch.records.equipment import EquipmentFields
from geo_dispatch.dispatch.records.resources import CrewFields, ResourceFields
from geo_dispatch.dispatch.work.orders import MAX_CREW


class EquipmentChange(Change):
    """What to change of a piece of equipment."""

    site_id: Name = Field("", description="Where it stands.")
    type: Name = Field("", description="What technicians know.", examples=["heat pump"])
    name: Name = Field("", description="How people on site call it.", examples=["Boiler 2, cellar"])
    serial: Line = ""
    notes: Text = ""
    external_id: ExternalId | None = None

    def fields(self) -> EquipmentFields:
        """As the records take them."""
        return cast("EquipmentFields", self.given())


class EquipmentIn(EquipmentChange):
    """A new piece of equipment."""

    site_id: Name = Field(description="Where it stands.")
    type: Name = Field(description="What technicians know.", examples=["heat pump"])
    name: Name = Field(description="How people on site call it.", examples=["Boiler 2, cellar"])


class EquipmentOut(Output):
    """What is worked on, at a site."""

    id: str = Field(examples=["eq_5q2k7m9x"])
    site_id: str
    type: str
    name: str
    serial: str
    notes: str
    external_id: str | None
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")


class EquipmentListOut(Output):
    """All equipment in use at a site, by name."""

    items: list[EquipmentOut]


class ResourceChange(Change):
    """What to change of a shared vehicle or tool."""

    name: Name = Field("", examples=["Hoist 2"])
    kind: Literal["vehicle", "tool"] = "tool"
    provides: list[Name] = Field(
        [],
        max_length=MAX_ITEMS,
        description="What orders ask for in `required_equipment`.",
        examples=[["hoist"]],
    )
    external_id: ExternalId | None = None

    def fields(self) -> ResourceFields:
        """As the records take them."""
        return cast("ResourceFields", self.given())


class ResourceIn(ResourceChange):
    """A new shared vehicle or tool."""

    name: Name = Field(examples=["Hoist 2"])
    provides: list[Name] = Field(
        min_length=1,
        max_length=MAX_ITEMS,
        description="What orders ask for in `required_equipment`.",
        examples=[["hoist"]],
    )


class ResourceOut(Output):
    """A vehicle or tool that one order at a time can have."""

    id: str = Field(examples=["rs_5q2k7m9x"])
    name: str
    kind: Literal["vehicle", "tool"]
    provides: list[str]
    external_id: str | None
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")


class BlockIn(Input):
    """For how long nobody can have it, and why."""

    window: WindowIn
    reason: Name = Field(examples=["service"])


class BookingOut(Output):
    """A resource in use: for an order, or out of reach for another reason."""

    id: str = Field(examples=["bk_5q2k7m9x"])
    resource_id: str
    window: WindowOut
    order_id: str | None = Field(description="Null: nobody can have it; `reason` says why.")
    reason: str
    number: str = Field(description="The order's number; empty without an order.")


class BookingsOut(Output):
    """Bookings in the order of their beginnings."""

    items: list[BookingOut]
    as_of: datetime


class CrewChange(Change):
    """What to change of a crew."""

    name: Name = Field("", examples=["Roof crew"])
    lead_id: Name = Field("", description="The technician who has the crew's orders.")
    member_ids: list[Name] = Field([], max_length=MAX_CREW, description="Who goes with the lead.")
    external_id: ExternalId | None = None

    def fields(self) -> CrewFields:
        """As the records take them."""
        return cast("CrewFields", self.given())


class CrewIn(CrewChange):
    """A new crew."""

    name: Name = Field(examples=["Roof crew"])
    lead_id: Name = Field(description="The technician who has the crew's orders.")
    member_ids: list[Name] = Field(
        min_length=1, max_length=MAX_CREW, description="Who goes with the lead."
    )


class OrderCrewIn(Input):
    """Who goes with the technician that has an order, and nobody else."""

    technician_ids: list[Name] = Field(max_length=MAX_CREW)
    force: Flag = Field(default=False, description="Override conflicts; needs a reason.")
    reason: Text = ""


class CrewOut(Output):
    """Technicians who are sent as one."""

    id: str = Field(examples=["cw_5q2k7m9x"])
    name: str
    lead_id: str
    member_ids: list[str]
    external_id: str | None
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")
