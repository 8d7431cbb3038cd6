"""What happens to a work order in the field, and when it is expected to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work.events.base import Event
from geo_dispatch.kernel.ids import OrderId, TechnicianId, VisitId


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
    outcome: str = "fixed"
    parts_used: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFollowedUp(Event):
    """What is still to be done was noted as another order, a draft."""

    type = "order.followed_up"
    order_id: OrderId
    follow_up_id: OrderId
    number: str
    work: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFileAdded(Event):
    """A photo, a signature or a document came to its record.

    Attributes
    ----------
    technician_id
        Who sent it; None: the office.
    sha256
        Of the content, which is kept beside the log under it.
    taken_at
        When the picture was taken, or the paper signed, as whoever sent it says.
    signer
        Who signed; empty for anything but signatures.
    """

    type = "order.file_added"
    order_id: OrderId
    technician_id: TechnicianId | None
    kind: Literal["photo", "signature", "document"]
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    taken_at: datetime | None
    signer: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDeparted(Event):
    """The technician left the site; back-dated to the first fix outside."""

    type = "order.departed"
    order_id: OrderId
    technician_id: TechnicianId
    visit_id: VisitId
    occurred_at: datetime
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSuggested(Event):
    """Fixes make it likely, but not sure, that the technician arrived: somebody should ask."""

    type = "visit.suggested"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRevised(Event):
    """A late fix changed what is known of a visit; None for both times takes it back.

    Attributes
    ----------
    arrived_before, departed_before
        As they were known until now; None for both: nobody knew of the visit.
    """

    type = "visit.revised"
    order_id: OrderId
    visit_id: VisitId
    technician_id: TechnicianId
    arrived_before: datetime | None = None
    departed_before: datetime | None = None
    arrived_at: datetime | None
    departed_at: datetime | None
    evidence: dict[str, Any] | None = None
    left_evidence: dict[str, Any] | None = None


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
class OrderDelayed(Event):
    """The expected arrival moved back so far that whoever waits should know.

    Attributes
    ----------
    eta_before
        What they were told last.
    """

    type = "order.delayed"
    order_id: OrderId
    technician_id: TechnicianId
    eta_before: datetime
    eta: datetime
    by_s: float
    occurred_at: datetime
