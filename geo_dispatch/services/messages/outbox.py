"""The outbox: whoever must hear of a change is written down in the change's own transaction.

What happens in a unit is noted; at its commit the messages are worked out together, so that each
person gets one, and queued with the deliveries to webhooks. A unit that is not committed told
nobody anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.messages.merging import coalesced, merged
from geo_dispatch.dispatch.messages.queueing import (
    Draft,
    Facts,
    Happening,
    Message,
    Planned,
    messages_for,
)
from geo_dispatch.dispatch.messages.rows import TABLE
from geo_dispatch.dispatch.messages.signals import Signal, draft_of
from geo_dispatch.dispatch.messages.webhooks import Delivery, Endpoint
from geo_dispatch.dispatch.policy.document import MessageParams
from geo_dispatch.dispatch.repairs.changes import Change
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.ids import DeliveryId, MessageId, OrderId
from geo_dispatch.services.desk import Desk

TELLING_WHEN: Final = frozenset(
    {
        "order.eta",
        "order.delayed",
        "order.bumped",
        "order.assigned",
        "order.cancelled",
        "technician.arriving",
    }
)
"""Types after which a customer expects somebody at the time that their ``eta`` says, or nobody."""

_ASKS_WHAT_WAS_TOLD: Final = (e.EtaPublished, e.OrderDelayed, Planned, e.OrderEnRoute)


def note(
    ctx: Desk,
    unit: Unit,
    before: WorkOrder | None,
    after: WorkOrder,
    event: e.Event,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Tell, when the unit commits, whoever must hear of this event."""
    if type(event) not in TABLE:
        return
    _keep(ctx, unit, _Noted(Happening(before, after, event, at), actor))


def note_signal(ctx: Desk, unit: Unit, signal: Signal) -> None:
    """Tell clients, when the unit commits, what happened to a technician."""
    _keep(ctx, unit, signal)


def note_change(
    ctx: Desk,
    unit: Unit,
    before: WorkOrder,
    after: WorkOrder,
    change: Change,
    *,
    by_order_id: OrderId | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Tell whoever must hear of one order's part in an emergency or a repair.

    One that was bumped gets its event, `OrderBumped`, here; whose visit moved further than the
    policy lets pass hears when somebody comes.
    """
    pushed = change.kind == "bumped" or (change.kind == "unassigned" and by_order_id is not None)
    if pushed and change.technician_before is not None:
        event = e.OrderBumped(
            order_id=after.id,
            technician_before=change.technician_before,
            technician_after=change.technician_after,
            by_order_id=by_order_id,
            begin_before=change.begin_before,
            begin_after=change.begin_after,
            occurred_at=now,
            reason=change.why,
        )
        unit.append(stream_of(after.id), [event], actor=actor, at=now)
        note(ctx, unit, before, after, event, actor=actor, at=now)
    elif change.begin_after is not None:
        planned = Planned(order_id=after.id, eta=change.begin_after)
        note(ctx, unit, before, after, planned, actor=actor, at=now)


def body_of(message: Message) -> bytes:
    """The message as webhooks carry it, JSON; the same bytes at every try."""
    data = {"to": message.to, "text": message.text, **message.data}
    return msgspec.json.encode({"type": message.type, "timestamp": message.at, "data": data})


def _keep(ctx: Desk, unit: Unit, one: _Noted | Signal) -> None:
    if not unit.noted:
        unit.before_commit(lambda: _flush(ctx, unit))
    unit.noted.append(one)


@dataclass(frozen=True, slots=True)
class _Noted:
    happening: Happening
    actor: Actor


def _flush(ctx: Desk, unit: Unit) -> None:
    noted = [one for one in unit.noted if isinstance(one, _Noted)]
    signals = [one for one in unit.noted if isinstance(one, Signal)]
    unit.noted.clear()
    facts = _facts(ctx, unit, [one.happening for one in noted], signals)
    drafts = [draft for one in noted for draft in messages_for(one.happening, facts, TABLE)]
    drafts += [draft_of(signal, facts) for signal in signals]
    actors = {one.happening.after.id: one.actor for one in noted}
    listening = unit.webhooks.listening()
    messages = []
    for draft in merged(coalesced(drafts)):
        message = Message(id=MessageId(ctx.new_id("msg")), **_values(draft))
        messages.append(message)
        _log(unit, message, actors)
    unit.messages.add(messages)
    unit.deliveries.add(
        [
            delivery_to(ctx, endpoint, message, message.at)
            for message in messages
            for endpoint in listening
            if endpoint.hears(message)
        ]
    )


def delivery_to(ctx: Desk, endpoint: Endpoint, message: Message, now: datetime) -> Delivery:
    """A new delivery of the message to the endpoint, due at once."""
    return Delivery(DeliveryId(ctx.new_id("dl")), endpoint.id, message.id, now, now)


def _values(draft: Draft) -> dict[str, Any]:
    return {field.name: getattr(draft, field.name) for field in fields(Draft)}


def _log(unit: Unit, message: Message, actors: Mapping[OrderId, Actor]) -> None:
    """Word to a person is part of its orders' stories; clients hear the stories themselves."""
    if message.to == "client":
        return
    for place, part in enumerate(message.parts):
        if part.order_id is None:
            continue
        event = e.MessageQueued(
            message_id=message.id,
            message_type=part.type,
            to=message.to,
            recipient_id=message.recipient_id,
            order_id=part.order_id,
            text=message.text,
            repeated=place > 0,
        )
        actor = actors[part.order_id]
        unit.append(stream_of(part.order_id), [event], actor=actor, at=message.at)


def _facts(
    ctx: Desk, unit: Unit, happenings: Sequence[Happening], signals: Sequence[Signal]
) -> Facts:
    """What the messages name, read together."""
    orders = [order for one in happenings for order in (one.before, one.after) if order]
    orders += [one.order for one in signals if one.order]
    technicians = {str(key) for order in orders for key in order.technician_ids}
    technicians |= _named(happenings, "technician_id", "technician_before", "technician_after")
    by = _named(happenings, "by_order_id")
    asking = {one.after.id for one in happenings if isinstance(one.event, _ASKS_WHAT_WAS_TOLD)}
    customers = {order.customer_id for order in orders if order.customer_id}
    return Facts(
        zone=ZoneInfo(ctx.settings.time_zone),
        params=unit.policies.in_force().policy.messages if asking else MessageParams(),
        sites=unit.sites.many({order.site_id for order in orders}) if orders else {},
        technicians=unit.technicians.many(technicians) if technicians else {},
        customers=unit.customers.many(customers) if customers else {},
        numbers={key: one.number for key, one in unit.orders.many(by).items()} if by else {},
        told=_told(unit, asking) if asking else {},
        on_the_way=_on_the_way(unit, happenings),
    )


def _named(happenings: Sequence[Happening], *fields_of_events: str) -> set[str]:
    """The ids that the events hold in these fields."""
    found = (getattr(one.event, name, None) for one in happenings for name in fields_of_events)
    return {str(key) for key in found if key is not None}


def _told(unit: Unit, order_ids: set[OrderId]) -> dict[OrderId, datetime]:
    """When each order's customer expects somebody, as they were told last."""
    last = unit.messages.last_told(order_ids, TELLING_WHEN)
    return {
        order_id: datetime.fromisoformat(eta)
        for order_id, part in last.items()
        if (eta := part.data.get("eta") or part.data.get("begin_after"))
    }


def _on_the_way(unit: Unit, happenings: Sequence[Happening]) -> dict[OrderId, datetime]:
    """Since when somebody was on the way to each order that somebody set out for, as last told."""
    setting_out = {one.after.id for one in happenings if isinstance(one.event, e.OrderEnRoute)}
    if not setting_out:
        return {}
    last = unit.messages.last_told(setting_out, [e.OrderEnRoute.type])
    return {
        order_id: datetime.fromisoformat(part.data["occurred_at"])
        for order_id, part in last.items()
    }
