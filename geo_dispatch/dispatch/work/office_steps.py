"""What the office does with a work order: what each command comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.orders import Status, WorkOrder, order_faults
from geo_dispatch.dispatch.work.steps import holder, refusal
from geo_dispatch.kernel.errors import Fault, InvalidInput

_BEFORE_ARRIVAL: Final = frozenset({Status.NEW, Status.ASSIGNED, Status.EN_ROUTE})


def place(command: c.PlaceOrder) -> list[e.Event]:
    """Take the order in.

    Raises
    ------
    InvalidInput
        What it asks for makes no sense; every fault found.
    """
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
        raise refusal(order, "move to another site", "the technician has been there")
    before, after = _plain(order), _plain(changed)
    changes = {name: after[name] for name in command.changes if after[name] != before[name]}
    return [e.OrderChanged(order_id=order.id, changes=changes)] if changes else []


def _assign(order: WorkOrder, command: c.Assign, now: datetime) -> list[e.Event]:
    events: list[e.Event] = []
    if order.technician_id is not None:
        if order.technician_id == command.technician_id and order.status is not Status.NEEDS_HELP:
            return []
        events = _unassign(order, c.Unassign(reason=command.reason), now)
    assigned = e.OrderAssigned(
        order_id=order.id,
        assignment_id=command.assignment_id,
        technician_id=command.technician_id,
        sequence=command.sequence,
        source=command.source,
        occurred_at=now,
        crew=command.crew,
        start_at=command.start_at,
        pinned=command.pinned,
        decision_id=command.decision_id,
        reason=command.reason,
        conflicts=list(command.conflicts),
        ranking=list(command.ranking),
    )
    released = _release(order, c.Release(note="sent in spite of it"), now)
    return [*events, *released, assigned, *_clear_flag(order, c.ClearFlag(), now)]


def _change_crew(order: WorkOrder, command: c.ChangeCrew, now: datetime) -> list[e.Event]:
    if command.crew == order.crew:
        return []
    lead = holder(order)
    if lead in command.crew or len(set(command.crew)) != len(command.crew):
        raise InvalidInput(
            f"the crew of {order.number} cannot be that",
            [
                Fault(
                    "crew", f"names somebody twice, or {lead!r}, who has the order; each goes once"
                )
            ],
        )
    return [
        e.CrewChanged(
            order_id=order.id,
            technician_id=lead,
            crew=command.crew,
            assignment_id=command.assignment_id,
            occurred_at=now,
            reason=command.reason,
        )
    ]


def _resequence(order: WorkOrder, command: c.Resequence, _now: datetime) -> list[e.Event]:
    if command.member is not None and command.member in order.crew:
        return [
            e.CrewSequenced(
                order_id=order.id, technician_id=command.member, sequence=command.sequence
            )
        ]
    if command.sequence == order.sequence:
        return []
    return [e.OrderChanged(order_id=order.id, changes={"sequence": command.sequence})]


def _unassign(order: WorkOrder, command: c.Unassign, now: datetime) -> list[e.Event]:
    return [
        e.OrderUnassigned(
            order_id=order.id,
            technician_id=holder(order),
            occurred_at=now,
            reason=command.reason,
        )
    ]


def _pin(order: WorkOrder, command: c.Pin, _now: datetime) -> list[e.Event]:
    if order.pinned == command.pinned:
        return []
    return [
        e.OrderPinned(order_id=order.id, pinned=command.pinned, technician_id=order.technician_id)
    ]


def _put_on_hold(order: WorkOrder, command: c.PutOnHold, now: datetime) -> list[e.Event]:
    if order.hold is not None and order.hold.reason is command.reason:
        return []
    freed: list[e.Event] = []
    if order.technician_id is not None:
        freed = _unassign(order, c.Unassign(reason=f"on hold: {command.reason}"), now)
    held = e.OrderHeld(order_id=order.id, reason=command.reason, occurred_at=now, note=command.note)
    return [*freed, held, *_clear_flag(order, c.ClearFlag(), now)]


def _release(order: WorkOrder, command: c.Release, now: datetime) -> list[e.Event]:
    if order.hold is None:
        return []
    return [e.OrderReleased(order_id=order.id, occurred_at=now, note=command.note)]


def _raise_flag(order: WorkOrder, command: c.RaiseFlag, now: datetime) -> list[e.Event]:
    flag = order.flag
    if flag is not None and (flag.code, flag.fact) == (command.code, command.fact):
        return []
    return [
        e.OrderFlagged(
            order_id=order.id,
            code=command.code,
            fact=command.fact,
            occurred_at=now,
            decision_id=command.decision_id,
        )
    ]


def _clear_flag(order: WorkOrder, command: c.ClearFlag, now: datetime) -> list[e.Event]:
    if order.flag is None:
        return []
    return [e.FlagCleared(order_id=order.id, occurred_at=now, reason=command.reason)]


def _tell_risk(order: WorkOrder, command: c.TellRisk, now: datetime) -> list[e.Event]:
    risk = command.risk
    if risk is None and order.risk is None:
        return []
    if risk is None:
        return [
            e.RiskCleared(order_id=order.id, occurred_at=now, technician_id=order.technician_id)
        ]
    if order.risk is not None and order.risk.limit == risk.limit:
        return []
    return [
        e.OrderAtRisk(
            order_id=order.id,
            limit=risk.limit,
            late_by_s=risk.late_by_s,
            occurred_at=now,
            technician_id=order.technician_id,
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


def _retire(_order: WorkOrder, _command: c.Retire, _now: datetime) -> list[e.Event]:
    return [e.RecordRetired(kind="work_order")]


def _plain(order: WorkOrder) -> dict[str, Any]:
    plain: dict[str, Any] = e.as_json(order)
    return plain


DECIDERS: Final[dict[type[c.Command], Callable[[WorkOrder, Any, datetime], list[e.Event]]]] = {
    c.ChangeOrder: _change,
    c.Assign: _assign,
    c.ChangeCrew: _change_crew,
    c.Resequence: _resequence,
    c.Unassign: _unassign,
    c.Pin: _pin,
    c.PutOnHold: _put_on_hold,
    c.Release: _release,
    c.RaiseFlag: _raise_flag,
    c.ClearFlag: _clear_flag,
    c.TellRisk: _tell_risk,
    c.Cancel: _cancel,
    c.Retire: _retire,
}
"""Command to what decides on it."""
