"""Limits that an order is expected to miss: told once, before they are missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.dispatch.days.feasibility import Deadline, Limit, deadlines
from geo_dispatch.dispatch.work.events import (
    EtaPublished,
    Event,
    OrderAssigned,
    OrderBumped,
    OrderDelayed,
    OrderUnassigned,
)
from geo_dispatch.dispatch.work.orders import Risk, WorkOrder
from geo_dispatch.dispatch.work.visits import Review

_LIMITS: Final[dict[Limit, Literal["window", "due", "sla_response", "sla_completion"]]] = {
    Limit.WINDOW: "window",
    Limit.DUE: "due",
    Limit.SLA_RESPONSE: "sla_response",
    Limit.SLA_COMPLETION: "sla_completion",
}
"""Promises to the customer. What else limits a day is the office's own business."""

CLEAR_MARGIN_S: Final = 180.0
"""An order at risk is so again until it is expected so much before its limit: no flapping."""

_DAY_S: Final = 86_400.0


def arrived(order: WorkOrder) -> bool:
    """Whether somebody is or was there, as far as nobody contests it."""
    return order.arrival is not None and order.arrival.review is not Review.CONTESTED


def open_deadlines(order: WorkOrder) -> list[Deadline]:
    """The promises that the order can still keep or miss; those of arrival end with it."""
    return [
        one
        for one in deadlines(order)
        if one.limit in _LIMITS and not (one.of == "begin" and arrived(order))
    ]


def risk_of(
    order: WorkOrder, begin_at: datetime | None, finish_at: datetime | None, now: datetime
) -> Risk | None:
    """The limit that the order is expected to miss by most; None when it keeps them all.

    An order that is at risk stays so, by the same limit, until it is expected `CLEAR_MARGIN_S`
    before that limit; also while that limit's clock is paused, and when its technician came late.
    """
    limits = open_deadlines(order)
    late = {}
    for deadline in limits:
        moment = begin_at if deadline.of == "begin" else finish_at
        if moment is not None:
            late[_LIMITS[deadline.limit]] = (moment - deadline.at).total_seconds()
    told = order.risk
    holds = told is not None and any(_LIMITS[one.limit] == told.limit for one in limits)
    if told is not None and holds and late.get(told.limit, 0.0) > -CLEAR_MARGIN_S:
        return told
    worst = max(late, key=lambda limit: late[limit], default=None)
    if worst is None or late[worst] <= 0:
        return told if told is not None and _unsolved(order, told) else None
    return Risk(worst, late[worst], now)


def _unsolved(order: WorkOrder, told: Risk) -> bool:
    """Whether what was told is so still, although no limit is open that tells."""
    window, sla = order.window, order.sla
    response, completion = (sla.response, sla.completion) if sla else (None, None)
    clock = {"sla_response": response, "sla_completion": completion}.get(told.limit)
    if clock is not None and clock.paused_at is not None and clock.stopped_at is None:
        return True
    if order.arrival is None or not arrived(order):
        return False
    missed = window is not None and order.arrival.at > window.end
    return missed or (response is not None and response.breached)


def announced(history: Iterable[Event], moved_s: float) -> datetime | None:
    """The arrival that whoever waits was told of last; None while nobody is expected.

    The first ETA after the assignment, then each that a delay or a bump announced, and each that
    was earlier by more than ``moved_s``.
    """
    told: datetime | None = None
    for event in history:
        if isinstance(event, OrderAssigned | OrderUnassigned):
            told = None
        elif isinstance(event, OrderDelayed):
            told = event.eta
        elif isinstance(event, OrderBumped):
            told = event.begin_after
        elif isinstance(event, EtaPublished) and event.eta is not None:
            earlier = told is not None and (told - event.eta).total_seconds() > moved_s
            told = event.eta if told is None or earlier else told
    return told


def contract_risk(order: WorkOrder, now: datetime) -> float:
    """How much a contract suffers from planned work that is overdue: 0 until it is due.

    1 on the day on which it falls due, and 1 more with each day; twice that when the contract
    calls it critical. Reactive work has none: its SLA speaks for it.
    """
    if order.work_class not in {"maintenance", "inspection"} or order.due_at is None:
        return 0.0
    overdue_s = (now - order.due_at).total_seconds()
    if overdue_s <= 0:
        return 0.0
    return (1.0 + overdue_s / _DAY_S) * (2.0 if order.contract_critical else 1.0)
