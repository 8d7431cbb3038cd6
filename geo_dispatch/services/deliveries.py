"""What goes to webhooks, seen and steered by people: lists, tests, sending again, giving up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.messages import CLIENTS, TEST, Message
from geo_dispatch.dispatch.webhooks import Attempt, Delivery, DeliveryState, Endpoint
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import MessageId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.outbox import delivery_to
from geo_dispatch.services.webhooks import refuse_retired

MAX_REPLAY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery with its message and every try."""

    delivery: Delivery
    message: Message
    attempts: Sequence[Attempt] = ()


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


def get(ctx: Desk, delivery_id: str) -> Sent:
    """One delivery with every try.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    with ctx.store.read() as unit:
        found = unit.deliveries.get(delivery_id)
        message = unit.messages.get(found.message_id)
        return Sent(found, message, unit.deliveries.attempts(found.id))


def skip(ctx: Desk, delivery_id: str) -> Sent:
    """Give a delivery up, so that those behind it go.

    Raises
    ------
    NotFound, Conflict
        No such delivery; it has ended.
    """
    with ctx.store.write() as unit:
        found = unit.deliveries.get(delivery_id)
        given_up = replace(found, state=DeliveryState.SKIPPED, ended_at=ctx.clock())
        if not unit.deliveries.settle(given_up):
            raise Conflict(f"{delivery_id} is {found.state}; only what is pending can be skipped")
        unit.commit()
    return get(ctx, delivery_id)


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


def replay_one(ctx: Desk, endpoint_id: str, message_id: str) -> Sent:
    """Queue one message for the endpoint again, under its own id.

    Raises
    ------
    NotFound, Conflict
        No such endpoint or message; it is disabled or retired, or still has that on its way.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:
        endpoint = _listening(unit, endpoint_id)
        message = unit.messages.get(message_id)
        before = unit.deliveries.of_messages(endpoint.id, [message.id])
        if any(one.state is DeliveryState.PENDING for one in before):
            raise Conflict(f"{message_id} is on its way to {endpoint_id} already")
        queued = delivery_to(ctx, endpoint, message, now)
        unit.deliveries.add([queued])
        unit.commit()
    return Sent(queued, message)


def replay(
    ctx: Desk,
    endpoint_id: str,
    start: datetime,
    end: datetime,
    which: Literal["missing", "all"] = "missing",
) -> int:
    """Queue the messages of a period again, oldest first, as far as the endpoint hears them.

    Parameters
    ----------
    which
        ``"missing"`` leaves out what it accepted.

    Returns
    -------
    int
        How many were queued; what is on its way anyway is not.

    Raises
    ------
    NotFound, Conflict
        No such endpoint; it is disabled or retired.
    InvalidInput
        The period holds too many.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:
        endpoint = _listening(unit, endpoint_id)
        said = unit.messages.between(start, end, MAX_REPLAY + 1)
        if len(said) > MAX_REPLAY:
            raise InvalidInput(
                f"the period holds more than {MAX_REPLAY} messages; take shorter ones in turn",
                [Fault("end", f"{end.isoformat()} is too late; {said[-1].at.isoformat()} is not")],
            )
        heard = [message for message in said if message.type != TEST and endpoint.hears(message)]
        done = _done(unit, endpoint, heard, which)
        queued = [delivery_to(ctx, endpoint, one, now) for one in heard if one.id not in done]
        unit.deliveries.add(queued)
        unit.commit()
    return len(queued)


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
