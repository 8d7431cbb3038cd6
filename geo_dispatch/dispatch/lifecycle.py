"""How a work order moves: one table of steps, and `decide`. `evolution` folds what it decides.

::

    new ──> assigned ──> en_route ──> on_site ──> on_the_tools ──> complete
                │            │           │             │
                └────────────┴─ needs_help ────────────┘   resumes where it stood
    everything open ──> cancelled

What fixes say moves an order forward only; what a person said stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from geo_dispatch.dispatch import commands as c
from geo_dispatch.dispatch import events as e
from geo_dispatch.dispatch.orders import (
    ENDED,
    OPEN,
    UNDER_WAY,
    Source,
    Status,
    WorkOrder,
    order_faults,
)
from geo_dispatch.kernel.errors import Fault, InvalidInput, TransitionNotAllowed
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import utc

_S = Status
_BEFORE_ARRIVAL: Final = frozenset({_S.NEW, _S.ASSIGNED, _S.EN_ROUTE})

STEPS: Final[dict[type[c.Command], frozenset[Status]]] = {
    c.ChangeOrder: OPEN,
    c.Assign: frozenset({_S.NEW, _S.ASSIGNED, _S.EN_ROUTE, _S.NEEDS_HELP}),
    c.Resequence: OPEN - {_S.NEW},
    c.Unassign: frozenset({_S.ASSIGNED, _S.EN_ROUTE, _S.NEEDS_HELP}),
    c.SetOut: frozenset({_S.ASSIGNED}),
    c.ConfirmArrival: frozenset({_S.ASSIGNED, _S.EN_ROUTE}),
    c.Start: frozenset({_S.ON_SITE}),
    c.AskForHelp: UNDER_WAY - {_S.NEEDS_HELP} | {_S.ASSIGNED},
    c.Resume: frozenset({_S.NEEDS_HELP}),
    c.Complete: frozenset({_S.ON_SITE, _S.ON_THE_TOOLS}),
    c.Cancel: OPEN,
    c.ReviewArrival: frozenset(Status),
    c.ReviseVisit: frozenset(Status),
    c.Depart: frozenset(Status),
    c.ReviseSetOut: frozenset({_S.EN_ROUTE}),
    c.Retire: ENDED,
}
"""Which steps an order may take where it stands."""

_BESIDE: Final = {c.Resequence, c.ReviewArrival, c.ReviseVisit, c.ReviseSetOut, c.Depart}
_BY_PEOPLE: Final = tuple(step for step in STEPS if step not in _BESIDE)


def possible_steps(status: Status) -> list[str]:
    """Names of the steps that people may take from there."""
    return [step.step for step in _BY_PEOPLE if status in STEPS[step]]


def decide(order: WorkOrder | None, command: c.Command, now: datetime) -> list[e.Event]:
    """What happens when the command comes; empty when it changes nothing.

    Fixes (``source="gps"``) that would move the order backwards, or out of turn, change nothing.

    Raises
    ------
    TransitionNotAllowed
        The order stands where the step is not possible; the message names what is.
    InvalidInput
        What the order asks for makes no sense; every fault found.
    """
    if isinstance(command, c.PlaceOrder):
        return _place(command)
    if order is None:
        raise ValueError(f"there is no order to {command.step}")
    if isinstance(command, c.ChangeOrder) and replace(order, **command.changes) == order:
        return []
    if order.status not in STEPS[type(command)] or (order.retired and not _tells(command)):
        if getattr(command, "source", None) == "gps":
            return []
        raise _refusal(order, command.step)
    return _DECIDERS[type(command)](order, command, utc(now))


def _tells(command: c.Command) -> bool:
    return isinstance(command, c.ReviseVisit | c.Depart)


def _refusal(order: WorkOrder, step: str, why: str = "") -> TransitionNotAllowed:
    possible = possible_steps(order.status) if not order.retired else []
    stands = "retired" if order.retired else order.status.value
    can = f"possible now: {', '.join(possible)}" if possible else "nothing more is possible"
    return TransitionNotAllowed(
        f"{order.number} is {stands}: cannot {step}{f' ({why})' if why else ''}; {can}",
        [Fault("status", f"{order.number} is {stands}; {can}")],
    )


def _place(command: c.PlaceOrder) -> list[e.Event]:
    order = command.order
    faults = order_faults(order)
    if faults:
        raise InvalidInput(f"{order.number} cannot be placed as it is", faults)
    return [e.OrderPlaced(order_id=order.id, site_id=order.site_id, order=_plain(order))]


def _change(order: WorkOrder, command: c.ChangeOrder, _now: datetime) -> list[e.Event]:
    changed = replace(order, **command.changes)
    faults = order_faults(changed)
    if faults:
        raise InvalidInput(f"{order.number} cannot be changed like that", faults)
    if changed.site_id != order.site_id and order.status not in _BEFORE_ARRIVAL:
        raise _refusal(order, "move to another site", "the technician has been there")
    before, after = _plain(order), _plain(changed)
    changes = {name: after[name] for name in command.changes if after[name] != before[name]}
    return [e.OrderChanged(order_id=order.id, changes=changes)] if changes else []


def _assign(order: WorkOrder, command: c.Assign, now: datetime) -> list[e.Event]:
    events: list[e.Event] = []
    if order.technician_id is not None:
        if order.technician_id == command.technician_id and order.status is not _S.NEEDS_HELP:
            return []
        events = _unassign(order, c.Unassign(reason=command.reason), now)
    assigned = e.OrderAssigned(
        order_id=order.id,
        assignment_id=command.assignment_id,
        technician_id=command.technician_id,
        sequence=command.sequence,
        source=command.source,
        occurred_at=now,
        reason=command.reason,
        conflicts=list(command.conflicts),
        ranking=list(command.ranking),
    )
    return [*events, assigned]


def _resequence(order: WorkOrder, command: c.Resequence, _now: datetime) -> list[e.Event]:
    if command.sequence == order.sequence:
        return []
    return [e.OrderChanged(order_id=order.id, changes={"sequence": command.sequence})]


def _unassign(order: WorkOrder, command: c.Unassign, now: datetime) -> list[e.Event]:
    return [
        e.OrderUnassigned(
            order_id=order.id,
            technician_id=_holder(order),
            occurred_at=now,
            reason=command.reason,
        )
    ]


def _set_out(order: WorkOrder, command: c.SetOut, now: datetime) -> list[e.Event]:
    return [_en_route(order, command.occurred_at or now, command.source)]


def _revise_set_out(order: WorkOrder, command: c.ReviseSetOut, _now: datetime) -> list[e.Event]:
    by_fixes = command.source == "gps"
    if by_fixes and (order.status_source == "person" or order.status_at == command.occurred_at):
        return []
    return [
        e.SetOutRevised(
            order_id=order.id,
            technician_id=_holder(order),
            occurred_at=command.occurred_at,
        )
    ]


def _arrive(order: WorkOrder, command: c.ConfirmArrival, now: datetime) -> list[e.Event]:
    at = command.occurred_at or now
    implied: list[e.Event] = []
    if order.status is _S.ASSIGNED:
        implied = [_en_route(order, at, command.source)]
    arrived = e.OrderArrived(
        order_id=order.id,
        technician_id=_holder(order),
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
            arrived_at=command.arrived_at,
            departed_at=command.departed_at,
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
            technician_id=_holder(order),
            occurred_at=command.occurred_at or now,
        )
    ]


def _ask_for_help(order: WorkOrder, command: c.AskForHelp, now: datetime) -> list[e.Event]:
    return [
        e.OrderNeedsHelp(
            order_id=order.id,
            technician_id=_holder(order),
            occurred_at=now,
            reason=command.reason,
        )
    ]


def _resume(order: WorkOrder, _command: c.Resume, now: datetime) -> list[e.Event]:
    return [
        e.OrderResumed(
            order_id=order.id,
            technician_id=_holder(order),
            status=order.helped_from or _S.ASSIGNED,
            occurred_at=now,
        )
    ]


def _complete(order: WorkOrder, command: c.Complete, now: datetime) -> list[e.Event]:
    return [
        e.OrderCompleted(
            order_id=order.id,
            technician_id=_holder(order),
            occurred_at=command.occurred_at or now,
            notes=command.notes,
        )
    ]


def _cancel(order: WorkOrder, command: c.Cancel, now: datetime) -> list[e.Event]:
    return [
        e.OrderCancelled(
            order_id=order.id,
            technician_id=order.technician_id,
            occurred_at=now,
            reason=command.reason,
        )
    ]


def _depart(order: WorkOrder, command: c.Depart, now: datetime) -> list[e.Event]:
    return [
        e.OrderDeparted(
            order_id=order.id,
            technician_id=command.technician_id,
            visit_id=command.visit_id,
            occurred_at=command.occurred_at or now,
        )
    ]


def _retire(_order: WorkOrder, _command: c.Retire, _now: datetime) -> list[e.Event]:
    return [e.RecordRetired(kind="work_order")]


def _en_route(order: WorkOrder, at: datetime, source: Source) -> e.OrderEnRoute:
    return e.OrderEnRoute(
        order_id=order.id, technician_id=_holder(order), occurred_at=at, source=source
    )


def _holder(order: WorkOrder) -> TechnicianId:
    if order.technician_id is None:
        raise ValueError(f"{order.number} is {order.status} without a technician")
    return order.technician_id


def _plain(order: WorkOrder) -> dict[str, Any]:
    plain: dict[str, Any] = e.as_json(order)
    return plain


_DECIDERS: Final[dict[type[c.Command], Callable[[WorkOrder, Any, datetime], list[e.Event]]]] = {
    c.ChangeOrder: _change,
    c.Assign: _assign,
    c.Resequence: _resequence,
    c.Unassign: _unassign,
    c.SetOut: _set_out,
    c.ConfirmArrival: _arrive,
    c.ReviseVisit: _revise,
    c.ReviewArrival: _review,
    c.Start: _start,
    c.AskForHelp: _ask_for_help,
    c.Resume: _resume,
    c.Complete: _complete,
    c.Cancel: _cancel,
    c.Depart: _depart,
    c.ReviseSetOut: _revise_set_out,
    c.Retire: _retire,
}
