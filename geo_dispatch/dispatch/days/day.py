"""The day as it stands: a plan, where it goes on from, and what it comes to."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.days.plan import Origin, Plan, Stop, origin
from geo_dispatch.dispatch.days.schedule import Schedule, walk
from geo_dispatch.kernel.ids import OrderId


@dataclass(frozen=True, slots=True)
class Day:
    """A technician's day.

    Attributes
    ----------
    start
        None when nobody knows where the technician is.
    """

    plan: Plan
    start: Origin | None
    schedule: Schedule
    now: datetime
    zone: ZoneInfo
    overtime_s: float = 0.0

    def without(self, order_ids: Collection[OrderId], drives: Drives) -> Day:
        """The day if those orders weren't in it."""
        left = tuple(stop for stop in self.plan.stops if stop.order.id not in order_ids)
        return self.with_stops(left, drives)

    def with_stops(self, stops: Sequence[Stop], drives: Drives, *, slack: bool = False) -> Day:
        """The day with these stops instead, in this sequence."""
        plan = replace(self.plan, stops=tuple(stops))
        return day_of(plan, drives, self.now, self.zone, overtime_s=self.overtime_s, slack=slack)


def day_of(
    plan: Plan,
    drives: Drives,
    now: datetime,
    zone: ZoneInfo,
    *,
    overtime_s: float = 0.0,
    slack: bool = False,
) -> Day:
    """The plan worked out as everything stands."""
    start = origin(plan, now, zone)
    found = walk(plan, start, drives, now, zone, overtime_s=overtime_s, slack=slack)
    return Day(plan, start, found, now, zone, overtime_s)


def legs_of(plan: Plan, start: Origin | None) -> list[Leg]:
    """Every leg that walking the plan asks for; for many days, ask for them in one question."""
    if start is None:
        return []
    ahead = plan.stops[1:] if plan.stops and plan.stops[0].reached else plan.stops
    places = [start.place, *(stop.place for stop in ahead)]
    home = plan.technician.home
    found = list(itertools.pairwise(places))
    if home is not None:
        found += [(home, place) for place in places[2:]]
    return found


def days_of(
    plans: Iterable[Plan],
    drives: Drives,
    now: datetime,
    zone: ZoneInfo,
    *,
    overtime_s: float = 0.0,
    slack: bool = False,
) -> list[Day]:
    """Several days, each as the others make it.

    Orders that wait for those of other technicians begin behind them, and crews begin together
    when the last of them is there. Drive times of all are asked for in one question.
    """
    those = list(plans)
    drives.prefetch(leg for plan in those for leg in legs_of(plan, origin(plan, now, zone)))
    days = [day_of(plan, drives, now, zone, overtime_s=overtime_s) for plan in those]
    for _ in range(len(those) + 1):
        told = _tell_each_other(days)
        if all(one is plan for one, plan in zip(told, (day.plan for day in days), strict=True)):
            break
        days = [
            day if plan is day.plan else day_of(plan, drives, now, zone, overtime_s=overtime_s)
            for plan, day in zip(told, days, strict=True)
        ]
    if slack:
        days = [
            day_of(day.plan, drives, now, zone, overtime_s=overtime_s, slack=True) for day in days
        ]
    return days


def _tell_each_other(days: Sequence[Day]) -> list[Plan]:
    """The plans, with what each has to know of the others; the same object where nothing is new."""
    done: dict[OrderId, datetime | None] = {}
    begins: dict[OrderId, list[datetime | None]] = {}
    for day in days:
        for stay in day.schedule.stays:
            order_id = stay.stop.order.id
            done[order_id] = stay.finish_at
            begins.setdefault(order_id, []).append(stay.begin_at)
    together = {
        order_id: max(those)
        for order_id, found in begins.items()
        if len(found) > 1 and len(those := [one for one in found if one is not None]) == len(found)
    }
    return [_told(day.plan, done, together) for day in days]


def _told(
    plan: Plan, done: dict[OrderId, datetime | None], together: dict[OrderId, datetime]
) -> Plan:
    own = {stop.order.id for stop in plan.stops}
    stops = []
    for stop in plan.stops:
        priors = tuple(
            replace(prior, done_at=done[prior.order_id])
            if prior.order_id in done and prior.order_id not in own
            else prior
            for prior in stop.priors
        )
        joins_at = None if stop.reached else together.get(stop.order.id, stop.joins_at)
        stops.append(replace(stop, priors=priors, joins_at=joins_at))
    return plan if tuple(stops) == plan.stops else replace(plan, stops=tuple(stops))
