"""Work orders: what they ask for, and where they stand. `lifecycle` says how they move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, TypedDict

from geo_dispatch.dispatch.records.technicians import MAX_SKILL_LEVEL, Part, part_faults
from geo_dispatch.dispatch.work.clocks import Sla
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import (
    AssignmentId,
    CustomerId,
    EquipmentId,
    OrderId,
    SiteId,
    TechnicianId,
    VisitId,
)
from geo_dispatch.kernel.time import Window


class Status(StrEnum):
    """Where an order stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    ON_THE_TOOLS = "on_the_tools"
    COMPLETE = "complete"
    NEEDS_HELP = "needs_help"
    CANCELLED = "cancelled"


ENDED = frozenset({Status.COMPLETE, Status.CANCELLED})
OPEN = frozenset(Status) - ENDED
UNDER_WAY = frozenset({Status.EN_ROUTE, Status.ON_SITE, Status.ON_THE_TOOLS, Status.NEEDS_HELP})

Source = Literal["gps", "person"]
"""Who says that something happened. What a person said, no fix takes back."""

MAX_PRIORITY: Final = 5
MAX_CREW: Final = 20


@dataclass(frozen=True, slots=True)
class SkillRequirement:
    """A skill that the work needs, at least at this level."""

    name: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Permit:
    """Something that must be granted before work may begin; ``granted_on`` None: not yet."""

    name: str
    granted_on: date | None = None
    reference: str = ""


class HoldReason(StrEnum):
    """Why an order waits for something that no technician can bring."""

    DRAFT = "draft"
    MATERIAL = "material"
    NO_ACCESS = "no_access"
    CUSTOMER = "customer"
    PERMIT = "permit"
    WEATHER = "weather"
    OTHER = "other"

    @property
    def in_words(self) -> str:
        """For a person: ``"no access"``, ``"a draft, not yet released"``."""
        return _HOLDS.get(self, self.value.replace("_", " "))


_HOLDS: Final = {
    HoldReason.DRAFT: "a draft, not yet released",
    HoldReason.OTHER: "for another reason",
}


@dataclass(frozen=True, slots=True)
class Hold:
    """The order waits; nobody is sent until it is released."""

    reason: HoldReason
    since: datetime
    note: str = ""


class FlagCode(StrEnum):
    """Why an order needs a dispatcher's judgment. Stable: clients rely on them."""

    NO_RULE = "no_rule"
    TOO_CLOSE = "too_close"
    NOBODY = "nobody"
    RULES_DISAGREE = "rules_disagree"
    RULE_LIMIT = "rule_limit"
    BUMPED = "bumped"
    NO_REPAIR = "no_repair"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Flag:
    """An order that waits for a dispatcher's judgment."""

    code: FlagCode
    fact: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Risk:
    """A limit that the order is expected to miss.

    Attributes
    ----------
    limit
        Which: the promised window, the due time, a clock of the SLA.
    """

    limit: Literal["window", "due", "sla_response", "sla_completion"]
    late_by_s: float
    since: datetime


WorkClass = Literal["reactive", "maintenance", "inspection", "project"]

Outcome = Literal["", "fixed", "follow_up", "not_fixed"]
"""What a visit came to; empty until told."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The latest arrival at the site: who says so, and what the technician says of it."""

    visit_id: VisitId
    at: datetime
    source: Source
    review: Review = Review.OPEN


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Work to be done at a site.

    Attributes
    ----------
    number
        What people say: ``"WO-1042"``.
    priority
        1 (emergency) to 5 (whenever).
    window
        When the customer expects the technician; None any time.
    duration_s
        Expected work on site, seconds.
    due_at
        Until when the work must be done.
    work_class
        A project may go on over several shifts; maintenance is planned work with a deadline.
    contract_critical
        Pushing it aside needs force.
    equipment_id
        What is worked on, at the site.
    required_certificates
        Certifications and licences that must hold on the day.
    required_equipment
        What must be on the vehicle, or booked for the visit.
    required_parts
        What must be in the van.
    crew_size
        How many technicians it takes at once.
    after
        Orders that must be complete before.
    start_at
        Agreed beginning: not before it.
    parent_id
        The order that it follows up.
    checklist
        What has to be ticked off on site.
    crew
        Who goes besides ``technician_id``.
    assignment_source
        Who decided: ``"manual"``, ``"auto"``, ``"rule:<id>"``, ``"emergency"``, ``"repair"``.
    pinned
        A person wants it as it is: nothing automatic moves it.
    sequence
        Place among the technician's open orders, from 1; 0 while unassigned or ended.
    status_at, status_source
        Since when it stands there, and who says so.
    helped_from
        While it needs help: where it stood before, and resumes.
    version
        Grows by one with each change; the ETag of the API.
    """

    id: OrderId
    number: str
    type: str
    site_id: SiteId
    placed_at: datetime
    customer_id: CustomerId | None = None
    required_skills: tuple[SkillRequirement, ...] = ()
    priority: int = 3
    window: Window | None = None
    duration_s: float = 3600.0
    due_at: datetime | None = None
    notes: str = ""
    work_class: WorkClass = "reactive"
    contract_critical: bool = False
    equipment_id: EquipmentId | None = None
    required_certificates: tuple[str, ...] = ()
    required_equipment: tuple[str, ...] = ()
    required_parts: tuple[Part, ...] = ()
    crew_size: int = 1
    after: tuple[OrderId, ...] = ()
    permits: tuple[Permit, ...] = ()
    preferred_technician_id: TechnicianId | None = None
    start_at: datetime | None = None
    checklist: tuple[str, ...] = ()
    parent_id: OrderId | None = None
    external_id: str | None = None
    status: Status = Status.NEW
    status_at: datetime | None = None
    status_source: Source = "person"
    helped_from: Status | None = None
    technician_id: TechnicianId | None = None
    assignment_id: AssignmentId | None = None
    assigned_at: datetime | None = None
    assignment_source: str = ""
    crew: tuple[TechnicianId, ...] = ()
    sequence: int = 0
    pinned: bool = False
    hold: Hold | None = None
    flag: Flag | None = None
    risk: Risk | None = None
    sla: Sla | None = None
    arrival: Arrival | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome = ""
    retired: bool = False
    version: int = 1

    @property
    def emergency(self) -> bool:
        """Whether it goes before everything else."""
        return self.priority == 1

    @property
    def not_before(self) -> datetime | None:
        """When work may begin: the window's opening, or the agreed start if later."""
        opens = [moment for moment in (self.window and self.window.start, self.start_at) if moment]
        return max(opens, default=None)

    @property
    def technician_ids(self) -> tuple[TechnicianId, ...]:
        """Everybody who has it, the lead first."""
        return () if self.technician_id is None else (self.technician_id, *self.crew)


class OrderFields(TypedDict, total=False):
    """The fields of an order that people set; on a change, those left out stay."""

    type: str
    site_id: SiteId
    customer_id: CustomerId | None
    required_skills: tuple[SkillRequirement, ...]
    priority: int
    window: Window | None
    duration_s: float
    due_at: datetime | None
    notes: str
    work_class: WorkClass
    contract_critical: bool
    equipment_id: EquipmentId | None
    required_certificates: tuple[str, ...]
    required_equipment: tuple[str, ...]
    required_parts: tuple[Part, ...]
    crew_size: int
    after: tuple[OrderId, ...]
    permits: tuple[Permit, ...]
    preferred_technician_id: TechnicianId | None
    start_at: datetime | None
    checklist: tuple[str, ...]
    parent_id: OrderId | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An order in the hands of a technician, from ``assigned_at`` until ``released_at``."""

    id: AssignmentId
    order_id: OrderId
    technician_id: TechnicianId
    sequence: int
    source: str
    assigned_at: datetime
    assigned_by: str
    reason: str = ""
    released_at: datetime | None = None


def order_faults(order: WorkOrder) -> list[Fault]:
    """Everything wrong with what the order asks for."""
    faults = []
    if not order.type.strip():
        faults.append(Fault("type", "is empty; say what work it is, such as 'boiler repair'"))
    if not 1 <= order.priority <= MAX_PRIORITY:
        faults.append(
            Fault("priority", f"{order.priority} is not between 1 (emergency) and {MAX_PRIORITY}")
        )
    if not order.duration_s > 0:
        faults.append(Fault("duration_s", f"{order.duration_s:g} is not a time above 0 seconds"))
    for index, skill in enumerate(order.required_skills):
        where = f"required_skills[{index}]"
        if not skill.name.strip():
            faults.append(Fault(f"{where}.name", "is empty; name the skill"))
        if not 1 <= skill.level <= MAX_SKILL_LEVEL:
            faults.append(
                Fault(f"{where}.level", f"{skill.level} is not between 1 and {MAX_SKILL_LEVEL}")
            )
    if not 1 <= order.crew_size <= MAX_CREW:
        faults.append(Fault("crew_size", f"{order.crew_size} is not between 1 and {MAX_CREW}"))
    if (
        order.start_at is not None
        and order.window is not None
        and order.start_at > order.window.end
    ):
        faults.append(Fault("start_at", "lies after the window; move one of the two"))
    if order.id in order.after:
        faults.append(Fault("after", "names the order itself"))
    faults.extend(part_faults(order.required_parts, "required_parts"))
    names = [skill.name for skill in order.required_skills]
    faults.extend(
        Fault("required_skills", f"{name!r} is asked for twice; keep the higher level")
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    return faults
