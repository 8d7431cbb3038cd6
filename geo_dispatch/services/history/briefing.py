"""What a technician must know before they leave: put together now, and kept as it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.events import LoggedEvent, as_json, stream_of
from geo_dispatch.dispatch.work.orders import HoldReason, Status, WorkOrder
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history.past_work import Past, past
from geo_dispatch.services.views import (
    View,
    customer_view,
    equipment_view,
    order_view,
    site_view,
)

PREVIOUS: Final = 5
"""So many previous visits at the site, and so many at the equipment."""


@dataclass(frozen=True, slots=True)
class ClockState:
    """How a clock of the SLA stands.

    Attributes
    ----------
    remaining_s
        Until the deadline; negative behind it; None when the clock has stopped.
    """

    due_at: datetime
    remaining_s: float | None
    paused: bool
    breached: bool


@dataclass(frozen=True, slots=True)
class SlaState:
    """The promise that the order is under, and how it stands; clocks that it lacks are None."""

    policy: str
    policy_version: int
    response: ClockState | None
    completion: ClockState | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for the technician.

    Attributes
    ----------
    factor
        The term of the score.
    minutes
        What it adds to the score; negative speaks for them.
    behind_next_min
        The same against the next best: negative where this technician is better; None when there
        was nobody else.
    """

    factor: str
    minutes: float
    behind_next_min: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this technician.

    Attributes
    ----------
    source
        Who decided, as `WorkOrder.assignment_source`.
    rank
        In the ranking as it stood; None when they were not in it.
    overridden
        The limits that a person overrode, and ``reason`` why.
    """

    source: str
    reason: str
    rank: int | None
    of: int
    score_min: float | None
    reasons: tuple[Reason, ...]
    overridden: tuple[str, ...]


def compose(unit: Unit, order: WorkOrder, now: datetime) -> View:
    """All that whoever goes there should know, as JSON."""
    site = unit.sites.get(order.site_id)
    customer = None if order.customer_id is None else unit.customers.find(order.customer_id)
    equipment = None if order.equipment_id is None else unit.equipment.find(order.equipment_id)
    at_site = unit.history.ended(site_id=order.site_id, limit=PREVIOUS)
    parent = None if order.parent_id is None else unit.orders.find(order.parent_id)
    return {
        "order": order_view(order),
        "site": site_view(site),
        "customer": customer and customer_view(customer),
        "equipment": equipment and equipment_view(equipment),
        "site_history": _plain_past(past(unit, at_site)),
        "equipment_history": _plain_past(_at_equipment(unit, order)),
        "follows_up": _plain_past(past(unit, [parent]))[0] if parent else None,
        "sla": as_json(sla_state(order.sla, now)),
    }


def context(ctx: Desk, order: WorkOrder) -> View:
    """What one should know of the order's place before anything is decided."""
    with ctx.store.read() as unit:
        at_site = past(unit, unit.history.ended(site_id=order.site_id, limit=PREVIOUS))
        on_equipment = _at_equipment(unit, order)
        follow_ups = unit.orders.search(parent_id=order.id)
    visits = {visit.id: visit for one in [*at_site, *on_equipment] for visit in one.visits}
    latest_first = sorted(visits.values(), key=lambda visit: visit.arrived_at, reverse=True)
    return {
        "site_history": _plain_past(at_site),
        "equipment_history": _plain_past(on_equipment),
        "previous_visits": as_json(latest_first),
        "sla": as_json(sla_state(order.sla, ctx.clock())),
        "follow_ups": [
            {
                "order_id": one.id,
                "number": one.number,
                "type": one.type,
                "status": one.status,
                "draft": one.hold is not None and one.hold.reason is HoldReason.DRAFT,
            }
            for one in follow_ups
        ],
    }


def _at_equipment(unit: Unit, order: WorkOrder) -> list[Past]:
    if order.equipment_id is None:
        return []
    return past(unit, unit.history.ended(equipment_id=order.equipment_id, limit=PREVIOUS))


def sent(unit: Unit, order: WorkOrder, events: Sequence[e.Event], now: datetime) -> list[e.Event]:
    """The briefings that go out with what is decided: one with each assignment."""
    assigned = next((event for event in events if isinstance(event, e.OrderAssigned)), None)
    if assigned is None:
        return []
    return [
        e.OrderBriefed(
            order_id=order.id,
            technician_id=assigned.technician_id,
            assignment_id=assigned.assignment_id,
            briefing=compose(unit, order, now) | {"explanation": as_json(explain(assigned))},
            occurred_at=now,
        )
    ]


def of_order(ctx: Desk, order_id: OrderId) -> View:
    """The briefing as of now, with why this technician, and as it was ``sent``, if it was.

    Raises
    ------
    NotFound
        There is no such order.
    """
    now = ctx.clock()
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        told = unit.events(types=_TOLD, streams=[stream_of(order_id)])
        assigned = _latest(told, e.OrderAssigned.type, order)
        briefed = _latest(told, e.OrderBriefed.type, order)
        explanation = explain(assigned.event) if assigned else None
        return compose(unit, order, now) | {
            "explanation": as_json(explanation),
            "sent": None if briefed is None else _as_sent(briefed),
        }


def explain(event: e.Event) -> Explanation:
    """Why the technician of the assignment: the ranking as it stood, and what was overridden."""
    if not isinstance(event, e.OrderAssigned):
        raise TypeError(f"{event.type} assigns nobody")
    by_id = {candidate["technician_id"]: candidate for candidate in event.ranking}
    chosen = by_id.pop(event.technician_id, None)
    runner_up = min(by_id.values(), key=lambda other: float(other["score_min"]), default=None)
    return Explanation(
        source=event.source,
        reason=event.reason,
        rank=None if chosen is None else chosen["rank"],
        of=len(event.ranking),
        score_min=None if chosen is None else chosen["score_min"],
        reasons=() if chosen is None else _reasons(chosen, runner_up),
        overridden=tuple(str(conflict["fact"]) for conflict in event.conflicts),
    )


def sla_state(sla: Sla | None, now: datetime) -> SlaState | None:
    """How the clocks stand."""
    if sla is None:
        return None
    return SlaState(
        policy=sla.policy,
        policy_version=sla.policy_version,
        response=_clock_state(sla.response, now),
        completion=_clock_state(sla.completion, now),
    )


_TOLD: Final = (e.OrderAssigned.type, e.OrderBriefed.type)


def _clock_state(clock: SlaClock | None, now: datetime) -> ClockState | None:
    if clock is None:
        return None
    until = clock.due_at - (clock.paused_at or now)
    return ClockState(
        due_at=clock.due_at,
        remaining_s=None if clock.stopped_at is not None else until.total_seconds(),
        paused=clock.paused_at is not None and clock.stopped_at is None,
        breached=clock.breached or (clock.runs and now > clock.due_at),
    )


def _reasons(chosen: dict[str, Any], runner_up: dict[str, Any] | None) -> tuple[Reason, ...]:
    theirs = {term["name"]: float(term["minutes"]) for term in (runner_up or {}).get("terms", ())}
    return tuple(
        Reason(
            factor=term["name"],
            minutes=float(term["minutes"]),
            behind_next_min=(
                None
                if runner_up is None
                else float(term["minutes"]) - theirs.get(term["name"], 0.0)
            ),
            text=term["text"],
        )
        for term in chosen["terms"]
    )


def _latest(told: Sequence[LoggedEvent], kind: str, order: WorkOrder) -> LoggedEvent | None:
    if order.status is Status.NEW:
        return None
    mine = [one for one in told if one.type == kind]
    return next(
        (one for one in reversed(mine) if one.body["assignment_id"] == order.assignment_id), None
    )


def _as_sent(briefed: LoggedEvent) -> View:
    return {
        "at": briefed.at,
        "technician_id": briefed.body["technician_id"],
        "briefing": briefed.body["briefing"],
    }


def _plain_past(done: Sequence[Past]) -> list[Any]:
    return [as_json(one) for one in done]
