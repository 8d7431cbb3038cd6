"""Orders expected to miss a limit, and arrivals later than told: said once, in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.sla.risk import announced, risk_of
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import OrderDelayed, stream_of
from geo_dispatch.dispatch.work.orders import Risk, WorkOrder
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.messages import outbox
from geo_dispatch.services.orders.lifecycle import apply

SETTING_OUT: Final = timedelta(minutes=15)
"""Whoever will be sent to an order that waits is hardly there sooner."""

_TELLS_OF_ARRIVALS: Final = (
    "order.assigned",
    "order.unassigned",
    "order.eta",
    "order.delayed",
    "order.bumped",
)


def expected(order: WorkOrder, eta: Eta, now: datetime) -> Risk | None:
    """What the order is at risk of, by that ETA; where there is none, by the soonest possible."""
    if eta.eta is None:
        return risk_of(order, *soonest(order, now), now)
    return risk_of(order, eta.eta, eta.finish_at, now)


def soonest(order: WorkOrder, now: datetime) -> tuple[datetime, datetime]:
    """When whoever would set out now could begin and be done."""
    arrive_at = max(now + SETTING_OUT, order.not_before or now)
    return arrive_at, arrive_at + timedelta(seconds=order.duration_s)


def tell_risk(
    ctx: Desk, unit: Unit, order: WorkOrder, risk: Risk | None, *, now: datetime
) -> WorkOrder:
    """Say in the order's record that it is at risk, or no longer; nothing when that is known."""
    if risk == order.risk:
        return order
    return apply(ctx, unit, order, c.TellRisk(risk=risk), actor=WORKER, now=now)


def tell_delay(
    ctx: Desk, unit: Unit, order: WorkOrder, eta: Eta, now: datetime
) -> OrderDelayed | None:
    """Say that the arrival is later than told by more than the policy lets pass; None if not.

    Each delay is measured from what was told last, so that each is told once.
    """
    if eta.eta is None or eta.basis is Basis.ARRIVED:
        return None
    moved_s = unit.policies.in_force().policy.messages.eta_moved_s
    logged = unit.events(streams=[stream_of(eta.order_id)], types=_TELLS_OF_ARRIVALS)
    told = announced((one.event for one in logged), moved_s)
    if told is None or (eta.eta - told).total_seconds() <= moved_s:
        return None
    delayed = OrderDelayed(
        order_id=eta.order_id,
        technician_id=eta.technician_id,
        eta_before=told,
        eta=eta.eta,
        by_s=(eta.eta - told).total_seconds(),
        occurred_at=now,
    )
    unit.append(stream_of(eta.order_id), [delayed], actor=WORKER, at=now)
    outbox.note(ctx, unit, order, order, delayed, actor=WORKER, at=now)
    return delayed


def watch_waiting(ctx: Desk) -> list[WorkOrder]:
    """Tell which orders that nobody has would be late even if somebody were sent now.

    Returns
    -------
    list of WorkOrder
        Those whose risk changed.
    """
    now = ctx.clock()

    def at_risk(order: WorkOrder) -> Risk | None:
        return risk_of(order, *soonest(order, now), now)

    with ctx.store.read() as unit:
        waiting = unit.orders.unassigned()
    news = [order.id for order in waiting if at_risk(order) != order.risk]
    if not news:
        return []
    with ctx.store.write() as unit:
        again = [one for one in unit.orders.many(news).values() if one.technician_id is None]
        told = [tell_risk(ctx, unit, order, at_risk(order), now=now) for order in again]
        unit.commit()
    return told
