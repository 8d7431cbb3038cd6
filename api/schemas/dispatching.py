"""Bodies of rankings, ETAs, timelines and days."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.common import Output, WindowOut
from api.schemas.orders import VisitOut, WorkOrderOut
from api.schemas.sites import CustomerOut, SiteOut
from geo_dispatch.dispatch.plan import Basis
from geo_dispatch.dispatch.qualification import Code


class TermOut(Output):
    """One part of a score, in minutes."""

    name: str = Field(examples=["drive"])
    minutes: float
    text: str = Field(examples=["12 min drive from the live position"])


class CandidateOut(Output):
    """Someone who can be sent."""

    technician_id: str
    call_sign: str
    rank: int
    score_min: float = Field(description="The sum of the terms; less is better.")
    drive_s: float
    crow_m: float = Field(description="The same way by crow's flight.")
    start: Basis = Field(description="What the drive starts from.")
    free_at: datetime
    arrive_at: datetime
    finish_at: datetime
    late_by_s: float | None
    position_at: datetime | None
    terms: list[TermOut]


class ExclusionOut(Output):
    """One reason why a technician can't be sent."""

    code: Code
    fact: str = Field(examples=["skill hvac ended 2026-10-31"])
    lifts: str = Field(description="What would change it; empty when nothing would.")
    measured: dict[str, str | float | None]


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


class RankingOut(Output):
    """Every technician, in exactly one of three lists."""

    order_id: str
    at: datetime
    positions_as_of: datetime
    candidates: list[CandidateOut]
    excluded: list[ExcludedOut]
    not_ranked: list[NotRankedOut]


class EtaOut(Output):
    """When the technician is expected."""

    order_id: str
    technician_id: str | None
    eta: datetime | None = Field(description="Null when it can't be told; `basis` says why.")
    drive_s: float | None
    computed_at: datetime | None
    position_at: datetime | None
    basis: str
    late_by_s: float | None = Field(description="Negative is slack.")
    window: WindowOut | None
    due_at: datetime | None


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


class BriefingOut(WorkOrderOut):
    """An order with all that its technician needs."""

    site: SiteOut
    customer: CustomerOut | None
    eta: PublishedEtaOut | None
    visit: VisitOut | None = Field(description="The latest attendance that was not taken back.")
    suggested_arrival_at: datetime | None = Field(
        description="Since when fixes make it likely, but not sure, that the technician is there: "
        "ask, and tell the status `on_site` if so."
    )


class DayOut(Output):
    """A technician's day."""

    technician_id: str
    call_sign: str
    now: datetime
    items: list[BriefingOut] = Field(
        description="What is still to be done, in sequence, then what ended today."
    )
