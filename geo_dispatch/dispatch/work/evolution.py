"""What an order is after each event: the fold over its stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec

from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.clocks import Sla
from geo_dispatch.dispatch.work.orders import (
    Arrival,
    Flag,
    FlagCode,
    Hold,
    HoldReason,
    Outcome,
    Risk,
    Source,
    Status,
    WorkOrder,
)
from geo_dispatch.dispatch.work.visits import Review


def evolve(order: WorkOrder | None, event: e.Event) -> WorkOrder:
    """The order after the event. Versions are the store's business and stay."""
    if isinstance(event, e.OrderPlaced):
        return msgspec.convert(event.order, WorkOrder)
    if order is None:
        raise ValueError(f"{event.type} came before the order was placed")
    evolver = _EVOLVERS.get(type(event))
    return evolver(order, event) if evolver else order


def evolve_all(order: WorkOrder | None, events: Iterable[e.Event]) -> WorkOrder:
    """The order after all of the events, oldest first."""
    for event in events:
        order = evolve(order, event)
    if order is None:
        raise ValueError("without events there is no order")
    return order


def _at(order: WorkOrder, status: Status, at: datetime, source: Source = "person") -> WorkOrder:
    return replace(order, status=status, status_at=at, status_source=source, helped_from=None)


def _changed(order: WorkOrder, event: e.OrderChanged) -> WorkOrder:
    return msgspec.convert({**msgspec.to_builtins(order), **event.changes}, WorkOrder)


def _retired(order: WorkOrder, _event: e.RecordRetired) -> WorkOrder:
    return replace(order, retired=True)


def _assigned(order: WorkOrder, event: e.OrderAssigned) -> WorkOrder:
    return replace(
        _at(order, Status.ASSIGNED, event.occurred_at),
        technician_id=event.technician_id,
        assignment_id=event.assignment_id,
        assigned_at=event.occurred_at,
        assignment_source=event.source,
        crew=event.crew,
        start_at=event.start_at or order.start_at,
        sequence=event.sequence,
        pinned=event.pinned,
    )


def _unassigned(order: WorkOrder, event: e.OrderUnassigned) -> WorkOrder:
    return replace(
        _at(order, Status.NEW, event.occurred_at),
        technician_id=None,
        assignment_id=None,
        assigned_at=None,
        assignment_source="",
        crew=(),
        sequence=0,
        pinned=False,
        arrival=None,
        started_at=None,
    )


def _crew_changed(order: WorkOrder, event: e.CrewChanged) -> WorkOrder:
    return replace(order, crew=event.crew)


def _pinned(order: WorkOrder, event: e.OrderPinned) -> WorkOrder:
    return replace(order, pinned=event.pinned)


def _held(order: WorkOrder, event: e.OrderHeld) -> WorkOrder:
    return replace(order, hold=Hold(HoldReason(event.reason), event.occurred_at, event.note))


def _released(order: WorkOrder, _event: e.OrderReleased) -> WorkOrder:
    return replace(order, hold=None)


def _flagged(order: WorkOrder, event: e.OrderFlagged) -> WorkOrder:
    return replace(order, flag=Flag(FlagCode(event.code), event.fact, event.occurred_at))


def _flag_cleared(order: WorkOrder, _event: e.FlagCleared) -> WorkOrder:
    return replace(order, flag=None)


def _at_risk(order: WorkOrder, event: e.OrderAtRisk) -> WorkOrder:
    risk = {"limit": event.limit, "late_by_s": event.late_by_s, "since": event.occurred_at}
    return replace(order, risk=msgspec.convert(risk, Risk))


def _risk_cleared(order: WorkOrder, _event: e.RiskCleared) -> WorkOrder:
    return replace(order, risk=None)


def _clocks_moved(order: WorkOrder, event: e.ClocksMoved) -> WorkOrder:
    return replace(order, sla=msgspec.convert(event.sla, Sla | None))


def _en_route(order: WorkOrder, event: e.OrderEnRoute) -> WorkOrder:
    return _at(order, Status.EN_ROUTE, event.occurred_at, event.source)


def _arrived(order: WorkOrder, event: e.OrderArrived) -> WorkOrder:
    return replace(
        _at(order, Status.ON_SITE, event.occurred_at, event.source),
        arrival=Arrival(event.visit_id, event.occurred_at, event.source),
    )


def _reviewed(order: WorkOrder, event: e.ArrivalReviewed) -> WorkOrder:
    arrival = order.arrival
    if arrival is None or arrival.visit_id != event.visit_id:
        return order
    order = replace(order, arrival=replace(arrival, review=Review(event.verdict)))
    if order.status is not Status.ON_SITE:
        return order
    if event.verdict == "contested":
        return _at(order, Status.EN_ROUTE, event.occurred_at)
    return replace(order, status_source="person")


def _revised(order: WorkOrder, event: e.VisitRevised) -> WorkOrder:
    arrival = order.arrival
    if arrival is None or arrival.visit_id != event.visit_id or arrival.source == "person":
        return order
    by_gps = order.status is Status.ON_SITE and order.status_source == "gps"
    if event.arrived_at is not None:
        order = replace(order, arrival=replace(arrival, at=event.arrived_at))
        return replace(order, status_at=event.arrived_at) if by_gps else order
    if arrival.review is not Review.OPEN:
        return order
    order = replace(order, arrival=None)
    return _at(order, Status.EN_ROUTE, arrival.at, "gps") if by_gps else order


def _set_out_revised(order: WorkOrder, event: e.SetOutRevised) -> WorkOrder:
    if event.occurred_at is not None:
        return replace(order, status_at=event.occurred_at)
    return _at(order, Status.ASSIGNED, order.assigned_at or order.placed_at)


def _started(order: WorkOrder, event: e.OrderStarted) -> WorkOrder:
    return replace(_at(order, Status.ON_THE_TOOLS, event.occurred_at), started_at=event.occurred_at)


def _needs_help(order: WorkOrder, event: e.OrderNeedsHelp) -> WorkOrder:
    return replace(_at(order, Status.NEEDS_HELP, event.occurred_at), helped_from=order.status)


def _resumed(order: WorkOrder, event: e.OrderResumed) -> WorkOrder:
    return _at(order, Status(event.status), event.occurred_at)


def _completed(order: WorkOrder, event: e.OrderCompleted) -> WorkOrder:
    return replace(
        _at(order, Status.COMPLETE, event.occurred_at),
        ended_at=event.occurred_at,
        outcome=msgspec.convert(event.outcome, Outcome),
        sequence=0,
        flag=None,
        risk=None,
    )


def _cancelled(order: WorkOrder, event: e.OrderCancelled) -> WorkOrder:
    return replace(
        _at(order, Status.CANCELLED, event.occurred_at),
        ended_at=event.occurred_at,
        sequence=0,
        flag=None,
        risk=None,
    )


_EVOLVERS: Final[dict[type[e.Event], Callable[[WorkOrder, Any], WorkOrder]]] = {
    e.OrderChanged: _changed,
    e.RecordRetired: _retired,
    e.OrderAssigned: _assigned,
    e.OrderUnassigned: _unassigned,
    e.CrewChanged: _crew_changed,
    e.OrderPinned: _pinned,
    e.OrderHeld: _held,
    e.OrderReleased: _released,
    e.OrderFlagged: _flagged,
    e.FlagCleared: _flag_cleared,
    e.OrderAtRisk: _at_risk,
    e.RiskCleared: _risk_cleared,
    e.ClocksMoved: _clocks_moved,
    e.OrderEnRoute: _en_route,
    e.OrderArrived: _arrived,
    e.ArrivalReviewed: _reviewed,
    e.VisitRevised: _revised,
    e.SetOutRevised: _set_out_revised,
    e.OrderStarted: _started,
    e.OrderNeedsHelp: _needs_help,
    e.OrderResumed: _resumed,
    e.OrderCompleted: _completed,
    e.OrderCancelled: _cancelled,
}
"""Events that are not here tell of something beside the order itself: a departure, an ETA."""
