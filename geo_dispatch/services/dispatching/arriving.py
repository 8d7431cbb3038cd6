"""Technicians who are nearly there: told once for each assignment."""

from __future__ import annotations

from datetime import datetime

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.eta import Eta, is_arriving
from geo_dispatch.dispatch.work.events import TechnicianArriving, stream_of
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.messages import outbox


def tell_arriving(
    ctx: Desk, unit: Unit, order: WorkOrder, eta: Eta, now: datetime
) -> TechnicianArriving | None:
    """Say that the order's technician is nearly there; None when they aren't, or it was said."""
    within_s = unit.policies.in_force().policy.messages.arriving_s
    if eta.eta is None or order.assignment_id is None or not is_arriving(order, eta, now, within_s):
        return None
    stream = stream_of(order.id)
    told = unit.events(streams=[stream], types=[TechnicianArriving.type])
    if any(one.body["assignment_id"] == order.assignment_id for one in told):
        return None
    event = TechnicianArriving(
        order_id=order.id,
        technician_id=eta.technician_id,
        assignment_id=order.assignment_id,
        eta=eta.eta,
        drive_s=eta.drive_s or 0.0,
        occurred_at=now,
    )
    unit.append(stream, [event], actor=WORKER, at=now)
    outbox.note(ctx, unit, order, order, event, actor=WORKER, at=now)
    return event
