"""What is said of technicians themselves: events that belong to no order, or to the one in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from geo_dispatch.dispatch.days.availability import so_long
from geo_dispatch.dispatch.messages.queueing import CLIENTS, Draft, Facts, order_facts
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.orders import WorkOrder


@dataclass(frozen=True, slots=True)
class Signal:
    """An event of a technician, the order in hand with it, and when it is told."""

    technician: Technician
    order: WorkOrder | None
    event: e.Event
    at: datetime


@dataclass(frozen=True, slots=True)
class SignalRow:
    """What an event of a technician makes us say to clients; ``when`` is for the documentation."""

    when: str
    text: Callable[[Signal], str]


def _silent(signal: Signal) -> str:
    event: Any = signal.event
    lasted = so_long((signal.at - event.since).total_seconds())
    why = ", ".join(event.reasons).replace("_", " ")
    return f"{signal.technician.call_sign} is silent for {lasted}" + (f": {why}" if why else "")


def _heard(signal: Signal) -> str:
    event: Any = signal.event
    lasted = so_long((signal.at - event.silent_since).total_seconds())
    return f"{signal.technician.call_sign} is heard again after {lasted}"


SIGNALS: Final[Mapping[type[e.Event], SignalRow]] = {
    e.TechnicianSos: SignalRow(
        "a technician pressed the alarm", lambda s: f"{s.technician.call_sign} calls for help: SOS"
    ),
    e.SosAnswered: SignalRow(
        "the office dealt with an alarm",
        lambda s: f"The SOS of {s.technician.call_sign} is answered",
    ),
    e.TechnicianSilent: SignalRow(
        "no position came for long from a technician at work with an order in hand", _silent
    ),
    e.TechnicianHeard: SignalRow("a position came again", _heard),
}

SIGNAL_TYPES: Final = frozenset(kind.type for kind in SIGNALS)


def draft_of(signal: Signal, facts: Facts) -> Draft:
    """The message to clients; its ``order`` is null where there is none."""
    technician, order = signal.technician, signal.order
    told = {one.name: e.as_json(getattr(signal.event, one.name)) for one in fields(signal.event)}
    told.pop("order_id", None)
    return Draft(
        type=signal.event.type,
        to="client",
        recipient_id=CLIENTS,
        order_id=None if order is None else order.id,
        text=SIGNALS[type(signal.event)].text(signal),
        data={
            "order": None if order is None else order_facts(order, facts),
            "technician": {
                "id": technician.id,
                "call_sign": technician.call_sign,
                "phone": technician.phone,
            },
            **told,
        },
        at=signal.at,
    )
