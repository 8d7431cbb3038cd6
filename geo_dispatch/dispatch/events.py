"""What has happened: the bodies of the event log.

Each class is one type of event; `EVENT_TYPES` maps the stored name to the class. The log is the
audit trail, the source of live updates and the trigger of replanning; bodies only ever grow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

import msgspec

from geo_dispatch.kernel.ids import AssignmentId, OrderId, SiteId, TechnicianId, VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; ``type`` is the stored name."""

    type: ClassVar[str]


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
class OrderPlaced(Event):
    """A work order came in; ``order`` is all of it, as the API shows it."""

    type = "order.placed"
    order_id: OrderId
    site_id: SiteId
    order: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged(Event):
    """Some of its fields changed."""

    type = "order.changed"
    order_id: OrderId
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAssigned(Event):
    """A technician has it.

    Attributes
    ----------
    source
        ``"manual"`` by a person, ``"auto"`` the top of the ranking.
    conflicts
        What a person overrode, and ``reason`` why.
    ranking
        The candidates as they stood, best first, as the API shows them.
    """

    type = "order.assigned"
    order_id: OrderId
    assignment_id: AssignmentId
    technician_id: TechnicianId
    sequence: int
    source: Literal["manual", "auto"]
    occurred_at: datetime
    reason: str = ""
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    ranking: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnassigned(Event):
    """It was taken from its technician and waits again."""

    type = "order.unassigned"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnRoute(Event):
    """The technician is on the way; ``source`` says whether fixes or a person told."""

    type = "order.en_route"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime
    source: Literal["gps", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderArrived(Event):
    """The technician is on site; ``occurred_at`` is back-dated to the first fix inside."""

    type = "order.arrived"
    order_id: OrderId
    technician_id: TechnicianId
    visit_id: VisitId
    occurred_at: datetime
    source: Literal["gps", "person"]
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalReviewed(Event):
    """The technician confirmed or contested the arrival."""

    type = "order.arrival_reviewed"
    order_id: OrderId
    visit_id: VisitId
    verdict: Literal["confirmed", "contested"]
    occurred_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStarted(Event):
    """On the tools."""

    type = "order.started"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNeedsHelp(Event):
    """The technician is stuck."""

    type = "order.needs_help"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResumed(Event):
    """Help came; it goes on at ``status``, where it stood before."""

    type = "order.resumed"
    order_id: OrderId
    technician_id: TechnicianId
    status: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted(Event):
    """Done."""

    type = "order.completed"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(Event):
    """It will not be done."""

    type = "order.cancelled"
    order_id: OrderId
    occurred_at: datetime
    technician_id: TechnicianId | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDeparted(Event):
    """The technician left the site; back-dated to the first fix outside."""

    type = "order.departed"
    order_id: OrderId
    technician_id: TechnicianId
    visit_id: VisitId
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRevised(Event):
    """A late fix changed what is known of a visit; None for both times takes it back."""

    type = "visit.revised"
    order_id: OrderId
    visit_id: VisitId
    technician_id: TechnicianId
    arrived_at: datetime | None
    departed_at: datetime | None
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOutRevised(Event):
    """The technician is on the way since another time; None: not on the way, as it turned out."""

    type = "order.set_out_revised"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EtaPublished(Event):
    """A new expected arrival, different enough from the last one published.

    Attributes
    ----------
    eta
        None: no way there, or no position to start from; ``basis`` says which.
    drive_s
        Driving still ahead, seconds.
    position_at
        Time of the fix it starts from.
    """

    type = "order.eta"
    order_id: OrderId
    technician_id: TechnicianId
    eta: datetime | None
    drive_s: float | None
    position_at: datetime | None
    basis: str
    late_by_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoriesPublished(Event):
    """Planners put a new set of territories in force."""

    type = "territories.published"
    area: str
    territories: list[str]
    sites_moved: int


EVENT_TYPES: dict[str, type[Event]] = {
    cls.type: cls
    for cls in (
        RecordCreated, RecordChanged, RecordRetired, OrderPlaced, OrderChanged, OrderAssigned,
        OrderUnassigned, OrderEnRoute, OrderArrived, ArrivalReviewed, OrderStarted,
        OrderNeedsHelp, OrderResumed, OrderCompleted, OrderCancelled, OrderDeparted, VisitRevised,
        SetOutRevised, EtaPublished, TerritoriesPublished,
    )
}  # fmt: skip
"""Stored name to class."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as it stands in the log.

    Attributes
    ----------
    seq
        Place in the whole log; grows, with gaps.
    stream
        What it is about: ``"order:wo_4f…"``, ``"technician:tc_9a…"``.
    version
        Place in its stream, from 1, without gaps.
    actor
        Who did it: `Actor.label`.
    """

    seq: int
    stream: str
    version: int
    type: str
    body: dict[str, Any]
    at: datetime
    actor: str

    @property
    def event(self) -> Event:
        """The event itself, from its stored body."""
        return msgspec.convert(self.body, EVENT_TYPES[self.type])


def event_to_body(event: Event) -> dict[str, Any]:
    """The event as plain JSON, times as ISO-8601 in UTC."""
    body: dict[str, Any] = as_json(event)
    return body


def as_json(value: Any) -> Any:
    """The value as it comes out of JSON: dicts, lists, text, numbers."""
    return msgspec.json.decode(msgspec.json.encode(value))
