"""What proves how promises were kept: the events that started, paused and stopped each clock.

Each proof carries the seals of its event, so that whoever has a copy of the log, or an order's
export, can hold one against the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.audit.chain import Sealed
from geo_dispatch.dispatch.sla.timekeeping import MOVING, follow, why
from geo_dispatch.dispatch.work.clocks import Sla
from geo_dispatch.dispatch.work.events import ClocksMoved, OrderCancelled, stream_of
from geo_dispatch.dispatch.work.evolution import evolve
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.time import refuse_empty_period
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.sla.clocks import terms_of
from geo_dispatch.services.sla.tables import to_csv

_PROMISING: Final = frozenset({"order.placed", "order.changed"})
"""Types of events after which another promise may hold."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An event that moved the clocks.

    Attributes
    ----------
    seq, type, actor
        Of the event in the log.
    at
        When it was written down.
    occurred_at
        When it happened: fixes tell of an arrival later.
    effect
        What it did to the clocks.
    digest, chain
        Its seals: of its stream and of the whole log up to it.
    """

    seq: int
    type: str
    actor: str
    at: datetime
    occurred_at: datetime
    effect: str
    digest: str
    chain: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """An order's clocks as they stand, and what proves it."""

    order_id: str
    number: str
    placed_at: datetime
    sla: Sla
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """Evidence on the orders of a period, or on one order.

    Attributes
    ----------
    log_seq, log_chain
        The newest event of the log when this was written.
    """

    written_at: datetime
    log_seq: int
    log_chain: str
    orders: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the file: one proof, with the promise that it is for."""

    order_id: str
    number: str
    policy: str
    policy_version: int
    response_due_at: datetime | None
    response_stopped_at: datetime | None
    completion_due_at: datetime | None
    completion_stopped_at: datetime | None
    seq: int
    type: str
    actor: str
    at: datetime
    occurred_at: datetime
    effect: str
    digest: str
    chain: str


def of_order(ctx: Desk, order_id: str) -> EvidenceFile:
    """Evidence on one order; none of an order without a promise.

    Raises
    ------
    NotFound
        There is no such order.
    """
    with ctx.store.read() as unit:
        return _file(ctx, unit, [unit.orders.get(order_id)])


def of_period(ctx: Desk, start: datetime, end: datetime) -> EvidenceFile:
    """Evidence on every order placed from ``start`` until ``end`` that something was promised.

    Raises
    ------
    InvalidInput
        The period ends before it starts.
    """
    refuse_empty_period(start, end)
    with ctx.store.read() as unit:
        return _file(ctx, unit, unit.orders.placed_between(start, end))


def evidence_csv(found: EvidenceFile) -> str:
    """The evidence as CSV, a line for each proof."""
    return to_csv((row for one in found.orders for row in _rows(one)), _Row)


def proofs(ctx: Desk, unit: Unit, sealed: Iterable[Sealed]) -> Iterator[Proof]:
    """Each event of an order's stream that moved its clocks, with what it did.

    The clocks that the record has are taken, and the events between two states of them followed
    one by one: of several that were written at once, each is told with its own effect.
    """
    order: WorkOrder | None = None
    since: list[tuple[Sealed, WorkOrder | None, WorkOrder]] = []
    for one in sealed:
        event, before = one.event.event, order
        order = evolve(order, event)
        if isinstance(event, ClocksMoved):
            yield from _moves(ctx, unit, one, since, (before, order))
            since = []
        elif type(event) in MOVING or event.type in _PROMISING:
            since.append((one, before, order))


def _moves(
    ctx: Desk,
    unit: Unit,
    noted: Sealed,
    since: list[tuple[Sealed, WorkOrder | None, WorkOrder]],
    around: tuple[WorkOrder | None, WorkOrder],
) -> Iterator[Proof]:
    """What moved the clocks as ``noted`` put it on record; ``around`` is the order around it."""
    before, after = (None if order is None else order.sla for order in around)
    moved = [] if before is None or after is None else _followed(ctx, unit, since, before, after)
    if moved:
        zone = ZoneInfo(ctx.settings.time_zone)
        for cause, old, new in moved:
            cancelled = isinstance(cause.event.event, OrderCancelled)
            yield _proof(cause, why(old, new, zone, cause.event.at, cancelled=cancelled))
        return
    promising = [one for one, *_ in since if one.event.type in _PROMISING]
    yield _proof(promising[-1] if promising else noted, noted.event.body["why"])


def _followed(
    ctx: Desk,
    unit: Unit,
    since: list[tuple[Sealed, WorkOrder | None, WorkOrder]],
    sla: Sla,
    after: Sla,
) -> list[tuple[Sealed, Sla, Sla]]:
    """The events that led from one state to the other; none when another promise came between."""
    terms = terms_of(ctx, unit, sla)
    steps = []
    for one, before, order in since:
        if before is not None:
            moved = follow(sla, terms, before, order, one.event.event)
            if moved != sla:
                steps.append((one, sla, moved))
            sla = moved
    return steps if sla == after else []


def _proof(cause: Sealed, effect: str) -> Proof:
    logged = cause.event
    return Proof(
        seq=logged.seq,
        type=logged.type,
        actor=logged.actor,
        at=logged.at,
        occurred_at=getattr(logged.event, "occurred_at", logged.at),
        effect=effect,
        digest=cause.digest,
        chain=cause.chain,
    )


def _file(ctx: Desk, unit: Unit, orders: Iterable[WorkOrder]) -> EvidenceFile:
    seq, chain = unit.seals.head()
    return EvidenceFile(
        written_at=ctx.clock(),
        log_seq=seq,
        log_chain=chain,
        orders=tuple(
            Evidence(
                order_id=order.id,
                number=order.number,
                placed_at=order.placed_at,
                sla=order.sla,
                proofs=tuple(proofs(ctx, unit, unit.seals.stream(stream_of(order.id)))),
            )
            for order in orders
            if order.sla is not None
        ),
    )


def _rows(found: Evidence) -> Iterator[_Row]:
    response, completion = found.sla.response, found.sla.completion
    for proof in found.proofs:
        yield _Row(
            order_id=found.order_id,
            number=found.number,
            policy=found.sla.policy,
            policy_version=found.sla.policy_version,
            response_due_at=response.due_at if response else None,
            response_stopped_at=response.stopped_at if response else None,
            completion_due_at=completion.due_at if completion else None,
            completion_stopped_at=completion.stopped_at if completion else None,
            seq=proof.seq,
            type=proof.type,
            actor=proof.actor,
            at=proof.at,
            occurred_at=proof.occurred_at,
            effect=proof.effect,
            digest=proof.digest,
            chain=proof.chain,
        )
