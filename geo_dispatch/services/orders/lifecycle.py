"""What every change of a work order goes through: decide, append, project, tell, commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import Event, stream_of
from geo_dispatch.dispatch.work.evolution import evolve
from geo_dispatch.dispatch.work.lifecycle import decide
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history import briefing
from geo_dispatch.services.messages import outbox
from geo_dispatch.services.orders import stages
from geo_dispatch.services.orders.projections import project
from geo_dispatch.services.sla import clocks as sla


def apply(
    ctx: Desk,
    unit: Unit,
    order: WorkOrder,
    command: c.Command,
    *,
    actor: Actor,
    now: datetime | None = None,
) -> WorkOrder:
    """Decide, append, project: what every change of an order goes through.

    Parameters
    ----------
    order
        As just read in this unit.

    Returns
    -------
    WorkOrder
        As stored; the same object when nothing happened.

    Raises
    ------
    TransitionNotAllowed, InvalidInput, VersionConflict
        As `lifecycle.decide` and `Records.save`.
    """
    now = now or ctx.clock()
    events = worked_out(ctx, unit, order, command, now)
    if not events:
        return order
    unit.append(stream_of(order.id), events, actor=actor, at=now)
    after = carry_out(ctx, unit, order, events, actor=actor, now=now)
    if after == order:
        return order
    saved = unit.orders.save(after)
    have_followers_follow(ctx, unit, order, saved, actor=actor, now=now)
    return saved


def worked_out(
    ctx: Desk, unit: Unit, order: WorkOrder, command: c.Command, now: datetime
) -> list[Event]:
    """What the command comes to: all that goes into the order's record; nothing is written.

    Raises
    ------
    TransitionNotAllowed, InvalidInput
        As `lifecycle.decide`.
    """
    events = decide(order, command, now)
    if not events:
        return []
    stages.refuse_waiting(unit, order, command)
    events += sla.moves(ctx, unit, order, events, now)
    events += briefing.sent(unit, order, events, now)
    return events


def carry_out(
    ctx: Desk, unit: Unit, order: WorkOrder, events: Sequence[Event], *, actor: Actor, now: datetime
) -> WorkOrder:
    """The order after its events, with what follows from them elsewhere written and told."""
    after = order
    for event in events:
        before, after = after, evolve(after, event)
        project(unit, before, after, event, actor=actor)
        outbox.note(ctx, unit, before, after, event, actor=actor, at=now)
    return after


def have_followers_follow(
    ctx: Desk, unit: Unit, before: WorkOrder, after: WorkOrder, *, actor: Actor, now: datetime
) -> None:
    """Do what a change of the order asks of those that come after it."""
    for follower, consequence in stages.followers(unit, before, after, now):
        apply(ctx, unit, follower, consequence, actor=actor, now=now)
