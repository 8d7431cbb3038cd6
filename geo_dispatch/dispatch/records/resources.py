"""What technicians share: vehicles and tools that are booked, and crews that go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import BookingId, CrewId, OrderId, ResourceId, TechnicianId
from geo_dispatch.kernel.time import Window


@dataclass(frozen=True, slots=True)
class Resource:
    """A vehicle or tool that one order at a time can have.

    Attributes
    ----------
    provides
        What orders ask for: ``"hoist"``, ``"refrigerated"``.
    """

    id: ResourceId
    name: str
    kind: Literal["vehicle", "tool"] = "tool"
    provides: tuple[str, ...] = ()
    external_id: str | None = None
    retired: bool = False
    version: int = 1


class ResourceFields(TypedDict, total=False):
    """The fields of a resource that people set; on a change, those left out stay."""

    name: str
    kind: Literal["vehicle", "tool"]
    provides: tuple[str, ...]
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Booking:
    """A resource in use: for an order, or out of reach for another reason.

    Attributes
    ----------
    number
        The order's, as people call it.
    """

    id: BookingId
    resource_id: ResourceId
    window: Window
    order_id: OrderId | None = None
    reason: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Crew:
    """Technicians who are sent as one."""

    id: CrewId
    name: str
    lead_id: TechnicianId
    member_ids: tuple[TechnicianId, ...] = ()
    external_id: str | None = None
    retired: bool = False
    version: int = 1

    @property
    def technician_ids(self) -> tuple[TechnicianId, ...]:
        """The lead, then the members."""
        return (self.lead_id, *self.member_ids)


class CrewFields(TypedDict, total=False):
    """The fields of a crew that people set; on a change, those left out stay."""

    name: str
    lead_id: TechnicianId
    member_ids: tuple[TechnicianId, ...]
    external_id: str | None


def resource_faults(resource: Resource) -> list[Fault]:
    """Everything wrong with what is said of it."""
    faults = [] if resource.name.strip() else [Fault("name", "is empty; say what it is called")]
    if not any(name.strip() for name in resource.provides):
        faults.append(Fault("provides", "is empty; say what orders ask for, such as 'hoist'"))
    return faults


def crew_faults(crew: Crew) -> list[Fault]:
    """Everything wrong with what is said of the crew."""
    faults = [] if crew.name.strip() else [Fault("name", "is empty; say how the crew is called")]
    if not crew.member_ids:
        faults.append(Fault("member_ids", "is empty; a crew has a lead and at least one more"))
    if len(set(crew.technician_ids)) != len(crew.technician_ids):
        faults.append(Fault("member_ids", "names somebody twice; each goes once"))
    return faults
