"""What people entered, changed and retired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geo_dispatch.dispatch.work.events.base import Event
from geo_dispatch.kernel.ids import (
    BookingId,
    OrderId,
    ProposalId,
    ResourceId,
    RoadChangeId,
    TechnicianId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCreated(Event):
    """A technician, customer or site was entered; ``record`` is all of it, as the API shows it."""

    type = "record.created"
    kind: str
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged(Event):
    """Some of its fields changed; ``changes`` maps each to its new value."""

    type = "record.changed"
    kind: str
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRetired(Event):
    """It is no longer in use; its history stays."""

    type = "record.retired"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakStarted(Event):
    """The technician takes a break."""

    type = "technician.break_started"
    technician_id: TechnicianId
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEnded(Event):
    """It is over; ``begin_at`` is since when it lasted."""

    type = "technician.break_ended"
    technician_id: TechnicianId
    begin_at: datetime
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceBooked(Event):
    """A shared vehicle or tool is in use from ``start`` until ``end``; ``name`` is what it is."""

    type = "resource.booked"
    booking_id: BookingId
    resource_id: ResourceId
    name: str
    start: datetime
    end: datetime
    order_id: OrderId | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceReleased(Event):
    """It is no longer wanted for that booking; orders that end or change hands let go unsaid."""

    type = "resource.released"
    booking_id: BookingId
    resource_id: ResourceId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoriesPublished(Event):
    """Planners put a new set of territories in force."""

    type = "territories.published"
    area: str
    territories: list[str]
    sites_moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadsChanged(Event):
    """Something on the road holds from now on, or no longer: a closure, a factor, speeds.

    Attributes
    ----------
    in_force
        False too for one that is yet to begin.
    """

    type = "roads.changed"
    id: RoadChangeId
    kind: str
    name: str
    reason: str
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPublished(Event):
    """A new version of the policy is in force."""

    type = "policy.published"
    version: int
    digest: str
    author: str
    reviewed_by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceRefreshed(Event):
    """A new snapshot of what completed orders say is in force."""

    type = "performance.refreshed"
    version: int
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairProposed(Event):
    """Something upset the day; this could be done about it, or why nothing need be."""

    type = "repair.proposed"
    proposal_id: ProposalId
    cause: str
    subject: str
    fact: str
    changes: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairDecided(Event):
    """A proposal was accepted or rejected, ran out, or the world moved on."""

    type = "repair.decided"
    proposal_id: ProposalId
    state: str
    reason: str = ""
