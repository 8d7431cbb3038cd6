"""Work orders: what they ask for, and the steps they may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from geo_dispatch.kernel.ids import AssignmentId, CustomerId, OrderId, SiteId, TechnicianId
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
UNDER_WAY = frozenset({Status.EN_ROUTE, Status.ON_SITE, Status.ON_THE_TOOLS, Status.NEEDS_HELP})


@dataclass(frozen=True, slots=True)
class SkillRequirement:
    """A skill that the work needs, at least at this level."""

    name: str
    level: int = 1


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
        Place among the technician's open orders, from 1; 0 while unassigned.
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
    technician_id: TechnicianId | None = None
    assignment_id: AssignmentId | None = None
    assigned_at: datetime | None = None
    sequence: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    retired: bool = False
    version: int = 1


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
