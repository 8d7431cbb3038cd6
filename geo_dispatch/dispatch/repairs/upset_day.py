"""A day that was upset: everybody as they stand, and the repair for what happened.

What a repair is worked out from is here and nowhere else, so that it can be kept and worked out
again: `workings` does both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.day import Day, day_of, days_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import deadlines
from geo_dispatch.dispatch.days.plan import Plan, Stop
from geo_dispatch.dispatch.repairs.repair import (
    Repair,
    evacuate,
    fill,
    mend,
    mend_all,
    told,
    with_teams,
)
from geo_dispatch.dispatch.repairs.repair_search import Fits
from geo_dispatch.dispatch.repairs.restaffing import restaffed
from geo_dispatch.dispatch.repairs.roster import Roster
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import utc

Way = Literal["mend", "mend_all", "relieve", "fill"]
"""What is done about it: see `repair_of`."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is to be repaired.

    Attributes
    ----------
    why
        What happened, for the reasons of the changes: ``"Van 07 runs late"``.
    technician_id
        Whose day it is; None for the days of all.
    waiting
        Orders that nobody has, the most urgent first, for time that is free.
    """

    way: Way
    why: str
    technician_id: TechnicianId | None = None
    waiting: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class UpsetDay:
    """Everybody in service at one moment.

    Attributes
    ----------
    plans
        What everybody has to do.
    days
        Each as the others make it.
    fits
        Whether the technician may be sent to the visit, or lead the crew that it takes, the times
        of their day left aside.
    helps
        Whether the technician may go along to it.
    """

    now: datetime
    zone: ZoneInfo
    plans: Sequence[Plan]
    days: Sequence[Day]
    drives: Drives
    fits: Fits
    helps: Fits

    @classmethod
    def of(
        cls,
        plans: Sequence[Plan],
        drives: Drives,
        now: datetime,
        zone: ZoneInfo,
        *,
        fits: Fits,
        helps: Fits,
    ) -> UpsetDay:
        """The day in which everybody has these plans."""
        found = [_turned_back(plan, now) for plan in plans]
        return cls(now, zone, found, days_of(found, drives, now, zone), drives, fits, helps)

    def roster(self, days: Sequence[Day]) -> Roster:
        """The days, ready to be arranged otherwise."""
        awaited = {one for day in days for stop in day.plan.stops for one in stop.order.after}
        tomorrow = self.now.astimezone(self.zone).date() + timedelta(days=1)
        return Roster(
            days,
            self.drives,
            now=self.now,
            today_until=utc(datetime.combine(tomorrow, time(), self.zone)),
            may_change=lambda order: may_move(order) and order.id not in awaited,
        )

    def plan(self, technician_id: TechnicianId) -> Plan:
        """What that technician has to do."""
        return next(one for one in self.plans if one.technician.id == technician_id)

    def cannot_make(self, technician_id: TechnicianId) -> list[Stop]:
        """What the technician, who is away now, would have begun before they are back."""
        technician = self.plan(technician_id).technician
        away = technician.leave_at(self.now)
        if away is None:
            return []
        here = tuple(leave for leave in technician.leave if leave != away)
        plan = replace(self.plan(technician_id), technician=replace(technician, leave=here))
        hoped = day_of(plan, self.drives, self.now, self.zone)
        left = [
            stay.stop
            for stay in hoped.schedule.stays
            if not stay.stop.reached and (stay.begin_at is None or stay.begin_at < away.window.end)
        ]
        return sorted(left, key=lambda stop: urgency(stop.order))


def repair_of(day: UpsetDay, trouble: Trouble) -> Repair:
    """The least change that repairs it.

    ``mend``: what is too late in the technician's day. ``mend_all``: in all days, one after
    another. ``relieve``: everything that the technician can't make goes to others. ``fill``: the
    technician's free time goes to what is too late in other days, else to what waits.
    """
    owner, why = trouble.technician_id, trouble.why
    if owner is None:
        return mend_all(day.days, day.drives, day.roster, day.fits, why)
    if trouble.way == "relieve":
        return _relieved(day, owner, why)
    roster = day.roster(day.days)
    if trouble.way == "mend":
        return mend(roster, day.fits, {owner}, why)
    troubled = {one.plan.technician.id for one in day.days if one.schedule.violations}
    if troubled:
        mended = mend(roster, _only(day.fits, owner), troubled, why)
        if mended.rearrangement.changes:
            return mended
    return fill(roster, day.fits, owner, trouble.waiting, why)


def _relieved(day: UpsetDay, owner: TechnicianId, why: str) -> Repair:
    """Crews get somebody else first, then everything else of the technician's goes elsewhere."""
    leaving = day.cannot_make(owner)
    crewed = [stop for stop in leaving if stop.order.crew_size > 1 or stop.order.crew]
    others = [stop for stop in leaving if stop not in crewed]
    if not crewed:
        return evacuate(day.roster(day.days), day.fits, others, why)
    left = {stop.order.id for stop in crewed}
    plans = [
        replace(plan, stops=tuple(stop for stop in plan.stops if stop.order.id not in left))
        if plan.technician.id == owner
        else plan
        for plan in day.plans
    ]
    before = days_of(plans, day.drives, day.now, day.zone)
    current, teams = list(before), []
    for visit in crewed:
        teams.append(restaffed(day.roster(current), day.fits, day.helps, visit, owner))
        current = _with_stops(current, teams[-1].days, day.drives)
    repair = evacuate(day.roster(current), day.fits, others, why)
    stops = {stop.order.id: stop for one in current for stop in one.plan.stops}
    sequences = repair.rearrangement.sequences
    arranged = {one: tuple(stops[key] for key in keys) for one, keys in sequences.items()}
    touched = {owner, *arranged, *(one for team in teams for one in (*team.days, *team.team))}
    after = {one.plan.technician.id: one for one in _with_stops(current, arranged, day.drives)}
    repaired = told(
        {one.plan.technician.id: one for one in day.days},
        {one: after[one].plan.stops for one in sorted(touched)},
        day.drives,
        why,
        proven=repair.proven,
    )
    return with_teams(repaired, teams, why)


def _with_stops(
    days: Sequence[Day], changed: Mapping[TechnicianId, Sequence[Stop]], drives: Drives
) -> list[Day]:
    return [
        day.with_stops(changed[owner], drives)
        if (owner := day.plan.technician.id) in changed
        else day
        for day in days
    ]


def may_move(order: WorkOrder) -> bool:
    """Whether a repair may move the order: not what a person pinned, nor what takes several."""
    return (
        not order.pinned
        and not order.contract_critical
        and not order.crew
        and order.crew_size == 1
        and not order.after
        and order.hold is None
    )


def urgency(order: WorkOrder) -> tuple[int, float, str]:
    """What sorts the most urgent first: priority, then what is promised for sooner."""
    first = min((one.at.timestamp() for one in deadlines(order)), default=float("inf"))
    return (order.priority, first, order.id)


def _only(fits: Fits, technician_id: TechnicianId) -> Callable[[Stop, TechnicianId], bool]:
    return lambda stop, one: one == technician_id and fits(stop, one)


def _turned_back(plan: Plan, now: datetime) -> Plan:
    """Whoever is on leave is on the way to nobody."""
    if plan.technician.leave_at(now) is None:
        return plan
    stops = tuple(
        replace(stop, order=replace(stop.order, status=Status.ASSIGNED, helped_from=None))
        if stop.under_way
        else stop
        for stop in plan.stops
    )
    return replace(plan, stops=stops)
