"""What a person says of an order beside who goes: it stays where it is, it waits, it goes on."""

from __future__ import annotations

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import HoldReason, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.dispatching.sequences import close_gaps
from geo_dispatch.services.orders.lifecycle import apply


def pin(
    ctx: Desk, order_id: str, *, pinned: bool, actor: Actor, expected_version: int | None = None
) -> WorkOrder:
    """Nothing automatic moves it any more, or it may again.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    TransitionNotAllowed
        Nobody has it, or they are under way.
    """
    return _apply(ctx, order_id, c.Pin(pinned=pinned), actor, expected_version)


def hold(
    ctx: Desk,
    order_id: str,
    reason: HoldReason,
    *,
    note: str = "",
    actor: Actor,
    expected_version: int | None = None,
) -> WorkOrder:
    """It waits for something that no technician can bring; whoever has it loses it.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    TransitionNotAllowed
        It has ended, or they are at work on it.
    """
    return _apply(ctx, order_id, c.PutOnHold(reason=reason, note=note), actor, expected_version)


def release(
    ctx: Desk,
    order_id: str,
    *,
    note: str = "",
    actor: Actor,
    expected_version: int | None = None,
) -> WorkOrder:
    """What it waited for has come; without a hold nothing happens.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    TransitionNotAllowed
        It has ended, or a permit is missing still.
    """
    return _apply(ctx, order_id, c.Release(note=note), actor, expected_version)


def _apply(
    ctx: Desk, order_id: str, command: c.Command, actor: Actor, expected_version: int | None
) -> WorkOrder:
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        after = apply(ctx, unit, order, command, actor=actor)
        gone = [one for one in order.technician_ids if one not in after.technician_ids]
        close_gaps(ctx, unit, gone, actor=actor)
        unit.commit()
    return after
