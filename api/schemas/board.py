"""Bodies of the board: lanes, backlog, conflicts, who is free."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.schemas.common import Output, WindowOut
from api.schemas.orders import FlagOut, HoldOut, RiskOut
from geo_dispatch.dispatch.boards.conflicts import ConflictKind
from geo_dispatch.dispatch.boards.status_flags import StatusFlag
from geo_dispatch.dispatch.days.feasibility import Limit
from geo_dispatch.dispatch.days.free import Doing
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.work.orders import Status, WorkClass


class BoardSiteOut(Output):
    """Where the work is."""

    id: str
    name: str
    territory_id: str | None
    lon: float
    lat: float


class BoardOrderOut(Output):
    """What every order on the board says of itself."""

    order_id: str
    number: str
    type: str
    status: Status
    work_class: WorkClass
    priority: int
    site: BoardSiteOut
    window: WindowOut | None
    due_at: datetime | None
    start_at: datetime | None
    duration_s: float
    risk: RiskOut | None
    flags: list[StatusFlag]
    slack_minutes: float | None
    version: int


class BrokenOut(Output):
    """A limit that the visit breaks as the day stands."""

    limit: Limit
    fact: str


class BoardVisitOut(BoardOrderOut):
    """A visit in a lane."""

    sequence: int
    pinned: bool
    contract_critical: bool
    crew: list[str]
    travel_s: float | None = Field(description="The drive there; null when it is over.")
    depart_at: datetime | None
    arrive_at: datetime | None
    begin_at: datetime | None
    finish_at: datetime | None
    wait_s: float
    slack_minutes: float | None = Field(
        description="How much later it could be before a limit that holds breaks, here or behind."
    )
    movable: bool
    why_not_movable: str
    basis: Basis | None
    broken: list[BrokenOut]


class AgeOut(Output):
    """Since when an order doesn't get on."""

    since: datetime
    age_s: float
    why: str


class BoardWaitingOut(BoardOrderOut):
    """An order of the backlog, the review queue or the stalled list."""

    placed_at: datetime
    technician_id: str | None
    slack_minutes: float | None = Field(
        description="Until its first limit, less the work that is due by then; negative: too late."
    )
    contract_risk: float = Field(description="Of planned work that is overdue; 0 until it is.")
    hold: HoldOut | None
    flag: FlagOut | None
    stalled: AgeOut | None


class LanePositionOut(Output):
    """Where a technician was last seen."""

    lon: float
    lat: float
    at: datetime


class LeaveSpanOut(Output):
    """Time away."""

    start: datetime
    end: datetime
    reason: str


class LaneOut(Output):
    """One technician's day."""

    technician_id: str
    call_sign: str
    version: int
    territory_id: str | None
    position: LanePositionOut | None
    shifts: list[WindowOut]
    breaks: list[WindowOut]
    leave: list[LeaveSpanOut]
    on_call: list[WindowOut]
    load_minutes: float = Field(description="Driving and work of the day.")
    free_at: datetime | None
    visits: list[BoardVisitOut]


class BoardBookingOut(Output):
    """A resource in use on the day."""

    start: datetime
    end: datetime
    order_id: str | None
    reason: str


class BoardResourceOut(Output):
    """A shared vehicle or tool."""

    resource_id: str
    name: str
    kind: Literal["vehicle", "tool"]
    provides: list[str]
    bookings: list[BoardBookingOut]


class CountsOut(Output):
    """Of all open orders, whatever is filtered."""

    flags: dict[str, int]
    work_classes: dict[str, int]
    statuses: dict[str, int]


class BoardOut(Output):
    """One day of everybody."""

    date: date
    at: datetime
    version: str = Field(description="The same for whoever sees the same.")
    positions_as_of: datetime
    lanes: list[LaneOut]
    backlog: list[BoardWaitingOut] = Field(description="Nobody has them; the most urgent first.")
    alerts: list[BoardWaitingOut] = Field(description="Their technician needs help; oldest first.")
    review: list[BoardWaitingOut] = Field(description="They want judgment; the longest first.")
    stalled: list[BoardWaitingOut] = Field(description="They don't get on; the longest first.")
    counts: CountsOut
    equipment: list[BoardResourceOut]


class DayConflictOut(Output):
    """Something that can't be as planned."""

    kind: ConflictKind
    order_id: str
    technician_id: str
    fact: str
    at: datetime | None
    by_s: float | None = Field(description="Null when no time helps.")
    other_id: str | None = Field(description="The other visit, of overlaps and gaps.")


class DayConflictsOut(Output):
    """Everything in the way of a day."""

    date: date
    at: datetime
    items: list[DayConflictOut]


class FreePlaceOut(Output):
    """A place."""

    lon: float
    lat: float


class AvailabilityOut(Output):
    """What somebody does at the moment asked for."""

    technician_id: str
    call_sign: str
    free: bool
    doing: Doing
    fact: str
    order_id: str | None
    place: FreePlaceOut | None
    free_from: datetime | None
    free_until: datetime | None
    slack_minutes: float | None


class AvailabilitiesOut(Output):
    """Everybody, those first who are free."""

    at: datetime
    items: list[AvailabilityOut]
