"""What goes to webhooks, seen and steered by people: lists, tests, sending again, giving up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.messages.queueing import CLIENTS, TEST, Message
from geo_dispatch.dispatch.messages.webhooks import Attempt, Delivery, DeliveryState, Endpoint
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import MessageId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.messages.outbox import delivery_to
from geo_dispatch.services.messages.webhooks import refuse_retired

MAX_REPLAY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery with its message and every try."""

    delivery: Delivery
    message: Message
    attempts: Sequence[Attempt] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """What was said from ``start`` until ``end``, which itself is left out.

    Attributes
    ----------
    which
        ``"missing"`` leaves out what the endpoint accepted.
    """

    start: datetime
    end: datetime
    which: Literal["missing", "all"] = "missing"


def page(
    ctx: Desk,
    endpoint_id: str,
    *,
    state: DeliveryState | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Sent]:
    """What went, goes or did not get to the endpoint, newest first.

    Raises
    ------
    NotFound
        There is no such endpoint.
    """
    with ctx.store.read() as unit:
        unit.webhooks.get(endpoint_id)
        found = unit.deliveries.search(endpoint_id, state=state, after=after, limit=limit)
        messages = unit.messages.many(one.message_id for one in found)
    return [Sent(one, messages[one.message_id]) for one in found]


def get(ctx: Desk, delivery_id: str, *, endpoint_id: str) -> Sent:
    """One delivery with every try.

    Raises
    ------
    NotFound
        There is none with this id to this endpoint.
    """
    with ctx.store.read() as unit:
        found = unit.deliveries.get(delivery_id, endpoint_id)
        message = unit.messages.get(found.message_id)
        return Sent(found, message, unit.deliveries.attempts(found.id))


def skip(ctx: Desk, delivery_id: str, *, endpoint_id: str) -> Sent:
    """Give a delivery up, so that those behind it go.

    Raises
    ------
    NotFound, Conflict
        No such delivery; it has ended.
    """
    with ctx.store.write() as unit:
        found = unit.deliveries.get(delivery_id, endpoint_id)
        given_up = replace(found, state=DeliveryState.SKIPPED, ended_at=ctx.clock())
        if not unit.deliveries.settle(given_up):
            raise Conflict(f"{delivery_id} is {found.state}; only what is pending can be skipped")
        unit.commit()
    return get(ctx, delivery_id, endpoint_id=endpoint_id)


def send_test(ctx: Desk, endpoint_id: str) -> Sent:
    """Queue a message of type `TEST` for this endpoint alone.

    Raises
    ------
    NotFound, Conflict
        No such endpoint; it is disabled or retired.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:
        endpoint = _listening(unit, endpoint_id)
        message = Message(
            id=MessageId(ctx.new_id("msg")),
            type=TEST,
            to="client",
            recipient_id=CLIENTS,
            order_id=None,
            text="A test: this endpoint is reached",
            data={"endpoint": endpoint.id},
            at=now,
        )
        unit.messages.add([message])
        queued = delivery_to(ctx, endpoint, message, now)
        unit.deliveries.add([queued])
        unit.commit()
    return Sent(queued, message)


def replay(ctx: Desk, endpoint_id: str, what: Period | MessageId) -> int:
    """Queue messages for the endpoint again, under their own ids, oldest first.

    Returns
    -------
    int
        How many were queued: of a period those that the endpoint hears and that are not on their
        way anyway.

    Raises
    ------
    NotFound
        No such endpoint; no such message.
    Conflict
        The endpoint is disabled or retired; the message is on its way already.
    InvalidInput
        The period holds too many.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:
        endpoint = _listening(unit, endpoint_id)
        if isinstance(what, Period):
            again = _of_period(unit, endpoint, what)
        else:
            again = [_not_under_way(unit, endpoint, what)]
        unit.deliveries.add([delivery_to(ctx, endpoint, one, now) for one in again])
        unit.commit()
    return len(again)


def _not_under_way(unit: Unit, endpoint: Endpoint, message_id: MessageId) -> Message:
    message = unit.messages.get(message_id)
    if _done(unit, endpoint, [message], "all"):
        raise Conflict(f"{message_id} is on its way to {endpoint.id} already")
    return message


def _of_period(unit: Unit, endpoint: Endpoint, period: Period) -> list[Message]:
    said = unit.messages.between(period.start, period.end, MAX_REPLAY + 1)
    if len(said) > MAX_REPLAY:
        raise InvalidInput(
            f"the period holds more than {MAX_REPLAY} messages; take shorter ones in turn",
            [Fault("end", f"{said[-1].at.isoformat()} would be early enough")],
        )
    heard = [message for message in said if message.type != TEST and endpoint.hears(message)]
    done = _done(unit, endpoint, heard, period.which)
    return [message for message in heard if message.id not in done]


def _done(
    unit: Unit, endpoint: Endpoint, messages: Sequence[Message], which: str
) -> set[MessageId]:
    """Messages that need not go again."""
    ended_well = {DeliveryState.PENDING}
    if which == "missing":
        ended_well.add(DeliveryState.DELIVERED)
    done: set[MessageId] = set()
    for begin in range(0, len(messages), _BATCH):
        ids = [message.id for message in messages[begin : begin + _BATCH]]
        known = unit.deliveries.of_messages(endpoint.id, ids)
        done |= {one.message_id for one in known if one.state in ended_well}
    return done


_BATCH: Final = 500


def _listening(unit: Unit, endpoint_id: str) -> Endpoint:
    endpoint = unit.webhooks.get(endpoint_id)
    refuse_retired(endpoint)
    if not endpoint.enabled:
        raise Conflict(f"{endpoint_id} is disabled ({endpoint.disabled_reason}); enable it first")
    return endpoint
