"""Bodies of rankings, ETAs, timelines and days."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.common import Output, WindowOut
from api.schemas.orders import SuggestionOut, VisitOut, WorkOrderOut
from api.schemas.sites import CustomerOut, SiteOut
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.ranking.exclusions import Code
from geo_dispatch.dispatch.ranking.relaxation import Gives


class TermOut(Output):
    """One part of a score, in minutes."""

    name: str = Field(examples=["drive"])
    minutes: float
    text: str = Field(examples=["12 min drive from the live position"])


class LeadOut(Output):
    """By how much a candidate is better than the next, in one term; negative is worse."""

    name: str = Field(examples=["drive"])
    minutes: float


class MovedOut(Output):
    """A visit that would begin at another time."""

    order_id: str
    begin_before: datetime | None
    begin_after: datetime | None


class CandidateOut(Output):
    """Someone who can be sent."""

    technician_id: str
    call_sign: str
    rank: int | None = Field(description="Null of somebody chosen who isn't among the best kept.")
    score_min: float = Field(description="The sum of the terms; less is better.")
    position: int = Field(description="Place of the visit among their open orders, from 0.")
    drive_s: float = Field(description="To the site, from where they are or will be before it.")
    added_drive_s: float = Field(description="Driving of their whole day more than without it.")
    onward_s: float | None = Field(description="From the site to the next visit.")
    crow_m: float = Field(description="The drive to the site by crow's flight.")
    start: Basis = Field(description="What the drive to the site starts from.")
    free_at: datetime = Field(description="When the drive to the site begins.")
    arrive_at: datetime
    begin_at: datetime
    finish_at: datetime
    late_by_s: float | None
    late_risk: float = Field(description="How likely a time limit is missed, 0 to 1.")
    breaches_sla: bool = Field(
        description="Breaks a promise of a contract; ranked behind all who don't."
    )
    position_at: datetime | None
    moved: list[MovedOut]
    met: list[str] = Field(
        description="What the work asks for and they bring.",
        examples=[["licence gas licence, until 2027-03-31", "pump: 2 in the van, 1 needed"]],
    )
    terms: list[TermOut]
    crew: list[str] = Field([], description="Who would go along, where the work takes several.")
    behind_min: float = Field(description="Score behind the first.")
    leads: list[LeadOut] = Field(
        description="What sets them apart from the next, term by term; empty for the last."
    )


class RelaxationOut(Output):
    """What would have to give way, and by how much."""

    gives: Gives
    target: str = Field(description="A skill, a part, an order's id, the technician's.")
    amount: int | float | None = Field(
        description="Seconds for times; whole levels of skills, and pieces."
    )
    at: datetime | None


class ExclusionOut(Output):
    """One reason why a technician can't be sent."""

    code: Code
    fact: str = Field(examples=["skill hvac ended 2026-10-31"])
    lifts: str = Field(description="What would change it; empty when nothing would.")
    measured: dict[str, str | float | None]
    relax: RelaxationOut | None = Field(
        description="The same as `lifts`, for a program; null when nothing is known that would."
    )


class ExcludedOut(Output):
    """Someone who can't be sent, with every reason found."""

    technician_id: str
    call_sign: str
    exclusions: list[ExclusionOut]


class NotRankedOut(Output):
    """Someone who is not among the `top` asked for."""

    technician_id: str
    call_sign: str
    at_least_s: float


class PassingOut(Output):
    """How many technicians pass one filter by itself."""

    filter: str = Field(examples=["cert"])
    value: str
    technicians: int


class RankingOut(Output):
    """Every technician who passes the filters, in exactly one of three lists."""

    order_id: str
    at: datetime
    positions_as_of: datetime
    candidates: list[CandidateOut]
    excluded: list[ExcludedOut]
    not_ranked: list[NotRankedOut]
    filters: list[PassingOut] = Field(description="How many pass each filter by itself.")


_BETWEEN = (
    "Between when and when they will be there: the older the position, the wider. Null where the "
    "ETA rests on no position."
)


class EtaOut(Output):
    """When the technician is expected."""

    order_id: str
    technician_id: str | None
    eta: datetime | None = Field(description="Null when it can't be told; `basis` says why.")
    between: WindowOut | None = Field(description=_BETWEEN)
    drive_s: float | None
    computed_at: datetime | None
    position_at: datetime | None
    basis: str
    late_by_s: float | None = Field(description="Negative is slack.")
    window: WindowOut | None
    due_at: datetime | None
    reason: str = Field("", description="The closures that leave no way there, if there are any.")


class EntryOut(Output):
    """One thing that happened to an order."""

    seq: int
    type: str = Field(examples=["order.assigned"])
    at: datetime = Field(description="When it was written down; never goes back in the list.")
    occurred_at: datetime | None = Field(description="When it happened, if at another moment.")
    actor: str
    text: str = Field(examples=["Assigned to Van 07 by hand"])
    data: dict[str, Any]


class TimelineOut(Output):
    """The whole story of an order."""

    items: list[EntryOut]


class VisitsOut(Output):
    """All attendances for an order, oldest first."""

    items: list[VisitOut]
    suggested: SuggestionOut | None = Field(
        description="An arrival that fixes make likely, but not sure; null when there is none."
    )


class PublishedEtaOut(Output):
    """An ETA as last told."""

    order_id: str
    technician_id: str
    eta: datetime | None
    drive_s: float | None
    position_at: datetime | None
    basis: str
    computed_at: datetime
    late_by_s: float | None
    between: WindowOut | None = Field(description=_BETWEEN)
    finish_at: datetime | None = Field(description="When the work is expected to be done.")


class MyOrderOut(WorkOrderOut):
    """An order with all that its technician needs."""

    site: SiteOut
    customer: CustomerOut | None
    eta: PublishedEtaOut | None
    visit: VisitOut | None = Field(description="The latest attendance that was not taken back.")
    suggested_arrival_at: datetime | None = Field(
        description="Since when fixes make it likely, but not sure, that the technician is there: "
        "ask, and tell the status `on_site` if so."
    )


class BreakDueOut(Output):
    """A break whose time has come."""

    latest: datetime = Field(description="When it should have begun.")
    duration_s: float


class DayOut(Output):
    """A technician's day."""

    technician_id: str
    call_sign: str
    now: datetime
    resting_since: datetime | None = Field(
        description="When the break began that goes on; null: none does."
    )
    break_due: BreakDueOut | None = Field(
        description="The break of the shift whose time has come, while none goes on."
    )
    alarm_since: datetime | None = Field(
        description="When they called for help; null: they didn't, or it was answered."
    )
    items: list[MyOrderOut] = Field(
        description="What is still to be done, in sequence, then what ended today."
    )
