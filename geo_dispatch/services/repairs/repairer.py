"""Repairs proposed by themselves: follows the log for what upsets a day, and watches overruns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import structlog

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.repairs.proposals import Cause
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.dispatch.work.orders import UNDER_WAY
from geo_dispatch.kernel.errors import Conflict, NotFound
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.services import relay
from geo_dispatch.services.context import Context
from geo_dispatch.services.repairs import proposals
from geo_dispatch.services.repairs.disruptions import Disruption, propose
from geo_dispatch.services.sla import risks

CONSUMER: Final = "repair"

LOOK_S: Final = 30.0
"""Overruns and orders that wait make no event by themselves: so often, real time, look at them."""

_BATCH: Final = 200

_BY_HOLD: Final = {"material": Cause.MATERIAL, "no_access": Cause.NO_ACCESS}
"""Any other hold frees the time just as well, for reasons of the order's own."""

_log = structlog.get_logger(__name__)


def follower(
    ctx: Context, turn_is_ours: Callable[[], bool], stopping: threading.Event
) -> relay.Follower:
    """Proposing repairs, to run beside other work."""
    return relay.Follower(
        name="repairs",
        follow=lambda: follow(ctx),
        look=lambda: look(ctx),
        look_every_s=LOOK_S,
        turn_is_ours=turn_is_ours,
        stopping=stopping,
    )


def follow(ctx: Context) -> int:
    """Propose a repair for each of the next events that upset a day.

    Whoever dies before the cursor is written proposes again: the same is kept once. What is older
    than a proposal lasts is left alone.
    """
    seen: set[Disruption] = set()

    def handle(logged: LoggedEvent) -> None:
        if ctx.clock() - logged.at > proposals.HOLDS_FOR:
            return
        with ctx.store.read() as unit:
            disruption = upset_by(unit, logged)
        if disruption is not None and disruption not in seen:
            seen.add(disruption)
            _propose(ctx, disruption)

    return relay.deliver(ctx.store, CONSUMER, handle, _BATCH)


def look(ctx: Context) -> None:
    """Close what ran out, see who waits too long, and who takes longer than planned."""
    proposals.expire(ctx)
    risks.watch_waiting(ctx)
    for disruption in overruns(ctx):
        _propose(ctx, disruption)


def upset_by(unit: Unit, logged: LoggedEvent) -> Disruption | None:
    """What the event upsets; None when it upsets nobody's day."""
    body = logged.body
    owner, order_id = body.get("technician_id"), body.get("order_id")
    if logged.type == "record.changed":
        return _fallen_ill(unit, logged)
    if logged.type == "order.held":
        taken = unit.events(streams=[logged.stream], types=["order.unassigned"])
        if not taken or taken[-1].version != logged.version - 1:
            return None
        owner = taken[-1].body["technician_id"]
        cause = _BY_HOLD.get(str(body["reason"]), Cause.HELD)
        return Disruption(cause, TechnicianId(owner), OrderId(str(order_id)))
    upsetting = _UPSETTING.get(logged.type)
    if upsetting is None or owner is None:
        return None
    about = None if upsetting is Cause.LATE else OrderId(str(order_id))
    return Disruption(upsetting, TechnicianId(str(owner)), about)


_UPSETTING: Final = {
    "order.at_risk": Cause.LATE,
    "order.needs_help": Cause.STUCK,
    "order.cancelled": Cause.CANCELLED,
}


def overruns(ctx: Context) -> list[Disruption]:
    """Visits that go on past their planned end, and that nothing was proposed for yet."""
    now = ctx.clock()
    found = []
    with ctx.store.read() as unit:
        orders = [one for one in unit.orders.search(statuses=UNDER_WAY) if one.technician_id]
        sites = unit.sites.many(one.site_id for one in orders if one.arrival is not None)
        for order in orders:
            if order.technician_id is None or order.site_id not in sites:
                continue
            stop = Stop(order, sites[order.site_id].location)
            over = stop.reached and stop.remaining_s(now) <= 0
            if over and unit.proposals.latest(Cause.OVERRUN, order.id) is None:
                found.append(Disruption(Cause.OVERRUN, order.technician_id, order.id))
    return found


def _fallen_ill(unit: Unit, logged: LoggedEvent) -> Disruption | None:
    if logged.body.get("kind") != "technician" or "leave" not in logged.body["changes"]:
        return None
    technician = unit.technicians.find(logged.stream.partition(":")[2])
    if technician is None or technician.leave_at(logged.at) is None:
        return None
    return Disruption(Cause.ILL, technician.id)


def _propose(ctx: Context, disruption: Disruption) -> None:
    try:
        proposal = propose(ctx, disruption)
    except (Conflict, NotFound) as error:  # the world moved on: its next event comes
        _log.info("no repair", cause=disruption.cause, reason=error.message)
        return
    _log.info("proposed", id=proposal.id, state=proposal.state, fact=proposal.fact)
