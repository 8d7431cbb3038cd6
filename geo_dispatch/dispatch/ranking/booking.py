"""Which shared vehicles and tools an order takes, and until when somebody else has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.ids import OrderId, ResourceId
from geo_dispatch.kernel.time import Window


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that the order needs, and nobody can have for that time.

    Attributes
    ----------
    name
        As the order asks for it: ``"hoist"``.
    taken
        Who has each resource that provides it; empty when nothing does.
    free_from
        When the first of them is free for as long; None when nothing provides it.
    """

    name: str
    taken: tuple[tuple[Resource, Booking], ...] = ()
    free_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """What an order takes, and what it lacks."""

    resources: tuple[Resource, ...] = ()
    lacks: tuple[Lack, ...] = ()


def not_aboard(order: WorkOrder, technicians: Iterable[Technician]) -> tuple[str, ...]:
    """What the order asks for and none of their vehicles has, in its order."""
    aboard = {name for one in technicians if one.vehicle for name in one.vehicle.equipment}
    return tuple(dict.fromkeys(n for n in order.required_equipment if n not in aboard))


def allocate(
    names: Sequence[str],
    resources: Iterable[Resource],
    bookings: Iterable[Booking],
    window: Window,
    *,
    order_id: OrderId | None = None,
) -> Allocation:
    """Free resources that provide the names for the window.

    Of those that provide a name, the one with most of what is still open is taken, then one that
    the order had already, then the first by name: the same inputs give the same answer.

    Parameters
    ----------
    order_id
        Bookings of this order don't count against it.
    """
    known = list(bookings)
    others = [one for one in known if order_id is None or one.order_id != order_id]
    had = {one.resource_id for one in known if order_id is not None and one.order_id == order_id}
    usable = sorted((r for r in resources if not r.retired), key=lambda r: (r.name, r.id))
    held = {r.id: [b for b in others if b.resource_id == r.id] for r in usable}
    free = [r for r in usable if not any(b.window.overlaps(window) for b in held[r.id])]
    chosen: list[Resource] = []
    lacks = []
    open_names = list(names)
    while open_names:
        name = open_names[0]
        able = [r for r in free if name in r.provides]
        if not able:
            lacks.append(_lack(name, usable, held, window))
            open_names.remove(name)
            continue
        best = max(
            able, key=lambda r: (sum(name in r.provides for name in open_names), r.id in had)
        )
        chosen.append(best)
        free.remove(best)
        open_names = [wanted for wanted in open_names if wanted not in best.provides]
    return Allocation(tuple(chosen), tuple(lacks))


def free_from(bookings: Iterable[Booking], window: Window) -> datetime:
    """The first moment, from the window's start on, that is free for as long as the window is."""
    length = window.end - window.start
    start = window.start
    for booking in sorted(bookings, key=lambda one: one.window.start):
        if booking.window.overlaps(Window(start, start + length)):
            start = booking.window.end
    return start


def _lack(
    name: str,
    usable: Sequence[Resource],
    held: Mapping[ResourceId, Sequence[Booking]],
    window: Window,
) -> Lack:
    able = [r for r in usable if name in r.provides]
    taken = tuple(
        (r, booking) for r in able for booking in held[r.id] if booking.window.overlaps(window)
    )
    return Lack(name, taken, min((free_from(held[r.id], window) for r in able), default=None))
