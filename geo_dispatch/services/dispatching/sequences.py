"""The order of a technician's day: each open order has its number in it, from 1 without gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.orders.lifecycle import apply


def number(
    ctx: Desk,
    unit: Unit,
    technician_id: TechnicianId,
    order_ids: Sequence[OrderId],
    *,
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """Number the orders of the technician's day from 1, those of other leads too."""
    orders = unit.orders.many(order_ids)
    crews = unit.crew_members.of_orders(one.id for one in orders.values() if one.crew)
    for sequence, order_id in enumerate(order_ids, start=1):
        order = orders[order_id]
        member = technician_id if technician_id in order.crew else None
        known = crews.get(order.id, {}).get(technician_id) if member else order.sequence
        if known != sequence:
            command = c.Resequence(sequence=sequence, member=member)
            apply(ctx, unit, order, command, actor=actor, now=now)


def close_gaps(
    ctx: Desk, unit: Unit, technician_ids: Iterable[TechnicianId], *, actor: Actor
) -> None:
    """Number the days anew as they stand: somebody lost an order, or it ended."""
    for technician_id in technician_ids:
        [plan] = load_plans(unit, [unit.technicians.get(technician_id)], lambda _: None)
        in_turn = [stop.order.id for stop in plan.stops]
        number(ctx, unit, technician_id, in_turn, actor=actor)


def carry_out(
    ctx: Desk,
    order_id: str,
    command: c.Command,
    *,
    actor: Actor,
    expected_version: int | None,
    unless: Callable[[WorkOrder], None] | None = None,
) -> WorkOrder:
    """Carry out a command on one order, in a unit of its own; who loses it has their day closed up.

    Parameters
    ----------
    unless
        Raises what speaks against it, as the order stands.

    Raises
    ------
    NotFound, VersionConflict, TransitionNotAllowed
        No such order; changed meanwhile; the command isn't possible as it stands.
    """
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        if unless is not None:
            unless(order)
        after = apply(ctx, unit, order, command, actor=actor)
        gone = [one for one in order.technician_ids if one not in after.technician_ids]
        close_gaps(ctx, unit, gone, actor=actor)
        unit.commit()
    return after
