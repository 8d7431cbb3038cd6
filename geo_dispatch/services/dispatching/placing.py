"""Where in somebody's day an order goes, and what that does to the rest: worked out, not done."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.days.feasibility import Violation
from geo_dispatch.dispatch.days.insertion import Insertion, insertions, stop_of
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.refusals import in_the_day, refusing
from geo_dispatch.dispatch.work.orders import WorkOrder
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
    def others(self) -> list[Stay]:
        """The other visits of the day, with the order in its place."""
        stays = self.insertion.schedule.stays if self.insertion is not None else ()
        return [stay for stay in stays if stay.stop.order.id != self.case.order.id]

    @property
    def window(self) -> Window | None:
        """`Stay.away`: for so long it has what is booked for it."""
        return self.insertion.stay.away if self.insertion is not None else None


def placed(
    considered: Considered,
    technician_id: TechnicianId,
    wish: Wish,
) -> Placement:
    """Where the order goes in that technician's day, and what speaks against it.

    Without a wish it goes where the ranking has it; who is excluded has it where it breaks least.

    Raises
    ------
    InvalidInput
        The position lies behind the end, or before what can't be changed any more.
    """
    case, ranking, fleet = considered.case, considered.ranking, considered.fleet
    day = fleet.day(fleet.rows[technician_id], case.order.id)
    plan, found = day.plan, insertions(case, day, fleet.drives)
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


def ripple(
    considered: Considered, placement: Placement, members: Iterable[Placement] = ()
) -> Ripple:
    """What the placement, with those of a crew, does to everybody's visits."""
    order, insertion, fleet = considered.case.order, placement.insertion, considered.fleet
    placements = {one.plan.technician.id: one for one in (placement, *members)}
    linked = _linked(fleet.plans, {*placements, *order.technician_ids}, order)
    before = _worked_out(fleet, linked)
    after = _worked_out(fleet, [_changed(plan, placements, order.id) for plan in linked])
    stay = after.get((placement.plan.technician.id, order.id))
    return Ripple(
        order_id=order.id,
        technician_id=placement.plan.technician.id,
        position=placement.position,
        begin_at=stay.begin_at if stay else None,
        finish_at=stay.finish_at if stay else None,
        added_drive_s=insertion.added_drive_s if insertion is not None else None,
        moved=tuple(
            RippleMove(key[1], new.stop.order.number, key[0], before[key].begin_at, new.begin_at)
            for key, new in after.items()
            if key[1] != order.id and _apart(before[key].begin_at, new.begin_at)
        ),
        conflicts=placement.conflicts,
        warnings=tuple(one for one in insertion.violations if not one.hard) if insertion else (),
    )


def ripple_view(told: Ripple) -> View:
    """The ripple as JSON."""
    view: View = msgspec.to_builtins(told)
    return view


def unchanged(considered: Considered, technician_id: TechnicianId) -> Ripple:
    """What asking for what is so already does: nothing."""
    order, fleet = considered.case.order, considered.fleet
    stays = _worked_out(fleet, _linked(fleet.plans, {technician_id}, order))
    stay = stays[technician_id, order.id]
    stops = fleet.plans[fleet.rows[technician_id]].stops
    position = next(n for n, stop in enumerate(stops) if stop.order.id == order.id)
    return Ripple(order.id, technician_id, position, stay.begin_at, stay.finish_at, 0.0, (), (), ())


def _linked(plans: Iterable[Plan], ids: Collection[TechnicianId], order: WorkOrder) -> list[Plan]:
    """The plans of these, and all that hang together with them by crews or prior orders."""
    linked: list[Plan] = []
    others = list(plans)
    hang = {order.id, *order.after}
    while True:
        found = [one for one in others if one.technician.id in ids or not hang.isdisjoint(_of(one))]
        if not found:
            return linked
        linked += found
        others = [one for one in others if one not in found]
        hang.update(*map(_of, found))


def _of(plan: Plan) -> set[OrderId]:
    """The orders that the plan hangs on."""
    priors = {prior.order_id for stop in plan.stops for prior in stop.priors}
    return priors | {stop.order.id for stop in plan.stops}


def _changed(plan: Plan, placements: Mapping[TechnicianId, Placement], order_id: OrderId) -> Plan:
    placement = placements.get(plan.technician.id)
    if placement is None:
        return plan.without(order_id)
    stops, position = placement.plan.stops, placement.position
    stop = stop_of(placement.case)
    return replace(plan, stops=(*stops[:position], stop, *stops[position:]))


def _worked_out(fleet: Fleet, plans: Iterable[Plan]) -> dict[tuple[TechnicianId, OrderId], Stay]:
    return {
        (day.plan.technician.id, stay.stop.order.id): stay
        for day in days_of(plans, fleet.drives, fleet.now, fleet.zone)
        for stay in day.schedule.stays
    }


def _apart(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one != other
    return abs((one - other).total_seconds()) >= 1


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
