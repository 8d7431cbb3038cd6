"""What the office does with a work order, by hand or by rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geo_dispatch.dispatch.work.events.base import Event
from geo_dispatch.kernel.ids import AssignmentId, MessageId, OrderId, SiteId, TechnicianId


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
        As `WorkOrder.assignment_source`.
    conflicts
        What a person overrode, and ``reason`` why.
    ranking
        The candidates as they stood, best first, as the API shows them.
    decision_id
        What was known then is kept under it, to be decided again.
    """

    type = "order.assigned"
    order_id: OrderId
    assignment_id: AssignmentId
    technician_id: TechnicianId
    sequence: int
    source: str
    occurred_at: datetime
    crew: tuple[TechnicianId, ...] = ()
    start_at: datetime | None = None
    pinned: bool = False
    decision_id: str | None = None
    reason: str = ""
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    ranking: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBriefed(Event):
    """What the technician was told with the assignment, as it was sent."""

    type = "order.briefed"
    order_id: OrderId
    technician_id: TechnicianId
    assignment_id: AssignmentId
    briefing: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnassigned(Event):
    """It was taken from its technician and waits again."""

    type = "order.unassigned"
    order_id: OrderId
    technician_id: TechnicianId
    occurred_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewChanged(Event):
    """Others go with its technician than before.

    Attributes
    ----------
    crew
        All who go besides the technician who has it.
    assignment_id
        Assignments of those who are new carry it with a number behind.
    """

    type = "order.crew_changed"
    order_id: OrderId
    technician_id: TechnicianId
    crew: tuple[TechnicianId, ...]
    assignment_id: AssignmentId
    occurred_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewSequenced(Event):
    """It has another place in the day of one of its crew."""

    type = "order.crew_sequenced"
    order_id: OrderId
    technician_id: TechnicianId
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPinned(Event):
    """A person wants it as it is, or lets go of that."""

    type = "order.pinned"
    order_id: OrderId
    pinned: bool
    technician_id: TechnicianId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld(Event):
    """It waits for something that no technician can bring."""

    type = "order.held"
    order_id: OrderId
    reason: str
    occurred_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReleased(Event):
    """What it waited for has come."""

    type = "order.released"
    order_id: OrderId
    occurred_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFlagged(Event):
    """It needs a dispatcher's judgment; ``code`` and ``fact`` say why.

    What was known then, if rules judged it, is kept under ``decision_id``.
    """

    type = "order.flagged"
    order_id: OrderId
    code: str
    fact: str
    occurred_at: datetime
    decision_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCleared(Event):
    """A dispatcher has judged, or the order was given to somebody."""

    type = "order.flag_cleared"
    order_id: OrderId
    occurred_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAtRisk(Event):
    """It is expected to miss a limit, told before it does."""

    type = "order.at_risk"
    order_id: OrderId
    limit: str
    late_by_s: float
    occurred_at: datetime
    technician_id: TechnicianId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCleared(Event):
    """It is expected in time again."""

    type = "order.risk_cleared"
    order_id: OrderId
    occurred_at: datetime
    technician_id: TechnicianId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClocksMoved(Event):
    """The clocks of its SLA started, paused, went on or stopped; ``sla`` is how they stand."""

    type = "order.sla"
    order_id: OrderId
    sla: dict[str, Any] | None
    why: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(Event):
    """It will not be done."""

    type = "order.cancelled"
    order_id: OrderId
    occurred_at: datetime
    technician_id: TechnicianId | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBumped(Event):
    """Another order pushed it aside, to a later place, to another technician or to the backlog.

    Attributes
    ----------
    technician_before, technician_after
        Who had it and who has it now; the same for a later place of one day.
    by_order_id
        What it makes room for.
    begin_before, begin_after
        When work was planned to begin, and is now; None: not planned any more.
    """

    type = "order.bumped"
    order_id: OrderId
    technician_before: TechnicianId
    technician_after: TechnicianId | None
    by_order_id: OrderId | None
    begin_before: datetime | None
    begin_after: datetime | None
    occurred_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued(Event):
    """Somebody is told; ``message_type`` and ``to`` as `dispatch.messages` has them.

    Attributes
    ----------
    message_type
        What it says of this order.
    text
        All that it says, of other orders too.
    repeated
        The message is on the story of another order before this one.
    """

    type = "message.queued"
    message_id: MessageId
    message_type: str
    to: str
    recipient_id: str
    order_id: OrderId
    text: str
    repeated: bool = False
