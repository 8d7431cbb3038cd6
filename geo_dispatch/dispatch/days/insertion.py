"""Every place that an order may take in a day, and what each does to the rest of it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.days.feasibility import Violation, by_limit, new_or_worse
from geo_dispatch.dispatch.days.plan import Origin, Plan, Stop, origin
from geo_dispatch.dispatch.days.schedule import Journey, Schedule, Stay
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.ids import OrderId

_MOVED_S = 1.0


@dataclass(frozen=True, slots=True)
class Moved:
    """A visit whose beginning changes by a second or more."""

    order_id: OrderId
    begin_before: datetime | None
    begin_after: datetime | None


@dataclass(frozen=True, slots=True)
class Insertion:
    """An order in a place of a day.

    Attributes
    ----------
    position
        Index among the stops.
    plan, schedule
        With the order in it.
    stay
        The order's own.
    added_drive_s
        Driving of the whole day more than without it.
    violations
        Limits broken by it: new ones, and those that get worse.
    """

    position: int
    plan: Plan
    schedule: Schedule
    stay: Stay
    added_drive_s: float
    moved: tuple[Moved, ...]
    violations: tuple[Violation, ...]

    @property
    def feasible(self) -> bool:
        """Whether it breaks nothing that excludes."""
        return not any(violation.hard for violation in self.violations)


def stop_of(case: Case) -> Stop:
    """The order of the case as a stop that nobody is on the way to."""
    stop = case.stop
    return replace(stop, order=replace(stop.order, status=Status.ASSIGNED, helped_from=None))


def insertions(
    case: Case, day: Day, drives: Drives, positions: Container[int] | None = None
) -> list[Insertion]:
    """Every place that the order may take, in sequence; empty when the day starts nowhere.

    Behind what is reached or under way; never before it. An order that is in the day already is
    taken out first.

    Parameters
    ----------
    positions
        Try no others; None tries all.
    """
    if any(stop.order.id == case.order.id for stop in day.plan.stops):
        day = day.without({case.order.id}, drives)
    stop, plan = stop_of(case), day.plan
    if positions is None:
        drives.prefetch(insertion_legs(case, day))
    found = []
    base: Journey | None = None
    for position in range(first_position(plan), len(plan.stops) + 1):
        if positions is not None and position not in positions:
            continue
        with_it = replace(plan, stops=(*plan.stops[:position], stop, *plan.stops[position:]))
        start = day.start if position else origin(with_it, day.now, day.zone)
        if start is None:
            continue
        if position == 0:
            journey = _journey(day, with_it, start, drives)
        else:
            base = base or _journey(day, plan, start, drives, also=case.order.id)
            journey = base.up_to(position).then(with_it.stops[position:])
        found.append(_inserted(day, with_it, position, journey))
    return found


def first_position(plan: Plan) -> int:
    """The first place that a new stop may take: behind what can't be changed any more."""
    return sum(1 for stop in plan.stops if stop.fixed)


def insertion_legs(case: Case, day: Day) -> list[Leg]:
    """Every leg that `insertions` asks for beyond those of the day itself."""
    if day.start is None:
        return []
    site, first = case.site.location, first_position(day.plan)
    places = [day.start.place, *(stop.place for stop in day.plan.stops)]
    home = day.plan.technician.home
    legs = [(place, site) for place in places[first:]]
    legs += [(site, place) for place in places[first + 1 :]]
    if home is not None:
        legs += [(home, place) for place in (site, *places[first + 1 :])]
    return legs


def _journey(
    day: Day, plan: Plan, start: Origin, drives: Drives, *, also: OrderId | None = None
) -> Journey:
    return Journey.through(
        plan,
        start,
        drives,
        now=day.now,
        zone=day.zone,
        also=() if also is None else (also,),
    )


def _inserted(day: Day, plan: Plan, position: int, journey: Journey) -> Insertion:
    after, before = journey.schedule(), day.schedule
    others = (*after.stays[:position], *after.stays[position + 1 :])
    return Insertion(
        position=position,
        plan=plan,
        schedule=after,
        stay=after.stays[position],
        added_drive_s=after.drive_s - before.drive_s,
        moved=tuple(
            Moved(new.stop.order.id, old.begin_at, new.begin_at)
            for old, new in zip(before.stays, others, strict=True)
            if _is_moved(old, new)
        ),
        violations=new_or_worse(after.violations, by_limit(before.violations)),
    )


def _is_moved(old: Stay, new: Stay) -> bool:
    if old.begin_at is None or new.begin_at is None:
        return old.begin_at != new.begin_at
    return abs((new.begin_at - old.begin_at).total_seconds()) >= _MOVED_S
