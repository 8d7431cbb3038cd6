"""Carrying out what an emergency or a repair decided: all of it in one unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.repairs.changes import Change, Rearrangement
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault
from geo_dispatch.kernel.ids import AssignmentId, OrderId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.dispatching import bookings
from geo_dispatch.services.dispatching.sequences import number
from geo_dispatch.services.messages import outbox
from geo_dispatch.services.orders.lifecycle import apply


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an assignment was decided on; kept with it.

    Attributes
    ----------
    ranking
        The candidates as they stood, best first, as the API shows them.
    decision_id
        What was known then is kept under it.
    start_at
        When work begins, at the earliest; None leaves the order's.
    """

    ranking: tuple[dict[str, Any], ...] = ()
    decision_id: str | None = None
    start_at: datetime | None = None


def apply_changes(
    ctx: Desk,
    unit: Unit,
    rearrangement: Rearrangement,
    *,
    source: str,
    actor: Actor,
    now: datetime,
    by_order_id: OrderId | None = None,
    grounds: Mapping[OrderId, Grounds] | None = None,
    base: Mapping[OrderId, int] | None = None,
    force: bool = False,
) -> dict[OrderId, WorkOrder]:
    """Give, take and number the orders as the rearrangement says, within a unit.

    Parameters
    ----------
    source
        As `WorkOrder.assignment_source`: ``"emergency"``, ``"repair"``.
    by_order_id
        The emergency that the others make room for.
    grounds
        What assignments were decided on, by order.
    base
        Versions of the orders on which the changes were worked out; refused when the world
        moved on. Those left out are not looked at.
    force
        Go without vehicles and tools that nobody can have, instead of refusing.

    Returns
    -------
    dict
        Every order of the changes, as stored.

    Raises
    ------
    Conflict
        An order is not at its version of ``base``; ``conflicts`` names each.
    TransitionNotAllowed
        An order stands where it can't change hands.
    NotFound
        An order is gone.
    AssignmentConflict
        Something that a visit needs is not free then; ``conflicts`` says who has it.
    """
    before = _expected(unit, rearrangement, base or {})
    orders = dict(before)
    known = grounds or {}
    for change in rearrangement.changes:
        order_id = change.order_id
        reasons = known.get(order_id, Grounds())
        command = _command(ctx, change, _place(rearrangement, change), source, reasons)
        if command is not None:
            orders[order_id] = apply(ctx, unit, orders[order_id], command, actor=actor, now=now)
    for technician_id, sequence in rearrangement.sequences.items():
        number(ctx, unit, technician_id, sequence, actor=actor, now=now)
    orders |= {OrderId(key): order for key, order in unit.orders.many(orders).items()}
    bookings.move_to(ctx, unit, rearrangement.away, actor=actor, force=force, now=now)
    for change in rearrangement.changes:
        away = rearrangement.away.get(change.order_id)
        if away is not None and change.team_after != change.team_before:
            given = orders[change.order_id]
            bookings.book_for(ctx, unit, given, away, actor=actor, force=force, now=now)
    for change in rearrangement.changes:
        order_id = change.order_id
        outbox.note_change(
            ctx,
            unit,
            before[order_id],
            orders[order_id],
            change,
            by_order_id=None if order_id == by_order_id else by_order_id,
            actor=actor,
            now=now,
        )
    return {change.order_id: orders[change.order_id] for change in rearrangement.changes}


def _expected(
    unit: Unit, rearrangement: Rearrangement, base: Mapping[OrderId, int]
) -> dict[OrderId, WorkOrder]:
    named = {change.order_id for change in rearrangement.changes}
    named.update(one for sequence in rearrangement.sequences.values() for one in sequence)
    orders = {OrderId(key): order for key, order in unit.orders.many(named | set(base)).items()}
    gone = sorted(named - set(orders))
    if gone:
        unit.orders.get(gone[0])
    stale = [
        Fault(orders[one].number, f"is at version {orders[one].version}, not {version}")
        if one in orders
        else Fault(one, "is gone")
        for one, version in base.items()
        if one not in orders or orders[one].version != version
    ]
    if stale:
        raise Conflict("the day is not as it was when this was worked out", stale)
    return orders


def _place(rearrangement: Rearrangement, change: Change) -> int:
    """Its number in the day of whoever has it then; 0 when it isn't among the days that change."""
    owner = change.technician_after
    sequence = rearrangement.sequences.get(owner, ()) if owner is not None else ()
    return sequence.index(change.order_id) + 1 if change.order_id in sequence else 0


def _command(
    ctx: Desk, change: Change, place: int, source: str, grounds: Grounds
) -> c.Command | None:
    if change.team_after == change.team_before:
        return None
    if change.technician_after is None:
        return c.Unassign(reason=change.why)
    if change.technician_after == change.technician_before:
        return c.ChangeCrew(
            assignment_id=AssignmentId(ctx.new_id("as")), crew=change.crew_after, reason=change.why
        )
    return c.Assign(
        assignment_id=AssignmentId(ctx.new_id("as")),
        technician_id=change.technician_after,
        sequence=place,
        source=source,
        reason=change.why,
        crew=change.crew_after,
        start_at=grounds.start_at,
        decision_id=grounds.decision_id,
        ranking=grounds.ranking,
    )
