"""What an order was promised, how that stands, and the events that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from geo_dispatch.dispatch.sla.promises import SlaPolicy
from geo_dispatch.dispatch.sla.risk import open_deadlines
from geo_dispatch.dispatch.sla.timekeeping import Terms, left_s
from geo_dispatch.dispatch.work.clocks import SlaClock
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.sla.clocks import terms_of
from geo_dispatch.services.sla.evidence import Proof, proofs

ClockState = Literal["runs", "paused", "kept", "missed", "cancelled"]


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock of an order, read.

    Attributes
    ----------
    state
        ``"cancelled"``: the order was, before its time; nothing was kept or missed.
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
        evidence = tuple(proofs(ctx, unit, unit.seals.stream(stream_of(order.id))))
    return OrderSla(
        order_id=order.id,
        number=order.number,
        now=now,
        policy=terms.policy if terms else None,
        policy_version=terms.version if terms else None,
        response=_view(order, sla.response if sla else None, terms, now),
        completion=_view(order, sla.completion if sla else None, terms, now),
        deadlines=tuple(
            Countdown(one.limit, one.at, one.of, (one.at - now).total_seconds())
            for one in open_deadlines(order)
        ),
        evidence=evidence,
    )


def _view(
    order: WorkOrder, clock: SlaClock | None, terms: Terms | None, now: datetime
) -> ClockView | None:
    if clock is None or terms is None:
        return None
    if clock.stopped_at is not None:
        cancelled = order.status is Status.CANCELLED and clock.stopped_at == order.ended_at
        state: ClockState = "missed" if clock.breached else "cancelled" if cancelled else "kept"
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
