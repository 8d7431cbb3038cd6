"""Bodies of work orders, their steps, visits, ETAs and timelines."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast

from pydantic import Field, model_validator

from api.schemas.common import (
    MAX_ITEMS,
    Change,
    ExternalId,
    Flag,
    Input,
    Moment,
    Name,
    Number,
    Output,
    Piece,
    Text,
    Whole,
    WindowIn,
    WindowOut,
)
from geo_dispatch.dispatch.orders import (
    MAX_PRIORITY,
    OrderFields,
    SkillRequirement,
    Source,
    Status,
)
from geo_dispatch.dispatch.technicians import MAX_SKILL_LEVEL
from geo_dispatch.dispatch.visits import Review


class SkillRequirementIn(Piece):
    """A skill that the work needs, at least at this level."""

    name: Name = Field(examples=["hvac"])
    level: Whole = Field(1, ge=1, le=MAX_SKILL_LEVEL)

    def to_core(self) -> SkillRequirement:
        """The requirement."""
        return SkillRequirement(self.name, self.level)


class WorkOrderChange(Change):
    """What to change of a work order."""

    type: Name = Field("", examples=["boiler repair"])
    site_id: Name = ""
    customer_id: Name | None = Field(None, description="Left out: the site's.")
    required_skills: list[SkillRequirementIn] = Field([], max_length=MAX_ITEMS)
    priority: Whole = Field(3, ge=1, le=MAX_PRIORITY, description="1 (emergency) to 5 (whenever).")
    window: WindowIn | None = Field(
        None, description="When the customer expects us; null any time."
    )
    duration_s: Number = Field(3600.0, gt=0, le=30 * 86400, description="Work on site.")
    due_at: Moment | None = Field(None, description="Deadline by contract.")
    notes: Text = ""
    external_id: ExternalId | None = None

    def fields(self) -> OrderFields:
        """As the orders take them."""
        return cast("OrderFields", self.given())


class WorkOrderIn(WorkOrderChange):
    """A new work order."""

    type: Name = Field(examples=["boiler repair"])
    site_id: Name


class SkillRequirementOut(Output):
    """A skill that the work needs."""

    name: str
    level: int


class ArrivalOut(Output):
    """The latest arrival at the site: who says so, and what the technician says of it."""

    visit_id: str
    at: datetime
    source: Source = Field(description="`gps`: confirmed by fixes alone; `person`: set by hand.")
    review: Review


class WorkOrderOut(Output):
    """Work to be done at a site, and where it stands."""

    id: str = Field(examples=["wo_5q2k7m9x"])
    number: str = Field(examples=["WO-1042"])
    type: str
    site_id: str
    customer_id: str | None
    placed_at: datetime
    required_skills: list[SkillRequirementOut]
    priority: int
    window: WindowOut | None
    duration_s: float
    due_at: datetime | None
    notes: str
    external_id: str | None
    status: Status
    status_at: datetime | None
    status_source: Source
    helped_from: Status | None
    technician_id: str | None
    assignment_id: str | None
    assigned_at: datetime | None
    sequence: int = Field(description="Place among the technician's open orders, from 1.")
    arrival: ArrivalOut | None
    started_at: datetime | None
    ended_at: datetime | None
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")


class AssignIn(Input):
    """Whom to send: a technician, or ``auto`` for the best of the ranking."""

    technician_id: Name | None = None
    auto: Flag = False
    force: Flag = Field(default=False, description="Override conflicts; needs a reason.")
    reason: Text = ""

    @model_validator(mode="after")
    def _one_of_two(self) -> AssignIn:
        if self.auto == (self.technician_id is not None):
            raise ValueError('give either "technician_id" or "auto": true')
        return self


class ReasonIn(Input):
    """Why."""

    reason: Text = ""


class StatusIn(Input):
    """Where the order stands now, as a person says."""

    status: Literal["en_route", "on_site", "on_the_tools", "needs_help", "complete", "cancelled"]
    notes: Text = Field("", description="On completion: what was done.")
    reason: Text = Field("", description="Why help is needed, or why it is cancelled.")


class EvidenceFixOut(Output):
    """One fix of the proof."""

    at_ms: int
    lon: float
    lat: float
    accuracy_m: float
    distance_m: float
    probability: float = Field(description="That it lay inside the fence.")


class EvidenceOut(Output):
    """What proves an arrival."""

    rule: str = Field(examples=["dwell/1"])
    probability: float
    dwell_s: float
    fixes: list[EvidenceFixOut]


class VisitOut(Output):
    """A technician's attendance at a site."""

    id: str
    order_id: str
    technician_id: str
    site_id: str
    arrived_at: datetime
    departed_at: datetime | None
    source: Source
    evidence: EvidenceOut | None
    review: Review
    review_reason: str
    retracted: bool
