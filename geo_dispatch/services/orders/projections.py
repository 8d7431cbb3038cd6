"""What an order's events change beside the order itself: assignments, visits, its ETA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.evolution import evolve
from geo_dispatch.dispatch.work.orders import Assignment, WorkOrder
from geo_dispatch.dispatch.work.visits import Review, Visit
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.ids import AssignmentId, TechnicianId
from geo_dispatch.tracking.evidence import Evidence


def project(
    unit: Unit, before: WorkOrder, after: WorkOrder, event: e.Event, *, actor: Actor
) -> None:
    """Bring the rows that follow from the event up to date; `before` and `after` are around it."""
    if isinstance(event, e.OrderAssigned):
        _assigned(unit, after, event, actor)
        return
    if isinstance(event, e.CrewChanged):
        _crew_changed(unit, before, after, event, actor)
        return
    projector = _PROJECTORS.get(type(event))
    if projector is not None:
        projector(unit, before, event)


def _assigned(unit: Unit, order: WorkOrder, event: e.OrderAssigned, actor: Actor) -> None:
    unit.assignments.add(
        Assignment(
            id=event.assignment_id,
            order_id=order.id,
            technician_id=event.technician_id,
            sequence=event.sequence,
            source=event.source,
            assigned_at=event.occurred_at,
            assigned_by=actor.label,
            reason=event.reason,
        )
    )
    _send(unit, order, event, event.crew, actor)


def _crew_changed(
    unit: Unit, before: WorkOrder, after: WorkOrder, event: e.CrewChanged, actor: Actor
) -> None:
    for gone in set(before.crew) - set(after.crew):
        unit.assignments.release_all(before.id, event.occurred_at, technician_id=gone)
    _send(unit, after, event, [one for one in after.crew if one not in before.crew], actor)


def _send(
    unit: Unit,
    order: WorkOrder,
    event: e.OrderAssigned | e.CrewChanged,
    new: Sequence[TechnicianId],
    actor: Actor,
) -> None:
    """The members who are new go last in their own days, each with an assignment."""
    known = unit.crew_members.of_order(order.id)
    places = {one: len(unit.orders.open([one])) + 1 for one in new}
    for number, member in enumerate(new, start=1):
        unit.assignments.add(
            Assignment(
                id=AssignmentId(f"{event.assignment_id}.{number}"),
                order_id=order.id,
                technician_id=member,
                sequence=places[member],
                source=order.assignment_source,
                assigned_at=event.occurred_at,
                assigned_by=actor.label,
                reason=event.reason,
            )
        )
    if known or new:
        unit.crew_members.put(order.id, {m: places.get(m) or known[m] for m in order.crew})


def _changed(unit: Unit, before: WorkOrder, event: e.OrderChanged) -> None:
    if "after" in event.changes:
        unit.orders.link(evolve(before, event))


def _crew_sequenced(unit: Unit, before: WorkOrder, event: e.CrewSequenced) -> None:
    known = unit.crew_members.of_order(before.id)
    unit.crew_members.put(before.id, {**known, event.technician_id: event.sequence})


def _unassigned(unit: Unit, before: WorkOrder, event: e.OrderUnassigned) -> None:
    _let_go(unit, before, event.occurred_at)
    if before.crew:
        unit.crew_members.put(before.id, {})


def _released(unit: Unit, before: WorkOrder, event: e.OrderCancelled) -> None:
    _let_go(unit, before, event.occurred_at)


def _completed(unit: Unit, before: WorkOrder, event: e.OrderCompleted) -> None:
    _let_go(unit, before, event.occurred_at)
    for visit in unit.visits.of_order(before.id):
        if visit.source == "person" and visit.departed_at is None:
            unit.visits.depart(visit.id, event.occurred_at)


def _let_go(unit: Unit, order: WorkOrder, at: datetime) -> None:
    if order.assignment_id is not None:
        unit.assignments.release_all(order.id, at)
        unit.bookings.release(order.id, at)
    unit.etas.drop(order.id)


def _arrived(unit: Unit, before: WorkOrder, event: e.OrderArrived) -> None:
    unit.visits.add(
        Visit(
            id=event.visit_id,
            order_id=before.id,
            technician_id=event.technician_id,
            site_id=before.site_id,
            arrived_at=event.occurred_at,
            source=event.source,
            evidence=_evidence(event.evidence),
        )
    )


def _departed(unit: Unit, _before: WorkOrder, event: e.OrderDeparted) -> None:
    unit.visits.depart(event.visit_id, event.occurred_at)


def _reviewed(unit: Unit, _before: WorkOrder, event: e.ArrivalReviewed) -> None:
    visit = unit.visits.get(event.visit_id)
    unit.visits.save(replace(visit, review=Review(event.verdict), review_reason=event.reason))


def _revised(unit: Unit, before: WorkOrder, event: e.VisitRevised) -> None:
    visit = unit.visits.find(event.visit_id)
    if visit is None:
        _found(unit, before, event)
        return
    if visit.source == "person":
        return
    if event.arrived_at is None:
        unit.visits.save(replace(visit, retracted=True))
        return
    unit.visits.save(
        replace(
            visit,
            arrived_at=event.arrived_at,
            departed_at=event.departed_at,
            evidence=_evidence(event.evidence) or visit.evidence,
            retracted=False,
        )
    )


def _found(unit: Unit, before: WorkOrder, event: e.VisitRevised) -> None:
    """A visit that fixes tell of while the order stands where none can begin."""
    if event.arrived_at is not None:
        unit.visits.add(
            Visit(
                id=event.visit_id,
                order_id=before.id,
                technician_id=event.technician_id,
                site_id=before.site_id,
                arrived_at=event.arrived_at,
                departed_at=event.departed_at,
                source="gps",
                evidence=_evidence(event.evidence),
            )
        )


def _evidence(body: dict[str, Any] | None) -> Evidence | None:
    return None if body is None else msgspec.convert(body, Evidence)


_PROJECTORS: Final[dict[type[e.Event], Callable[[Unit, WorkOrder, Any], None]]] = {
    e.OrderChanged: _changed,
    e.OrderUnassigned: _unassigned,
    e.CrewSequenced: _crew_sequenced,
    e.OrderCancelled: _released,
    e.OrderCompleted: _completed,
    e.OrderArrived: _arrived,
    e.OrderDeparted: _departed,
    e.ArrivalReviewed: _reviewed,
    e.VisitRevised: _revised,
}
