"""Emergencies: who goes at once, and what that does to the rest of the day.

The day is not planned anew. `emergency_search` finds the least change; here it is said what may
change at all, and each order that is not as it was is told with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import Limit, new_or_worse
from geo_dispatch.dispatch.days.insertion import stop_of
from geo_dispatch.dispatch.days.schedule import Schedule, Stay
from geo_dispatch.dispatch.policy.document import EmergencyParams
from geo_dispatch.dispatch.repairs.changes import (
    Change,
    ChangeKind,
    Difference,
    Rearrangement,
    away_in,
    carried_over,
    carried_text,
    differences,
)
from geo_dispatch.dispatch.repairs.emergency_search import Answer, Cost, Fits, Wanted, least_change
from geo_dispatch.dispatch.repairs.roster import CanHave, Roster
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import utc

MAX_WALKS: Final = 20_000
"""Days walked for one emergency, at most: a few seconds."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency, and who may be sent.

    Attributes
    ----------
    hosts
        Who may be sent by everything but the times of their day, and what speaks against them
        (negative: for them) without roads, in minutes of score.
    respond_by
        When somebody must be there.
    wait_price
        Of a minute until then, in minutes of score.
    can_have
        Whether what the work needs and isn't aboard can be had for a technician's visit.
    """

    case: Case
    hosts: Mapping[TechnicianId, float]
    respond_by: datetime
    wait_price: float = 2.0
    can_have: CanHave = lambda _technician_id, _stay: True


@dataclass(frozen=True, slots=True)
class Firm:
    """A visit that could not make room, and why."""

    order_id: OrderId
    number: str
    technician_id: TechnicianId
    why: str


@dataclass(frozen=True, slots=True)
class EmergencyPlan:
    """What an emergency comes to.

    Attributes
    ----------
    technician_id
        None: nobody can be there.
    cost
        What it was compared by; None when nobody can be there.
    stay
        The visit to the emergency as planned.
    schedules
        The days that change, as they will be.
    crew
        Who goes with the technician.
    start_at
        When a crew begins together, or what the work needs is free; None: as soon as may be.
    flagged
        Orders that need a dispatcher's judgment for it, each with the fact.
    firm
        When somebody comes late, or nobody: less urgent visits in their way that could not make
        room.
    proven
        Whether no other answer costs less; False when the search was cut short.
    """

    order_id: OrderId
    respond_by: datetime
    technician_id: TechnicianId | None = None
    cost: Cost | None = None
    stay: Stay | None = None
    rearrangement: Rearrangement = field(default_factory=Rearrangement)
    schedules: Mapping[TechnicianId, Schedule] = field(default_factory=dict)
    crew: tuple[TechnicianId, ...] = ()
    start_at: datetime | None = None
    flagged: Mapping[OrderId, str] = field(default_factory=dict)
    firm: tuple[Firm, ...] = ()
    proven: bool = True


def respond_by_of(order: WorkOrder, now: datetime, params: EmergencyParams) -> datetime:
    """When somebody must be there, if nobody says: by the SLA, the window, the policy."""
    if order.sla is not None and order.sla.response is not None and order.sla.response.runs:
        return order.sla.response.due_at
    if order.window is not None:
        return order.window.end
    return now + timedelta(seconds=params.respond_within_s)


def why_firm(order: WorkOrder, emergency: WorkOrder, awaited: frozenset[OrderId]) -> str:
    """Why the visit may not begin at another time, or go elsewhere, for the emergency.

    Empty when it may: it makes room.
    """
    reasons = (
        (order.priority <= emergency.priority, "is as urgent"),
        (order.pinned, "is pinned by a person"),
        (order.contract_critical, "is critical by contract"),
        (bool(order.crew), "is work of several technicians, who begin together"),
        (bool(order.required_equipment), "needs equipment that may be booked for its time"),
        (bool(order.after), "waits for another order"),
        (order.id in awaited, "is awaited by another order"),
    )
    return next((why for holds, why in reasons if holds), "")


def plan_emergency(
    emergency: Emergency,
    days: Sequence[Day],
    drives: Drives,
    fits: Fits,
    params: EmergencyParams,
    *,
    max_walks: int = MAX_WALKS,
) -> EmergencyPlan:
    """Find who goes, with the least change to the days as they stand.

    Parameters
    ----------
    days
        Of everybody in service, without the emergency, all worked out at the case's ``now``.
    fits
        Whether a technician may be sent to a visit, the times of their day left aside.
    """
    roster = roster_of(emergency, days, drives)
    wanted = Wanted(
        stop=stop_of(emergency.case),
        hosts=emergency.hosts,
        now=emergency.case.now,
        respond_by=emergency.respond_by,
        wait_price=emergency.wait_price,
        max_changes=params.max_changes,
        max_walks=max_walks,
    )
    answer, proven = least_change(wanted, roster, fits)
    if answer is None:
        return nobody(emergency, roster, proven=proven)
    return plan_of(emergency, roster, answer, drives, proven=proven)


def roster_of(emergency: Emergency, days: Sequence[Day], drives: Drives) -> Roster:
    """The days as they stand, and what may change in them for the emergency."""
    case = emergency.case
    order, awaited = case.order, _awaited(days)
    tomorrow = case.now.astimezone(case.zone).date() + timedelta(days=1)
    return Roster(
        days,
        drives,
        now=case.now,
        today_until=utc(datetime.combine(tomorrow, time(), tzinfo=case.zone)),
        may_change=lambda one: not why_firm(one, order, awaited),
        excused=[order.id],
        accepts=emergency.can_have,
    )


def nobody(emergency: Emergency, roster: Roster, *, proven: bool) -> EmergencyPlan:
    """The plan when nobody can be there."""
    firm = tuple(_firm(emergency, roster, emergency.hosts))
    return EmergencyPlan(emergency.case.order.id, emergency.respond_by, firm=firm, proven=proven)


def plan_of(
    emergency: Emergency, roster: Roster, answer: Answer, drives: Drives, *, proven: bool
) -> EmergencyPlan:
    """The answer, with every order that is not as it was and the reason."""
    order = emergency.case.order
    arranged = {owner: day.stops for owner, day in answer.days.items()}
    schedules = {
        owner: roster.days[owner]
        .with_stops([stay.stop for stay in schedule.stays], drives, slack=True)
        .schedule
        for owner, schedule in carried_over(roster.days, arranged, drives).items()
    }
    changes = tuple(_changes(emergency, roster, answer, schedules))
    sequences = {
        owner: tuple(stop.order.id for stop in day.stops) for owner, day in answer.days.items()
    }
    return EmergencyPlan(
        order_id=order.id,
        respond_by=emergency.respond_by,
        technician_id=answer.host,
        cost=replace(answer.cost, changes=len(changes)),
        stay=next(stay for stay in schedules[answer.host].stays if stay.stop.order.id == order.id),
        rearrangement=Rearrangement(changes, sequences, away_in(schedules)),
        schedules=schedules,
        flagged={
            change.order_id: "; ".join((change.why, *change.breaks))
            for change in changes
            if change.order_id != order.id and (change.kind == "unassigned" or change.breaks)
        },
        firm=tuple(_firm(emergency, roster, answer.days)) if answer.cost.late_min else (),
        proven=proven,
    )


def _awaited(days: Iterable[Day]) -> frozenset[OrderId]:
    return frozenset(one for day in days for stop in day.plan.stops for one in stop.order.after)


def _firm(
    emergency: Emergency, roster: Roster, technician_ids: Iterable[TechnicianId]
) -> Iterator[Firm]:
    """Less urgent visits of these technicians' days that could not make room."""
    order, awaited = emergency.case.order, _awaited(roster.days.values())
    for technician_id in technician_ids:
        for stop in roster.days[technician_id].plan.stops:
            one = stop.order
            if one.priority > order.priority and not stop.fixed:
                why = why_firm(one, order, awaited)
                if why:
                    yield Firm(one.id, one.number, technician_id, why)


def _changes(
    emergency: Emergency,
    roster: Roster,
    answer: Answer,
    schedules: Mapping[TechnicianId, Schedule],
) -> Iterator[Change]:
    """Every order that is not as it was: the emergency first, then by when they were to begin."""
    case = emergency.case
    bumped = {stop.order.id for stop in answer.bumped}
    breaks: dict[OrderId, list[str]] = {}
    for day in answer.days.values():
        for violation in day.broken:
            breaks.setdefault(violation.order_id, []).append(violation.fact)
    for visit in answer.unassigned:
        breaks[visit.order.id] = [
            f"{_PROMISED[lost.limit]} {case.clock(lost.at)}" for lost in roster.lost_today(visit)
        ]
    for owner in schedules.keys() - answer.days.keys():
        for violation in new_or_worse(schedules[owner].violations, roster.missed):
            breaks.setdefault(violation.order_id, []).append(violation.fact)
    before = {owner: day.schedule for owner, day in roster.days.items()}
    for one in differences(before, schedules):
        kind = _kind(one, bumped)
        crew = one.order.crew if one.technician_before == one.technician_after else ()
        yield Change(
            order_id=one.order.id,
            number=one.order.number,
            kind=kind,
            technician_before=one.technician_before,
            technician_after=one.technician_after,
            begin_before=one.before.begin_at if one.before is not None else None,
            begin_after=one.after.begin_at if one.after is not None else None,
            why=_why(emergency, kind, one),
            slack_s=one.after.slack_s if one.after is not None else None,
            breaks=tuple(dict.fromkeys(breaks.get(one.order.id, ()))),
            crew_before=crew,
            crew_after=crew,
        )


_PROMISED: Final = {
    Limit.WINDOW: "its window ends",
    Limit.DUE: "due",
    Limit.SLA_RESPONSE: "the SLA asks for a response by",
    Limit.SLA_COMPLETION: "the SLA asks for completion by",
}


def _kind(one: Difference, bumped: set[OrderId]) -> ChangeKind:
    if one.technician_before is None:
        return "assigned"
    if one.technician_after is None:
        return "unassigned"
    return "bumped" if one.order.id in bumped else "moved"


def _why(emergency: Emergency, kind: ChangeKind, one: Difference) -> str:
    case = emergency.case
    number = case.order.number
    if kind == "assigned":
        return f"somebody must be there by {case.clock(emergency.respond_by)}"
    if kind == "unassigned":
        return f"makes room for emergency {number}; nobody else has room for it today"
    moved = _moved_text(case, one)
    if kind == "bumped":
        return f"makes room for emergency {number}; {moved}"
    because = f"{moved}, because of emergency {number}"
    carried = carried_text(one)
    return f"{because}: {carried}" if carried else because


def _moved_text(case: Case, one: Difference) -> str:
    begin_before = one.before.begin_at if one.before is not None else None
    begin_after = one.after.begin_at if one.after is not None else None
    if begin_before is None or begin_after is None:
        return "its begin can't be told"
    late_s = (begin_after - begin_before).total_seconds()
    moved = f"{abs(late_s) / 60:.0f} min {'later' if late_s > 0 else 'earlier'}"
    return f"begins {case.clock(begin_after)}, {moved}"
