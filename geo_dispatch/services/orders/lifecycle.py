"""What every change of a work order goes through: decide, append, project, tell, commit."""

from __future__ import annotations

from datetime import datetime

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import stream_of
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
    events = decide(order, command, now)
    if not events:
        return order
    stages.refuse_waiting(unit, order, command)
    events += sla.moves(ctx, unit, order, events, now)
    events += briefing.sent(unit, order, events, now)
    unit.append(stream_of(order.id), events, actor=actor, at=now)
    after = order
    for event in events:
        before, after = after, evolve(after, event)
        project(unit, before, after, event, actor=actor)
        outbox.note(ctx, unit, before, after, event, actor=actor, at=now)
    if after == order:
        return order
    saved = unit.orders.save(after)
    for follower, consequence in stages.followers(unit, order, saved, now):
        apply(ctx, unit, follower, consequence, actor=actor, now=now)
    return saved
