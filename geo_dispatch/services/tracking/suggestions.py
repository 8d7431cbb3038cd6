"""Arrivals that fixes make likely, but not sure: what to ask people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history.disclosure import is_outside
from geo_dispatch.tracking.evidence import Evidence
from geo_dispatch.tracking.geofence import suggestion

_BEFORE_ARRIVAL: Final = frozenset({Status.ASSIGNED, Status.EN_ROUTE})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A likely arrival: whose, since when, and the fixes behind it."""

    technician_id: TechnicianId
    since: datetime
    evidence: Evidence


def of_technician(ctx: Desk, technician_id: str) -> dict[OrderId, Suggestion]:
    """Their orders at whose site they are likely but not surely, and where nobody has arrived."""
    with ctx.store.read() as unit:
        held = unit.orders.open([technician_id])
        return _likely(unit, [one for one in held if one.technician_id == technician_id])


def of_order(unit: Unit, order: WorkOrder) -> Suggestion | None:
    """What fixes suggest of the order; None when nothing, or when somebody has arrived."""
    return _likely(unit, [order]).get(order.id)


def shown(unit: Unit, order: WorkOrder, reader: Actor) -> Suggestion | None:
    """The same, but for clients: what is not sure stays in the house."""
    return None if is_outside(reader) else of_order(unit, order)


def back_dated(
    ctx: Desk, unit: Unit, order: WorkOrder, command: c.Command, at: datetime
) -> c.ConfirmArrival:
    """A person's arrival at that time, with the fixes that suggested it if they did.

    Raises
    ------
    InvalidInput
        The command is no arrival; the time lies before the assignment or in the future.
    """
    if not isinstance(command, c.ConfirmArrival):
        raise InvalidInput(
            f"only an arrival at {order.number} has such a time",
            [Fault("arrived_at", "is for status on_site, before anybody arrived; leave it out")],
        )
    if not (order.assigned_at or order.placed_at) <= at <= ctx.clock():
        raise InvalidInput(
            f"nobody arrived at {order.number} then",
            [Fault("arrived_at", f"{at.isoformat()} is not between the assignment and now")],
        )
    likely = of_order(unit, order)
    if likely is None or likely.since != at:
        return replace(command, occurred_at=at)
    return replace(command, occurred_at=at, evidence=msgspec.to_builtins(likely.evidence))


def _likely(unit: Unit, orders: Sequence[WorkOrder]) -> dict[OrderId, Suggestion]:
    waiting = [one for one in orders if one.status in _BEFORE_ARRIVAL and not one.arrival]
    tracks = unit.tracking.states({one.technician_id for one in waiting if one.technician_id})
    found: dict[OrderId, Suggestion] = {}
    for order in waiting:
        if order.technician_id is None or order.assignment_id is None:
            continue
        track = tracks.get(order.technician_id)
        stop = track.stop(order.assignment_id) if track else None
        likely = suggestion(stop.fence) if stop else None
        if likely is not None:
            since = ms_to_datetime(likely.fixes[0].at_ms)
            found[order.id] = Suggestion(order.technician_id, since, likely)
    return found
