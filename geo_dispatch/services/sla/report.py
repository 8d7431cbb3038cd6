"""How well promises were kept: by policy, tier and customer, with every miss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.clocks import SlaClock
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.ids import CustomerId, OrderId
from geo_dispatch.kernel.time import refuse_empty_period
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records.contracts import tier_of
from geo_dispatch.services.sla.tables import to_csv

Promise = Literal["response", "completion", "window", "due"]


@dataclass(frozen=True, slots=True)
class Attainment:
    """Promises of one kind to one customer under one policy.

    Attributes
    ----------
    policy
        Empty for windows and due times that were promised beside any policy.
    open
        Neither kept nor missed yet.
    attained
        Share of those decided that were kept; None when none is.
    """

    promise: Promise
    policy: str
    tier: str
    customer_id: str
    customer: str
    kept: int
    missed: int
    open: int
    attained: float | None


@dataclass(frozen=True, slots=True)
class Miss:
    """A promise that was not kept, or is past its time."""

    promise: Promise
    policy: str
    tier: str
    customer: str
    order_id: str
    number: str
    due_at: datetime
    at: datetime | None
    late_by_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """Promises to orders placed in a period."""

    start: datetime
    end: datetime
    now: datetime
    orders: int
    attainment: tuple[Attainment, ...]
    missed: tuple[Miss, ...]


@dataclass(frozen=True, slots=True, order=True)
class _To:
    """To whom something was promised, and under what."""

    promise: Promise
    policy: str
    tier: str
    customer_id: str
    customer: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """One promise of one order: when it was due, and when it was met, if it was."""

    promise: Promise
    policy: str
    due_at: datetime
    at: datetime | None
    counts_until: datetime

    @property
    def late_by_s(self) -> float:
        return ((self.at or self.counts_until) - self.due_at).total_seconds()

    @property
    def state(self) -> Literal["kept", "missed", "open"]:
        if self.late_by_s > 0:
            return "missed"
        return "open" if self.at is None else "kept"


def report(ctx: Desk, start: datetime, end: datetime) -> Report:
    """Every promise made to the orders placed from ``start`` until ``end``.

    Orders cancelled before a promise was due count for nothing.

    Raises
    ------
    InvalidInput
        The period ends before it starts.
    """
    refuse_empty_period(start, end)
    now = ctx.clock()
    zone = ZoneInfo(ctx.settings.time_zone)
    with ctx.store.read() as unit:
        orders = unit.orders.placed_between(start, end)
        customers = unit.customers.many({one.customer_id for one in orders if one.customer_id})
        tiers = _tiers(unit, orders, zone)
    names = {key: customer.name for key, customer in customers.items()}
    counted: defaultdict[_To, list[str]] = defaultdict(list)
    missed = []
    for order in orders:
        tier, customer_id = tiers[order.id], order.customer_id or ""
        name = names.get(customer_id, "")
        for judged in _judged(order, now):
            to = _To(judged.promise, judged.policy, tier, customer_id, name)
            counted[to].append(judged.state)
            if judged.state == "missed":
                missed.append(_miss(order, judged, tier, name))
    return Report(
        start=start,
        end=end,
        now=now,
        orders=len(orders),
        attainment=tuple(_attainment(to, counted[to]) for to in sorted(counted)),
        missed=tuple(sorted(missed, key=lambda one: (one.due_at, one.order_id))),
    )


def attainment_csv(found: Report) -> str:
    """The attainment as CSV with a line of names, for a spreadsheet."""
    return to_csv(found.attainment, Attainment)


def missed_csv(found: Report) -> str:
    """Every miss as CSV."""
    return to_csv(found.missed, Miss)


def _tiers(unit: Unit, orders: Iterable[WorkOrder], zone: ZoneInfo) -> dict[OrderId, str]:
    """The tier that each order was placed under; each customer's day is looked up once."""
    known: dict[tuple[CustomerId | None, date], str] = {}
    found = {}
    for order in orders:
        key = order.customer_id, order.placed_at.astimezone(zone).date()
        if key not in known:
            known[key] = tier_of(unit, *key) or ""
        found[order.id] = known[key]
    return found


def _judged(order: WorkOrder, now: datetime) -> Iterable[_Judged]:
    cancelled_at = order.ended_at if order.status is Status.CANCELLED else None
    until = cancelled_at or now
    arrived_at = order.arrival.at if order.arrival is not None else None
    done_at = order.ended_at if order.status is Status.COMPLETE else None
    found = []
    if order.sla is not None:
        policy = order.sla.policy
        found += _of_clock("response", policy, order.sla.response, until, cancelled_at)
        found += _of_clock("completion", policy, order.sla.completion, until, cancelled_at)
    if order.window is not None:
        found.append(_Judged("window", "", order.window.end, arrived_at, until))
    if order.due_at is not None:
        found.append(_Judged("due", "", order.due_at, done_at, until))
    if cancelled_at is None:
        return found
    return [one for one in found if one.at is not None or one.state == "missed"]


def _of_clock(
    promise: Promise,
    policy: str,
    clock: SlaClock | None,
    until: datetime,
    cancelled_at: datetime | None,
) -> list[_Judged]:
    if clock is None:
        return []
    met_at = None if clock.stopped_at == cancelled_at else clock.stopped_at
    counts_until = min(until, clock.paused_at or until)
    return [_Judged(promise, policy, clock.due_at, met_at, counts_until)]


def _miss(order: WorkOrder, judged: _Judged, tier: str, customer: str) -> Miss:
    return Miss(
        promise=judged.promise,
        policy=judged.policy,
        tier=tier,
        customer=customer,
        order_id=order.id,
        number=order.number,
        due_at=judged.due_at,
        at=judged.at,
        late_by_s=judged.late_by_s,
    )


def _attainment(to: _To, states: list[str]) -> Attainment:
    kept, missed = states.count("kept"), states.count("missed")
    return Attainment(
        promise=to.promise,
        policy=to.policy,
        tier=to.tier,
        customer_id=to.customer_id,
        customer=to.customer,
        kept=kept,
        missed=missed,
        open=states.count("open"),
        attained=kept / (kept + missed) if kept + missed else None,
    )


TABLES: Final = {"attainment": attainment_csv, "missed": missed_csv}
"""The halves of the report as CSV, by name."""
