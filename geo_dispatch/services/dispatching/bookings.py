"""Shared vehicles and tools in use: booked for visits, moved and let go with them, blocked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.availability import clock_text
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.ranking.booking import Lack, allocate, not_aboard
from geo_dispatch.dispatch.ranking.rebooking import away_of, had_by, moved_bookings
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.work.events import ResourceBooked, ResourceReleased, stream_of
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import AssignmentConflict, Conflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import BookingId, OrderId, ResourceId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.desk import Desk


def of_resource(ctx: Desk, resource_id: str, *, since: datetime | None = None) -> list[Booking]:
    """The resource's bookings that are not over at ``since``, in order; None for all.

    Raises
    ------
    NotFound
        There is no such resource.
    """
    with ctx.store.read() as unit:
        resource = unit.resources.get(resource_id)
        found = unit.bookings.of_resource(resource.id)
    return [one for one in found if since is None or one.window.end > since]


def of_order(ctx: Desk, order_id: str) -> list[Booking]:
    """What is booked for the order, in order; once it has ended, what it had."""
    with ctx.store.read() as unit:
        return unit.bookings.of_order(order_id)


def block(ctx: Desk, resource_id: str, window: Window, *, reason: str, actor: Actor) -> Booking:
    """Take the resource out of reach for the time: service, lent to somebody.

    Raises
    ------
    NotFound
        There is no such resource.
    InvalidInput
        Without a reason.
    Conflict
        It is retired, or taken; ``conflicts`` says by whom until when.
    """
    if not reason.strip():
        raise InvalidInput(
            "blocking a resource needs a reason",
            [Fault("reason", "is empty; say why nobody can have it, such as 'service'")],
        )
    with ctx.store.write() as unit:
        resource = unit.resources.get(resource_id)
        if resource.retired:
            raise Conflict(f"resource {resource.name!r} is retired; enter it anew")
        unit.bookings.take_turn()
        taken = unit.bookings.during(window, [resource.id])
        if taken:
            raise Conflict(
                f"{resource.name} is taken",
                [Fault(resource.name, _held(ctx, resource, one)) for one in taken],
            )
        booking = Booking(BookingId(ctx.new_id("bk")), resource.id, window, reason=reason)
        _append(ctx, unit, _booked(booking, resource), actor)
        unit.bookings.book(booking)
        unit.commit()
    return booking


def unblock(ctx: Desk, resource_id: str, booking_id: str, *, actor: Actor) -> Booking:
    """Give the resource back: whoever blocked it doesn't need it after all.

    Raises
    ------
    NotFound
        There is no such resource, or booking of it.
    Conflict
        An order needs it; ``conflicts`` says which.
    """
    with ctx.store.write() as unit:
        resource = unit.resources.get(resource_id)
        booking = unit.bookings.get(booking_id, resource.id)
        if booking.order_id is not None:
            raise Conflict(
                f"{resource.name} is booked for {booking.number}; unassign or move that order "
                "instead",
                [Fault(booking.number, f"needs {resource.name}")],
            )
        released = ResourceReleased(
            booking_id=booking.id, resource_id=resource.id, name=resource.name
        )
        _append(ctx, unit, released, actor)
        unit.bookings.drop(booking.id)
        unit.commit()
    return booking


def book_for(
    ctx: Desk,
    unit: Unit,
    order: WorkOrder,
    window: Window,
    *,
    actor: Actor,
    force: bool = False,
    now: datetime | None = None,
) -> tuple[Booking, ...]:
    """Book, within a unit, what the order needs and none of its technicians has aboard.

    Called again when the visit moves: what it had moves with it, to another resource if its own
    is taken then.

    Parameters
    ----------
    order
        As it stands, with its technician and crew.
    window
        `Stay.away` of the visit.
    force
        Leave out what nobody can have, instead of refusing.

    Raises
    ------
    AssignmentConflict
        Something is not free; ``conflicts`` says who has it until when.
    """
    technicians = unit.technicians.many(order.technician_ids).values()
    names = not_aboard(order, technicians)
    had = unit.bookings.of_order(order.id)
    if not names and not had:
        return ()
    unit.bookings.take_turn()
    return _book(ctx, unit, order, names, window, had=had, actor=actor, force=force, now=now)


def _book(
    ctx: Desk,
    unit: Unit,
    order: WorkOrder,
    names: Sequence[str],
    window: Window,
    *,
    had: Sequence[Booking],
    actor: Actor,
    force: bool,
    now: datetime | None,
) -> tuple[Booking, ...]:
    found = allocate(
        names,
        unit.resources.list(),
        [*unit.bookings.during(window), *had],
        window,
        order_id=order.id,
    )
    if found.lacks and not force:
        raise AssignmentConflict(
            f"{order.number} needs {', '.join(lack.name for lack in found.lacks)}, "
            "which nobody can have for that time; force with a reason to go without",
            [
                Fault("equipment_missing", lack_text(ctx, lack, now=now or ctx.clock()))
                for lack in found.lacks
            ],
        )
    wanted = {(resource.id, window.start, window.end) for resource in found.resources}
    if {(one.resource_id, one.window.start, one.window.end) for one in had} == wanted:
        return tuple(had)
    booked = [
        Booking(BookingId(ctx.new_id("bk")), resource.id, window, order.id, number=order.number)
        for resource in found.resources
    ]
    events = [_booked(one, resource) for one, resource in zip(booked, found.resources, strict=True)]
    unit.append(stream_of(order.id), events, actor=actor, at=now or ctx.clock())
    for one in had:
        unit.bookings.drop(one.id)
    for one in booked:
        unit.bookings.book(one)
    return tuple(booked)


def move_along(
    ctx: Desk,
    unit: Unit,
    stays: Iterable[Stay],
    *,
    actor: Actor,
    force: bool = False,
    now: datetime | None = None,
) -> None:
    """Book anew, within a unit, what belongs to visits that now come at another time.

    Raises
    ------
    AssignmentConflict
        As `book_for`.
    """
    move_to(ctx, unit, away_of(stays), actor=actor, force=force, now=now)


def move_to(
    ctx: Desk,
    unit: Unit,
    windows: Mapping[OrderId, Window],
    *,
    actor: Actor,
    force: bool = False,
    now: datetime | None = None,
) -> None:
    """Book anew, within a unit, what these orders have for another time than theirs.

    All of it is let go first: visits that change places are not in each other's way.

    Raises
    ------
    AssignmentConflict
        As `book_for`.
    """
    known = unit.bookings.of_orders(windows)
    windows = moved_bookings(windows, known)
    if not windows:
        return
    unit.bookings.take_turn()
    for one in known:
        if one.order_id in windows:
            unit.bookings.drop(one.id)
    resources = unit.resources.list()
    for order_id, window in windows.items():
        order = unit.orders.get(order_id)
        had = [one for one in known if one.order_id == order_id]
        technicians = unit.technicians.many(order.technician_ids).values()
        names = had_by(order, technicians, resources, had)
        _book(ctx, unit, order, names, window, had=had, actor=actor, force=force, now=now)


def lack_text(ctx: Desk, lack: Lack, *, now: datetime) -> str:
    """``"no hoist free: Hoist 1 is booked for WO-4 until 14:20; lifted by: free from 14:20"``."""
    if not lack.taken or lack.free_from is None:
        return f"nobody has {lack.name} aboard, and no resource provides it"
    held = "; ".join(_held(ctx, resource, booking) for resource, booking in lack.taken)
    clock = clock_text(lack.free_from, ZoneInfo(ctx.settings.time_zone), now)
    return f"no {lack.name} free: {held}; lifted by: free from {clock}"


def _held(ctx: Desk, resource: Resource, booking: Booking) -> str:
    until = clock_text(booking.window.end, ZoneInfo(ctx.settings.time_zone), ctx.clock())
    if booking.order_id is None:
        return f"{resource.name} is out of reach until {until} ({booking.reason})"
    return f"{resource.name} is booked for {booking.number} until {until}"


def _booked(booking: Booking, resource: Resource) -> ResourceBooked:
    return ResourceBooked(
        booking_id=booking.id,
        resource_id=resource.id,
        name=resource.name,
        start=booking.window.start,
        end=booking.window.end,
        order_id=booking.order_id,
        reason=booking.reason,
    )


def _append(ctx: Desk, unit: Unit, event: ResourceBooked | ResourceReleased, actor: Actor) -> None:
    unit.append(_stream(event.resource_id), [event], actor=actor, at=ctx.clock())


def _stream(resource_id: ResourceId) -> str:
    return f"resource:{resource_id}"
