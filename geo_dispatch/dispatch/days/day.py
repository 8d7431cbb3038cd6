"""The day as it stands: a plan, where it goes on from, and what it comes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
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

    def without(self, order_ids: Collection[OrderId], drives: Drives) -> Day:
        """The day if those orders weren't in it."""
        left = tuple(stop for stop in self.plan.stops if stop.order.id not in order_ids)
        return self.with_stops(left, drives)

    def with_stops(self, stops: Sequence[Stop], drives: Drives, *, slack: bool = False) -> Day:
        """The day with these stops instead, in this sequence."""
        plan = replace(self.plan, stops=tuple(stops))
        return day_of(plan, drives, self.now, self.zone, slack=slack)


def day_of(
    plan: Plan, drives: Drives, now: datetime, zone: ZoneInfo, *, slack: bool = False
) -> Day:
    """The plan worked out as everything stands."""
    start = origin(plan, now, zone)
    found = walk(plan, start, drives, now, zone, slack=slack)
    return Day(plan, start, found, now, zone)


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
    plans: Iterable[Plan], drives: Drives, now: datetime, zone: ZoneInfo, *, slack: bool = False
) -> list[Day]:
    """Several days, each as the others make it.

    Orders that wait for those of other technicians begin behind them, and crews begin together
    when the last of them is there. Visits that wait for each other in a circle begin as if alone,
    and of what they wait for nobody can tell when. Drive times are asked for in one question.
    """
    those = list(plans)
    drives.prefetch(leg for plan in those for leg in legs_of(plan, origin(plan, now, zone)))

    def walked(plan: Plan) -> Day:
        return day_of(plan, drives, now, zone, slack=slack and not _hangs(plan))

    days, circle = _told_each_other(those, walked, frozenset())
    while circle:
        days, more = _told_each_other(those, walked, circle)
        circle = circle | more if more else frozenset()
    if slack:
        days = [
            day_of(day.plan, drives, now, zone, slack=True) if _hangs(day.plan) else day
            for day in days
        ]
    return days


def _hangs(plan: Plan) -> bool:
    """Whether any of it waits for what is in other days, or begins together with it."""
    return any(stop.priors or stop.order.crew or stop.joins_at is not None for stop in plan.stops)


_ROUNDS: Final = 3
"""Per visit that hangs on others: it is told so often at most, for breaks can shift it again."""


def _told_each_other(
    plans: Sequence[Plan], walked: Callable[[Plan], Day], circle: Collection[OrderId]
) -> tuple[list[Day], frozenset[OrderId]]:
    """The days, each told of the others, and the orders that never come to rest.

    Parameters
    ----------
    circle
        Orders that are known to wait for each other in a circle: they are told nothing.
    """
    days = [walked(plan) for plan in _untold(plans)]
    hanging = sum(bool(stop.priors or stop.order.crew) for plan in plans for stop in plan.stops)
    restless: frozenset[OrderId] = frozenset()
    for turn in range(2 * _ROUNDS * (hanging + 1)):
        told = _tell_each_other(days, circle)
        if all(plan is day.plan for plan, day in zip(told, days, strict=True)):
            return days, frozenset()
        if turn >= _ROUNDS * (hanging + 1):
            restless |= _told_anew(told, days)
        days = [
            day if plan is day.plan else walked(plan) for plan, day in zip(told, days, strict=True)
        ]
    return days, restless - frozenset(circle)


def _untold(plans: Sequence[Plan]) -> list[Plan]:
    """The plans, with nothing guessed of what the days themselves will tell."""
    untold = dict.fromkeys(stop.order.id for plan in plans for stop in plan.stops)
    return [_with_priors(plan, untold) for plan in plans]


def _told_anew(plans: Iterable[Plan], days: Iterable[Day]) -> frozenset[OrderId]:
    return frozenset(
        new.order.id
        for plan, day in zip(plans, days, strict=True)
        for new, old in zip(plan.stops, day.plan.stops, strict=True)
        if new != old
    )


def _tell_each_other(days: Sequence[Day], circle: Collection[OrderId]) -> list[Plan]:
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
        if len(found) > 1
        and order_id not in circle
        and len(those := [one for one in found if one is not None]) == len(found)
    }
    return [_begun_together(_with_priors(day.plan, done, circle), together) for day in days]


def _with_priors(
    plan: Plan, done: Mapping[OrderId, datetime | None], untold: Collection[OrderId] = ()
) -> Plan:
    if not _hangs(plan):
        return plan
    own = {stop.order.id for stop in plan.stops}
    stops = tuple(
        replace(
            stop,
            priors=tuple(
                replace(prior, done_at=None if stop.order.id in untold else done[prior.order_id])
                if prior.order_id in done and prior.order_id not in own
                else prior
                for prior in stop.priors
            ),
        )
        for stop in plan.stops
    )
    return plan if stops == plan.stops else replace(plan, stops=stops)


def _begun_together(plan: Plan, together: Mapping[OrderId, datetime]) -> Plan:
    if not _hangs(plan):
        return plan
    stops = tuple(
        replace(stop, joins_at=None if stop.reached else together.get(stop.order.id, stop.joins_at))
        for stop in plan.stops
    )
    return plan if stops == plan.stops else replace(plan, stops=stops)
