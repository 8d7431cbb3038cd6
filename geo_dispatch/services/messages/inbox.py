"""Messages as they were queued, for those who may read them."""

from __future__ import annotations

from geo_dispatch.dispatch.messages.queueing import Message
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk


def page(
    ctx: Desk,
    actor: Actor,
    *,
    to: str | None = None,
    recipient_id: str | None = None,
    order_id: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Message]:
    """Those that meet every condition given, newest first; technicians see their own."""
    if actor.technician_id is not None:
        if to not in {None, "technician"} or recipient_id not in {None, actor.technician_id}:
            return []
        to, recipient_id = "technician", actor.technician_id
    with ctx.store.read() as unit:
        return unit.messages.search(
            to=to, recipient_id=recipient_id, order_id=order_id, after=after, limit=limit
        )
