"""Bodies of work orders, their steps, visits, ETAs and timelines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, cast

from pydantic import Field

from api.schemas.common import (
    MAX_ITEMS,
    Change,
    Day,
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
from api.schemas.technicians import PartIn, PartOut
from geo_dispatch.dispatch.records.technicians import MAX_SKILL_LEVEL
from geo_dispatch.dispatch.work.orders import (
    MAX_CREW,
    MAX_PRIORITY,
    FlagCode,
    HoldReason,
    OrderFields,
    Outcome,
    Permit,
    SkillRequirement,
    Source,
    Status,
    WorkClass,
)
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.tracking.evidence import Basis


class SkillRequirementIn(Piece):
    """A skill that the work needs, at least at this level."""

    name: Name = Field(examples=["hvac"])
    level: Whole = Field(1, ge=1, le=MAX_SKILL_LEVEL)

    def to_core(self) -> SkillRequirement:
        """The requirement."""
        return SkillRequirement(self.name, self.level)


class PermitIn(Piece):
    """Something that must be granted before work may begin."""

    name: Name = Field(examples=["building permit"])
    granted_on: Day | None = Field(None, description="Null: not yet.")
    reference: Text = ""

    def to_core(self) -> Permit:
        """The permit."""
        return Permit(self.name, self.granted_on, self.reference)


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
    work_class: WorkClass = Field(
        "reactive", description="A `project` may go on over several shifts."
    )
    contract_critical: Flag = Field(default=False, description="Pushing it aside needs `force`.")
    equipment_id: Name | None = Field(None, description="What is worked on, at the site.")
    required_certificates: list[Name] = Field([], max_length=MAX_ITEMS)
    required_equipment: list[Name] = Field(
        [], max_length=MAX_ITEMS, description="On the vehicle, or booked for the visit."
    )
    required_parts: list[PartIn] = Field([], max_length=MAX_ITEMS)
    crew_size: Whole = Field(1, ge=1, le=MAX_CREW, description="How many technicians at once.")
    after: list[Name] = Field(
        [], max_length=MAX_ITEMS, description="Orders that must be complete before."
    )
    permits: list[PermitIn] = Field([], max_length=MAX_ITEMS)
    preferred_technician_id: Name | None = None
    start_at: Moment | None = Field(None, description="Agreed beginning: not before it.")
    checklist: list[Name] = Field([], max_length=MAX_ITEMS)
    parent_id: Name | None = Field(None, description="The order that it follows up.")
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


class PermitOut(Output):
    """Something that must be granted before work may begin."""

    name: str
    granted_on: date | None
    reference: str


class HoldOut(Output):
    """The order waits for something that no technician can bring."""

    reason: HoldReason
    since: datetime
    note: str = Field(description="The office's own; empty for clients.")


class FlagOut(Output):
    """The order waits for a dispatcher's judgment."""

    code: FlagCode
    fact: str
    since: datetime


class RiskOut(Output):
    """A limit that the order is expected to miss."""

    limit: Literal["window", "due", "sla_response", "sla_completion"]
    late_by_s: float
    since: datetime


class SlaClockOut(Output):
    """A promise with a deadline, as pauses have moved it so far."""

    target_s: float = Field(description="Business time promised, seconds.")
    due_at: datetime
    paused_at: datetime | None
    stopped_at: datetime | None


class SlaOut(Output):
    """The clocks of the order's service level agreement."""

    policy: str
    policy_version: int
    response: SlaClockOut | None
    completion: SlaClockOut | None


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
    work_class: WorkClass
    contract_critical: bool
    equipment_id: str | None
    required_certificates: list[str]
    required_equipment: list[str]
    required_parts: list[PartOut]
    crew_size: int
    after: list[str]
    permits: list[PermitOut]
    preferred_technician_id: str | None
    start_at: datetime | None
    checklist: list[str]
    parent_id: str | None
    external_id: str | None
    status: Status
    status_at: datetime | None
    status_source: Source
    helped_from: Status | None
    technician_id: str | None
    assignment_id: str | None
    assigned_at: datetime | None
    assignment_source: str = Field(
        description="Who decided: `manual`, `auto`, `rule:<id>`, `emergency`, `repair`."
    )
    crew: list[str] = Field(description="Who goes besides `technician_id`.")
    sequence: int = Field(description="Place among the technician's open orders, from 1.")
    pinned: bool = Field(description="Nothing automatic moves it.")
    hold: HoldOut | None
    flag: FlagOut | None = Field(description="The office's own; null for clients.")
    risk: RiskOut | None
    sla: SlaOut | None
    arrival: ArrivalOut | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")


class ReasonIn(Input):
    """Why."""

    reason: Text = ""


class FollowUpIn(WorkOrderChange):
    """What is still to be done; left out, type, place and skills are those of the order."""

    type: Name = Field("", examples=["fit the new valve"])


class StatusIn(Input):
    """Where the order stands now, as a person says."""

    status: Literal["en_route", "on_site", "on_the_tools", "needs_help", "complete", "cancelled"]
    notes: Text = Field("", description="On completion, and needed there: what was done.")
    reason: Text = Field("", description="Why help is needed, or why it is cancelled.")
    outcome: Outcome = Field("", description="On completion: what it came to.")
    follow_ups: list[FollowUpIn] = Field(
        [],
        max_length=MAX_ITEMS,
        description="On completion: what is still to be done. Each becomes a draft: an order on "
        "hold with this one as `parent_id`.",
    )
    parts_used: list[PartIn] = Field(
        [], max_length=MAX_ITEMS, description="On completion: what came out of the van."
    )
    arrived_at: Moment | None = Field(
        None,
        description="On `on_site`: since when; left out, now. The time that fixes suggested keeps "
        "their proof.",
    )


class EvidenceFixOut(Output):
    """One fix of the proof."""

    at_ms: int
    lon: float
    lat: float
    accuracy_m: float
    distance_m: float
    probability: float = Field(description="That it lay inside the fence.")


class EvidenceOut(Output):
    """What proves an arrival, or makes one likely."""

    rule: str = Field(examples=["dwell/2"])
    probability: float = Field(description="That they stood inside, by all fixes together.")
    dwell_s: float
    fixes: list[EvidenceFixOut]
    basis: Basis = Field(
        description="Why this site and none beside it: nothing else is near (`place`), its "
        "`polygon`, the one `assignment` there today, or a person's `word`."
    )
    signs: list[str] = Field(
        description="What to look at, if anything: `mock`, `jump`, `frozen`. They decide nothing."
    )


class SuggestionOut(Output):
    """An arrival that fixes make likely, but not sure: ask whether it is so."""

    technician_id: str
    since: datetime
    evidence: EvidenceOut


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
