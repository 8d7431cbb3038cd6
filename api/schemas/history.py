"""Bodies of what was done before, and of briefings."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from api.schemas.orders import WorkOrderOut
from api.schemas.registers import EquipmentOut
from api.schemas.sites import CustomerOut, SiteOut
from geo_dispatch.dispatch.work.orders import Outcome, Source, Status
from geo_dispatch.dispatch.work.visits import Review


class PastVisitOut(Output):
    """One attendance."""

    id: str
    technician_id: str
    call_sign: str
    arrived_at: datetime
    departed_at: datetime | None
    source: Source
    review: Review


class PastOut(Output):
    """An order that ended, and what came of it."""

    order_id: str
    number: str = Field(examples=["WO-1042"])
    type: str
    status: Status
    outcome: Outcome
    site_id: str
    customer_id: str | None
    equipment_id: str | None
    placed_at: datetime
    ended_at: datetime | None
    technician_id: str | None
    call_sign: str | None
    asked: str = Field(description="What had been asked for.")
    notes: str = Field(description="What was done, or why it was cancelled.")
    parent_id: str | None
    visits: list[PastVisitOut]


class ClockStateOut(Output):
    """How a clock of the SLA stands."""

    due_at: datetime
    remaining_s: float | None = Field(description="Negative behind it; null once stopped.")
    paused: bool
    breached: bool


class SlaStateOut(Output):
    """The promise that the order is under, and how it stands."""

    policy: str
    policy_version: int
    response: ClockStateOut | None
    completion: ClockStateOut | None


class FollowUpOut(Output):
    """An order that follows this one up."""

    order_id: str
    number: str
    type: str
    status: Status
    draft: bool = Field(description="Waits for the office to look at it and release it.")


class ContextOut(Output):
    """What one should know before anything is decided; clients read no history here."""

    site_history: list[PastOut] = Field(description="The last orders that ended there.")
    equipment_history: list[PastOut] = Field(description="The last ones at its equipment.")
    previous_visits: list[PastVisitOut] = Field(description="Those made for them, latest first.")
    sla: SlaStateOut | None
    follow_ups: list[FollowUpOut]


class WorkOrderDetailOut(WorkOrderOut):
    """A work order, with what is known around it when asked for."""

    context: ContextOut | None = Field(None, description="With `include=context`.")


class ReasonOut(Output):
    """One reason for the technician."""

    factor: str = Field(examples=["drive"])
    minutes: float = Field(description="What it adds to the score; less is better.")
    behind_next_min: float | None = Field(
        description="Against the next best: negative where this technician is better."
    )
    text: str = Field(examples=["12 min drive from the live position"])


class ExplanationOut(Output):
    """Why this technician."""

    source: str
    reason: str
    rank: int | None
    of: int
    score_min: float | None
    reasons: list[ReasonOut]
    overridden: list[str]


class BriefingOut(Output):
    """What whoever goes there should know."""

    order: WorkOrderOut
    site: SiteOut
    customer: CustomerOut | None
    equipment: EquipmentOut | None
    site_history: list[PastOut]
    equipment_history: list[PastOut]
    follows_up: PastOut | None = Field(description="The order that this one goes on with.")
    sla: SlaStateOut | None
    explanation: ExplanationOut | None = Field(description="Null while nobody has it.")


class SentOut(Output):
    """The briefing as it went out with the assignment."""

    at: datetime
    technician_id: str
    briefing: BriefingOut


class OrderBriefingOut(BriefingOut):
    """The briefing as of now, and as it was sent."""

    sent: SentOut | None
