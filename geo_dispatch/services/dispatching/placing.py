"""Where in somebody's day an order goes, and what that does to the rest: worked out, not done."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day, day_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import Violation
from geo_dispatch.dispatch.days.insertion import Insertion, insertions
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.days.schedule import Schedule
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.ranking.refusals import in_the_day, refusing
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.dispatching.candidates import Considered
from geo_dispatch.services.views import View

_OF_THE_PLACE: Final = frozenset(
    {
        Code.OUTSIDE_WINDOW,
        Code.TRAVELLING,
        Code.PRIORITY_JOB,
        Code.WOULD_BE_LATE_FOR,
        Code.ACCESS_CLOSED,
        Code.SHIFT_ENDS,
        Code.BREAK,
        Code.CREW_APART,
    }
)
"""Reasons that another place in the day may lift."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a person wants an order.

    Attributes
    ----------
    position
        Index among the technician's open orders without it; None: where it fits best.
    start_at
        Agreed beginning; None leaves the order's.
    pinned
        Nothing automatic moves it from there; None leaves it as it is.
    crew
        Who goes besides; None: whoever costs least, if the order takes several.
    crew_id
        A crew by its name in the register: its lead with its members.
    """

    position: int | None = None
    start_at: datetime | None = None
    pinned: bool | None = None
    crew: tuple[TechnicianId, ...] | None = None
    crew_id: str | None = None

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return self == Wish()

    def of(self, case: Case) -> Case:
        """The case of an order that is wanted so."""
        order = case.order
        pinned = order.pinned if self.pinned is None else self.pinned
        start_at = self.start_at or order.start_at
        return replace(case, order=replace(order, start_at=start_at, pinned=pinned))


ANYWHERE: Final = Wish()
"""Where it fits best."""


@dataclass(frozen=True, slots=True)
class RippleMove:
    """A visit of somebody's day that begins at another time."""

    order_id: OrderId
    number: str
    technician_id: TechnicianId
    begin_before: datetime | None
    begin_after: datetime | None


@dataclass(frozen=True, slots=True)
class Ripple:
    """What an assignment would do, before it is done.

    Attributes
    ----------
    position
        Index among the technician's open orders.
    added_drive_s
        Driving of that technician's day more than without the order; None while nobody knows
        where the day begins.
    moved
        Visits that begin at another time, of whoever gets it and whoever loses it.
    conflicts
        What speaks against it; the same that refuses it, unless it is forced.
    warnings
        Promises that it breaks without being refused.
    """

    order_id: OrderId
    technician_id: TechnicianId
    position: int
    begin_at: datetime | None
    finish_at: datetime | None
    added_drive_s: float | None
    moved: tuple[RippleMove, ...]
    conflicts: tuple[Exclusion, ...]
    warnings: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """An order in a place of a technician's day.

    Attributes
    ----------
    plan
        The day without it, as it was when this was worked out.
    insertion
        None when nobody knows where the day begins: then it goes last.
    """

    case: Case
    plan: Plan
    position: int
    insertion: Insertion | None
    conflicts: tuple[Exclusion, ...] = ()

    @property
    def sequence(self) -> list[OrderId]:
        """The technician's open orders, with the new one in its place."""
        ids = [stop.order.id for stop in self.plan.stops]
        return [*ids[: self.position], self.case.order.id, *ids[self.position :]]

    @property
    def versions(self) -> list[tuple[OrderId, int]]:
        """What the day was made of."""
        return [(stop.order.id, stop.order.version) for stop in self.plan.stops]

    @property
    def window(self) -> Window | None:
        """From setting out to the end of the work."""
        stay = self.insertion.stay if self.insertion is not None else None
        if stay is None or stay.depart_at is None or stay.finish_at is None:
            return None
        return Window(stay.depart_at, stay.finish_at)


def placed(
    considered: Considered,
    technician_id: TechnicianId,
    wish: Wish,
    drives: Drives,
) -> Placement:
    """Where the order goes in that technician's day, and what speaks against it.

    Without a wish it goes where the ranking has it; who is excluded has it where it breaks least.

    Raises
    ------
    InvalidInput
        The position lies behind the end, or before what can't be changed any more.
    """
    case, ranking = considered.case, considered.ranking
    plan = _plan_of(considered, technician_id)
    day = day_of(plan, drives, case.now, case.zone)
    found = insertions(case, day, drives)
    candidate = ranking.candidate(technician_id)
    if wish.position is not None:
        chosen = _at(found, wish.position, plan)
    elif candidate is not None:
        chosen = next((one for one in found if one.position == candidate.position), None)
    else:
        chosen = least_bad(case, found)
    if candidate is not None and wish.position is None:
        return Placement(case, plan, candidate.position, chosen)
    reasons = list(ranking.exclusions_of(technician_id))
    if wish.position is not None and chosen is not None:
        reasons = [one for one in reasons if one.code not in _OF_THE_PLACE]
        reasons += [one for one in in_the_day(case, day, [chosen]) if one not in reasons]
    position = chosen.position if chosen is not None else len(case.plan_before(plan).stops)
    return Placement(case, plan, position, chosen, tuple(reasons))


def ripple(considered: Considered, placement: Placement, drives: Drives) -> Ripple:
    """What the placement does to everybody's visits."""
    order, insertion = considered.case.order, placement.insertion
    technician_id = placement.plan.technician.id
    moved: list[RippleMove] = []
    if insertion is not None:
        moved += _moves(considered, technician_id, insertion.schedule, drives)
    for loser in order.technician_ids:
        if loser != technician_id:
            stands = _stands(considered, loser, drives)
            moved += _moves(considered, loser, stands.without({order.id}, drives).schedule, drives)
    stay = insertion.stay if insertion is not None else None
    return Ripple(
        order_id=order.id,
        technician_id=technician_id,
        position=placement.position,
        begin_at=stay.begin_at if stay else None,
        finish_at=stay.finish_at if stay else None,
        added_drive_s=insertion.added_drive_s if insertion is not None else None,
        moved=tuple(moved),
        conflicts=placement.conflicts,
        warnings=tuple(one for one in insertion.violations if not one.hard) if insertion else (),
    )


def ripple_view(told: Ripple) -> View:
    """The ripple as JSON."""
    view: View = msgspec.to_builtins(told)
    return view


def _stands(considered: Considered, technician_id: TechnicianId, drives: Drives) -> Day:
    plans, case = considered.inputs.plans, considered.case
    plan = next(one for one in plans if one.technician.id == technician_id)
    return day_of(plan, drives, case.now, case.zone)


def _moves(
    considered: Considered, technician_id: TechnicianId, after: Schedule, drives: Drives
) -> Iterable[RippleMove]:
    """The other visits of the day that don't begin when they would as it stands."""
    before = _stands(considered, technician_id, drives).schedule
    begins = {stay.stop.order.id: stay.begin_at for stay in before.stays}
    for stay in after.stays:
        order = stay.stop.order
        if order.id == considered.case.order.id:
            continue
        old = begins[order.id]
        if _apart(old, stay.begin_at):
            yield RippleMove(order.id, order.number, technician_id, old, stay.begin_at)


def _apart(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one != other
    return abs((one - other).total_seconds()) >= 1


def _plan_of(considered: Considered, technician_id: TechnicianId) -> Plan:
    plans = considered.inputs.plans
    plan = next(one for one in plans if one.technician.id == technician_id)
    return plan.without(considered.case.order.id)


def _at(found: Sequence[Insertion], position: int, plan: Plan) -> Insertion | None:
    if not found and 0 <= position <= len(plan.stops):
        return None
    at = next((one for one in found if one.position == position), None)
    if at is None:
        first = found[0].position if found else 0
        raise InvalidInput(
            f"there is no place {position} in the day of {plan.technician.call_sign}",
            [
                Fault(
                    "position",
                    f"{position} is not from {first} (behind what is under way) "
                    f"to {len(plan.stops)} (last)",
                )
            ],
        )
    return at


def least_bad(case: Case, found: Sequence[Insertion]) -> Insertion | None:
    """The place that breaks least, then the one that adds the least driving; None of none."""

    def badness(one: Insertion) -> tuple[int, float, float, int]:
        by_s = [violation.by_s for violation in refusing(case, one)]
        never = sum(1 for late in by_s if math.isinf(late))
        late_s = sum(late for late in by_s if math.isfinite(late))
        return never, late_s, one.added_drive_s, one.position

    return min(found, key=badness, default=None)
