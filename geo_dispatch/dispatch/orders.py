"""Work orders: what they ask for, and where they stand. `lifecycle` says how they move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, TypedDict

from geo_dispatch.dispatch.technicians import MAX_SKILL_LEVEL
from geo_dispatch.dispatch.visits import Review
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import AssignmentId, CustomerId, OrderId, SiteId, TechnicianId, VisitId
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


@dataclass(frozen=True, slots=True)
class SkillRequirement:
    """A skill that the work needs, at least at this level."""

    name: str
    level: int = 1


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
        Deadline by contract (SLA).
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
    external_id: str | None = None
    status: Status = Status.NEW
    status_at: datetime | None = None
    status_source: Source = "person"
    helped_from: Status | None = None
    technician_id: TechnicianId | None = None
    assignment_id: AssignmentId | None = None
    assigned_at: datetime | None = None
    sequence: int = 0
    arrival: Arrival | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    retired: bool = False
    version: int = 1


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
    names = [skill.name for skill in order.required_skills]
    faults.extend(
        Fault("required_skills", f"{name!r} is asked for twice; keep the higher level")
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    return faults
