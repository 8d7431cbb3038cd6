"""What an order was promised, how that stands, and the events that prove it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from geo_dispatch.dispatch.sla.promises import SlaPolicy
from geo_dispatch.dispatch.sla.risk import open_deadlines
from geo_dispatch.dispatch.sla.timekeeping import MOVING, Terms, left_s
from geo_dispatch.dispatch.work.clocks import SlaClock
from geo_dispatch.dispatch.work.events import ClocksMoved, LoggedEvent
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.orders.lifecycle import stream_of
from geo_dispatch.services.sla.clocks import terms_of

ClockState = Literal["runs", "paused", "kept", "missed"]


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock of an order, read.

    Attributes
    ----------
    left_s
        Business time until the deadline, seconds; negative past it. As it stood, once stopped.
    """

    state: ClockState
    target_s: float
    due_at: datetime
    left_s: float
    paused_at: datetime | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Countdown:
    """A limit that the order can still keep or miss; ``left_s`` on the wall clock."""

    limit: str
    at: datetime
    of: Literal["begin", "finish"]
    left_s: float


@dataclass(frozen=True, slots=True)
class Proof:
    """An event that moved the clocks.

    Attributes
    ----------
    seq, type, actor
        Of the event in the log; its place in the hash chain proves it.
    at
        When it was written down.
    occurred_at
        When it happened: fixes tell of an arrival later.
    effect
        What it did to the clocks.
    """

    seq: int
    type: str
    actor: str
    at: datetime
    occurred_at: datetime
    effect: str


@dataclass(frozen=True, slots=True)
class OrderSla:
    """What an order was promised and how that stands."""

    order_id: str
    number: str
    now: datetime
    policy: SlaPolicy | None
    policy_version: int | None
    response: ClockView | None
    completion: ClockView | None
    deadlines: tuple[Countdown, ...]
    evidence: tuple[Proof, ...]


def of_order(ctx: Desk, order_id: str) -> OrderSla:
    """Policy, clocks, limits and evidence of the order.

    Raises
    ------
    NotFound
        There is no such order.
    """
    now = ctx.clock()
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        sla = order.sla
        terms = None if sla is None else terms_of(ctx, unit, sla)
        logged = unit.stream(stream_of(order.id))
    return OrderSla(
        order_id=order.id,
        number=order.number,
        now=now,
        policy=terms.policy if terms else None,
        policy_version=terms.version if terms else None,
        response=_view(sla.response if sla else None, terms, now),
        completion=_view(sla.completion if sla else None, terms, now),
        deadlines=tuple(
            Countdown(one.limit, one.at, one.of, (one.at - now).total_seconds())
            for one in open_deadlines(order)
        ),
        evidence=tuple(proofs(logged)),
    )


def proofs(logged: list[LoggedEvent]) -> Iterator[Proof]:
    """Each event of an order's stream that moved its clocks, with what it did."""
    cause: LoggedEvent | None = None
    for item in logged:
        if item.type == ClocksMoved.type:
            proved = cause or item
            occurred_at = getattr(proved.event, "occurred_at", proved.at)
            yield Proof(
                seq=proved.seq,
                type=proved.type,
                actor=proved.actor,
                at=proved.at,
                occurred_at=occurred_at,
                effect=item.body["why"],
            )
        elif item.type in _CAUSES:
            cause = item


_CAUSES = frozenset({"order.placed", "order.changed"} | {event.type for event in MOVING})


def _view(clock: SlaClock | None, terms: Terms | None, now: datetime) -> ClockView | None:
    if clock is None or terms is None:
        return None
    if clock.stopped_at is not None:
        state: ClockState = "missed" if clock.breached else "kept"
    elif clock.paused_at is not None:
        state = "paused"
    else:
        state = "missed" if now > clock.due_at else "runs"
    return ClockView(
        state=state,
        target_s=clock.target_s,
        due_at=clock.due_at,
        left_s=left_s(clock, terms, now),
        paused_at=clock.paused_at,
        stopped_at=clock.stopped_at,
    )
