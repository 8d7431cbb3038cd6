"""What a person says of an order beside who goes: it stays, it waits, it goes on, it is judged."""

from __future__ import annotations

from functools import partial

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import HoldReason, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.dispatching.objections import refuse_fixed
from geo_dispatch.services.dispatching.sequences import carry_out


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
    command = c.Pin(pinned=pinned)
    return carry_out(ctx, order_id, command, actor=actor, expected_version=expected_version)


def hold(
    ctx: Desk,
    order_id: str,
    reason: HoldReason,
    *,
    note: str = "",
    actor: Actor,
    force: bool = False,
    expected_version: int | None = None,
) -> WorkOrder:
    """It waits for something that no technician can bring; whoever has it loses it.

    Parameters
    ----------
    force
        Though it is pinned, or they are on the way.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    AssignmentConflict
        It is pinned, or they are on the way or at work on it; ``conflicts`` says which.
    TransitionNotAllowed
        It has ended.
    """
    return carry_out(
        ctx,
        order_id,
        c.PutOnHold(reason=reason, note=note),
        actor=actor,
        expected_version=expected_version,
        unless=partial(refuse_fixed, force=force),
    )


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
    command = c.Release(note=note)
    return carry_out(ctx, order_id, command, actor=actor, expected_version=expected_version)


def judge(
    ctx: Desk,
    order_id: str,
    reason: str,
    *,
    actor: Actor,
    expected_version: int | None = None,
) -> WorkOrder:
    """Seen, and left with whoever says so: no rule touches it until something happens to it again.

    Without a flag nothing happens.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    TransitionNotAllowed
        It has ended.
    """
    command = c.ClearFlag(reason=reason)
    return carry_out(ctx, order_id, command, actor=actor, expected_version=expected_version)
