"""Everybody's day as it stands, for repairs: plans worked out, who fits what, who waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day, day_of, days_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import deadlines
from geo_dispatch.dispatch.days.plan import Basis, Plan, Stop
from geo_dispatch.dispatch.ranking.qualification import of_the_order, off_duty
from geo_dispatch.dispatch.ranking.requirements import lacking, nowhere
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.repairs.repair_search import Fits
from geo_dispatch.dispatch.repairs.roster import Roster
from geo_dispatch.dispatch.work.orders import OPEN, Status, WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import utc
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.cases import case_of
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans

_PLACED: frozenset[Basis] = frozenset({Basis.POSITION, Basis.SITE, Basis.HOME})
"""Whoever else is sent, nobody knows where they start."""


@dataclass(slots=True)
class FleetDay:
    """Everybody in service at one moment.

    Attributes
    ----------
    as_of
        Seq of the newest event when it was read.
    versions
        Of every open order.
    backlog
        Orders that nobody has and somebody may get.
    """

    ctx: Context
    now: datetime
    as_of: int
    days: Sequence[Day]
    drives: Drives
    versions: dict[OrderId, int]
    backlog: Sequence[WorkOrder]
    _cases: dict[OrderId, Case] = field(default_factory=dict)
    _fits: dict[tuple[OrderId, TechnicianId], bool] = field(default_factory=dict)

    def roster(self, days: Sequence[Day]) -> Roster:
        """The days, ready to be arranged otherwise."""
        awaited = {one for day in days for stop in day.plan.stops for one in stop.order.after}
        tomorrow = self.now.astimezone(self.ctx.zone).date() + timedelta(days=1)
        return Roster(
            days,
            self.drives,
            now=self.now,
            today_until=utc(datetime.combine(tomorrow, time(), self.ctx.zone)),
            may_change=lambda order: may_move(order) and order.id not in awaited,
        )

    def fits(self, stop: Stop, technician_id: TechnicianId) -> bool:
        """Whether the technician may be sent to the visit, the times of their day left aside."""
        key = stop.order.id, technician_id
        if key not in self._fits:
            day = next(one for one in self.days if one.plan.technician.id == technician_id)
            placed = day.start is not None and day.start.basis in _PLACED
            self._fits[key] = placed and self._can_do(stop.order, day.plan.technician)
        return self._fits[key]

    def fits_only(self, technician_id: TechnicianId) -> Fits:
        """`fits`, with nobody but that technician."""
        return lambda stop, one: one == technician_id and self.fits(stop, one)

    def cannot_make(self, technician_id: TechnicianId) -> list[Stop]:
        """What the technician, who is away now, would have begun before they are back.

        Work of a crew goes on with the others, or is for a dispatcher to judge.
        """
        (day,) = (one for one in self.days if one.plan.technician.id == technician_id)
        technician = day.plan.technician
        away = technician.leave_at(self.now)
        if away is None:
            return []
        here = tuple(leave for leave in technician.leave if leave != away)
        plan = replace(day.plan, technician=replace(technician, leave=here))
        hoped = day_of(plan, self.drives, self.now, self.ctx.zone)
        left = [
            stay.stop
            for stay in hoped.schedule.stays
            if not stay.stop.reached and (stay.begin_at is None or stay.begin_at < away.window.end)
        ]
        return sorted(left, key=lambda stop: _urgency(stop.order))

    def waiting(self) -> list[Stop]:
        """Orders that nobody has, the most urgent first, as stops."""
        found = sorted(self.backlog, key=_urgency)
        cases = [self._case(order) for order in found]
        return [
            Stop(
                replace(case.order, status=Status.ASSIGNED),
                case.site.location,
                case.site.access_windows,
            )
            for case in cases
        ]

    def free_at(self, technician_id: TechnicianId) -> datetime | None:
        """When the technician has nothing more to do."""
        (day,) = (one for one in self.days if one.plan.technician.id == technician_id)
        return day.schedule.free_at

    def _can_do(self, order: WorkOrder, technician: Technician) -> bool:
        case = self._case(order)
        return (
            order.crew_size == 1
            and not of_the_order(case)
            and not off_duty(case, technician)
            and not lacking(case, technician, case.earliest)
            and not nowhere(case, technician)
        )

    def _case(self, order: WorkOrder) -> Case:
        known = self._cases.get(order.id)
        if known is None:
            with self.ctx.store.read() as unit:
                policy = unit.policies.in_force().policy
                known = self._cases[order.id] = case_of(self.ctx, unit, order, policy, self.now)
        return known


def load(
    ctx: Context,
    now: datetime,
    *,
    roads: RoadEngine | None = None,
    adjust: Callable[[Plan], Plan] | None = None,
) -> FleetDay:
    """Everybody in service, their days worked out.

    Parameters
    ----------
    roads
        Other drive times than the usual.
    adjust
        What is known of a technician's day that the records don't say.

    Raises
    ------
    RedisUnavailable
        There are no positions to be had.
    """
    positions = {one.technician_id: one for one in ctx.live.positions()}
    with ctx.store.read() as unit:
        as_of = unit.last_seq()
        technicians = unit.technicians.list()
        plans = load_plans(unit, technicians, lambda one: positions.get(one.id))
        orders = unit.orders.search(statuses=OPEN)
    drives = drives_on(roads or ctx.roads)
    plans = [_turned_back(adjust(plan) if adjust else plan, now) for plan in plans]
    return FleetDay(
        ctx=ctx,
        now=now,
        as_of=as_of,
        days=days_of(plans, drives, now, ctx.zone),
        drives=drives,
        versions={order.id: order.version for order in orders},
        backlog=[one for one in orders if one.technician_id is None and one.hold is None],
    )


def may_move(order: WorkOrder) -> bool:
    """Whether a repair may move the order: not what a person pinned, nor what takes several."""
    return (
        not order.pinned
        and not order.contract_critical
        and not order.crew
        and not order.after
        and order.hold is None
    )


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


def _urgency(order: WorkOrder) -> tuple[int, float, str]:
    first = min((one.at.timestamp() for one in deadlines(order)), default=float("inf"))
    return (order.priority, first, order.id)
