"""What happens to a work order in the field: what each command comes to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.orders import Source, Status, WorkOrder
from geo_dispatch.dispatch.work.steps import holder
from geo_dispatch.kernel.errors import Fault, InvalidInput, TransitionNotAllowed


def _set_out(order: WorkOrder, command: c.SetOut, now: datetime) -> list[e.Event]:
    return [_en_route(order, command.occurred_at or now, command.source)]


def _revise_set_out(order: WorkOrder, command: c.ReviseSetOut, _now: datetime) -> list[e.Event]:
    by_fixes = command.source == "gps"
    if by_fixes and (order.status_source == "person" or order.status_at == command.occurred_at):
        return []
    return [
        e.SetOutRevised(
            order_id=order.id,
            technician_id=holder(order),
            occurred_at=command.occurred_at,
        )
    ]


def _arrive(order: WorkOrder, command: c.ConfirmArrival, now: datetime) -> list[e.Event]:
    at = command.occurred_at or now
    implied: list[e.Event] = []
    if order.status is Status.ASSIGNED:
        implied = [_en_route(order, at, command.source)]
    arrived = e.OrderArrived(
        order_id=order.id,
        technician_id=holder(order),
        visit_id=command.visit_id,
        occurred_at=at,
        source=command.source,
        evidence=command.evidence,
    )
    return [*implied, arrived]


def _revise(order: WorkOrder, command: c.ReviseVisit, _now: datetime) -> list[e.Event]:
    return [
        e.VisitRevised(
            order_id=order.id,
            visit_id=command.visit_id,
            technician_id=command.technician_id,
            arrived_before=command.arrived_before,
            departed_before=command.departed_before,
            arrived_at=command.arrived_at,
            departed_at=command.departed_at,
            evidence=command.evidence,
            left_evidence=command.left_evidence,
        )
    ]


def _suggest(order: WorkOrder, command: c.SuggestVisit, _now: datetime) -> list[e.Event]:
    return [
        e.VisitSuggested(
            order_id=order.id,
            technician_id=holder(order),
            occurred_at=command.occurred_at,
            evidence=command.evidence,
        )
    ]


def _review(order: WorkOrder, command: c.ReviewArrival, now: datetime) -> list[e.Event]:
    arrival = order.arrival
    if arrival is None or arrival.visit_id != command.visit_id:
        raise TransitionNotAllowed(
            f"{order.number} has no arrival {command.visit_id!r} to review; "
            + (f"its latest is {arrival.visit_id!r}" if arrival else "nobody has arrived yet")
        )
    if command.verdict == "contested" and not command.reason.strip():
        raise InvalidInput(
            f"contesting the arrival at {order.number} needs a reason",
            [Fault("reason", "is empty; say what is wrong, such as 'parked next door'")],
        )
    if arrival.review == command.verdict:
        return []
    return [
        e.ArrivalReviewed(
            order_id=order.id,
            visit_id=command.visit_id,
            verdict=command.verdict,
            occurred_at=now,
            reason=command.reason,
        )
    ]


def _start(order: WorkOrder, command: c.Start, now: datetime) -> list[e.Event]:
    return [
        e.OrderStarted(
            order_id=order.id,
            technician_id=holder(order),
            occurred_at=command.occurred_at or now,
        )
    ]


def _ask_for_help(order: WorkOrder, command: c.AskForHelp, now: datetime) -> list[e.Event]:
    return [
        e.OrderNeedsHelp(
            order_id=order.id,
            technician_id=holder(order),
            occurred_at=now,
            reason=command.reason,
        )
    ]


def _resume(order: WorkOrder, _command: c.Resume, now: datetime) -> list[e.Event]:
    return [
        e.OrderResumed(
            order_id=order.id,
            technician_id=holder(order),
            status=order.helped_from or Status.ASSIGNED,
            occurred_at=now,
        )
    ]


def _complete(order: WorkOrder, command: c.Complete, now: datetime) -> list[e.Event]:
    return [
        e.OrderCompleted(
            order_id=order.id,
            technician_id=holder(order),
            occurred_at=command.occurred_at or now,
            notes=command.notes,
            outcome=command.outcome,
            parts_used=command.parts_used,
        )
    ]


def _depart(order: WorkOrder, command: c.Depart, now: datetime) -> list[e.Event]:
    return [
        e.OrderDeparted(
            order_id=order.id,
            technician_id=command.technician_id,
            visit_id=command.visit_id,
            occurred_at=command.occurred_at or now,
            evidence=command.evidence,
        )
    ]


def _en_route(order: WorkOrder, at: datetime, source: Source) -> e.OrderEnRoute:
    return e.OrderEnRoute(
        order_id=order.id, technician_id=holder(order), occurred_at=at, source=source
    )


DECIDERS: Final[dict[type[c.Command], Callable[[WorkOrder, Any, datetime], list[e.Event]]]] = {
    c.SetOut: _set_out,
    c.ConfirmArrival: _arrive,
    c.ReviseVisit: _revise,
    c.SuggestVisit: _suggest,
    c.ReviewArrival: _review,
    c.Start: _start,
    c.AskForHelp: _ask_for_help,
    c.Resume: _resume,
    c.Complete: _complete,
    c.Depart: _depart,
    c.ReviseSetOut: _revise_set_out,
}
"""Command to what decides on it."""
