"""Shared vehicles and tools where a visit goes into a day: its own, and those of whom it moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.insertion import Insertion
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.ranking.booking import Lack, allocate, not_aboard
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion, iso
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.ids import BookingId, OrderId
from geo_dispatch.kernel.time import Window

_SAME: Final = timedelta(minutes=1)
"""A visit that moves by less keeps its booking: drive times are worked out all the time."""


def away_of(stays: Iterable[Stay]) -> dict[OrderId, Window]:
    """`Stay.away` of each visit to come, in their sequence."""
    return {
        stay.stop.order.id: stay.away
        for stay in stays
        if stay.away is not None and not stay.stop.reached
    }


def moved_bookings(
    windows: Mapping[OrderId, Window], bookings: Sequence[Booking]
) -> dict[OrderId, Window]:
    """Visits of these whose bookings are for another time than theirs."""
    apart = {
        one.order_id
        for one in bookings
        if one.order_id is not None
        and one.order_id in windows
        and _differ(one.window, windows[one.order_id])
    }
    return {order_id: window for order_id, window in windows.items() if order_id in apart}


def had_by(
    order: WorkOrder,
    technicians: Iterable[Technician],
    resources: Iterable[Resource],
    bookings: Iterable[Booking],
) -> tuple[str, ...]:
    """What the order needs, nobody has aboard, and was booked for it: what it went without, it can.

    Parameters
    ----------
    bookings
        The order's own.
    """
    ids = {one.resource_id for one in bookings}
    provided = {name for one in resources if one.id in ids for name in one.provides}
    return tuple(name for name in not_aboard(order, technicians) if name in provided)


def taken(case: Case, insertion: Insertion) -> list[Exclusion]:
    """Vehicles and tools that others have: what the visit needs, or those needed that it moves.

    They are booked in the sequence in which an assignment books them.
    """
    technician, found = insertion.plan.technician, list[Exclusion]()
    behind = [stay for stay in insertion.schedule.stays if _may_have(case, stay)]
    moved = moved_bookings(away_of(behind), case.bookings) if behind else {}
    held = [one for one in case.bookings if one.order_id not in moved]
    for order in (stay.stop.order for stay in behind):
        if order.id not in moved:
            continue
        own = [one for one in case.bookings if one.order_id == order.id]
        names = had_by(order, [technician], case.resources, own)
        window = moved[order.id]
        given = allocate(names, case.resources, [*held, *own], window, order_id=order.id)
        found += [_taken(case, lack, window, order) for lack in given.lacks]
        held += [Booking(BookingId(""), one.id, window, order.id) for one in given.resources]
    visit, needed = insertion.stay.away, not_aboard(case.order, [technician])
    if case.joins_at is None and visit is not None:
        given = allocate(needed, case.resources, held, visit, order_id=case.order.id)
        found += [_taken(case, lack, visit) for lack in given.lacks if lack.taken]
    return found


def _may_have(case: Case, stay: Stay) -> bool:
    order = stay.stop.order
    return bool(order.required_equipment) and order.id != case.order.id


def _taken(case: Case, lack: Lack, visit: Window, of: WorkOrder | None = None) -> Exclusion:
    free_from = lack.free_from or visit.end
    having = "; ".join(
        f"{resource.name} is {_busy(booking)} until {case.clock(booking.window.end)}"
        for resource, booking in lack.taken
    )
    fact = f"no {lack.name} aboard: {having}"
    return Exclusion(
        Code.EQUIPMENT_MISSING,
        fact if of is None else f"then at {of.number}: {fact}",
        f"another {lack.name}, or setting out {f'to {of.number} ' if of else ''}"
        f"from {case.clock(free_from)}",
        {"equipment": lack.name, "visit_from": iso(visit.start), "free_from": iso(free_from)},
        Relaxation(Gives.EQUIPMENT, lack.name),
    )


def _busy(booking: Booking) -> str:
    if booking.order_id is not None:
        return f"booked for {booking.number or booking.order_id}"
    return f"away ({booking.reason})" if booking.reason else "away"


def _differ(one: Window, other: Window) -> bool:
    return abs(one.start - other.start) >= _SAME or abs(one.end - other.end) >= _SAME
