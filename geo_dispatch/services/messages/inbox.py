"""Messages as they were queued, for those who may read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

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


FORGOTTEN_AT_ONCE: Final = 200
"""Messages dropped in one transaction: writers wait for each other."""


def forget_old(ctx: Desk) -> bool:
    """Drop some of what is older than the settings keep; says whether there is more."""
    before = ctx.clock() - timedelta(days=ctx.settings.messages_kept_days)
    with ctx.store.write() as unit:
        forgotten = unit.messages.forget_before(before, FORGOTTEN_AT_ONCE)
        unit.commit()
    return forgotten == FORGOTTEN_AT_ONCE
