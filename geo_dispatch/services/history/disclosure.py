"""What clients may know of orders: where they stand and what happens, not how the office decides.

Everybody else reads what their role lets them ask for as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Forbidden
from geo_dispatch.services.views import View, order_view

_TOLD: Final = frozenset(
    {
        "order.placed",
        "order.changed",
        "order.assigned",
        "order.unassigned",
        "order.crew_changed",
        "order.held",
        "order.released",
        "order.at_risk",
        "order.risk_cleared",
        "order.sla",
        "order.cancelled",
        "order.bumped",
        "order.en_route",
        "order.arrived",
        "order.started",
        "order.resumed",
        "order.completed",
        "order.followed_up",
        "order.departed",
        "order.set_out_revised",
        "order.eta",
        "order.delayed",
        "technician.arriving",
        "visit.revised",
        "message.queued",
    }
)
"""A type that is missing here stays in the office."""

_WITHHELD: Final = frozenset({"conflicts", "ranking", "decision_id", "note"})
"""Who else was looked at and why they were refused, and what the office notes for itself."""

_OVERRIDES: Final = frozenset(
    {"order.assigned", "order.unassigned", "order.crew_changed", "order.bumped"}
)
"""Their reasons are the office's own."""


_OF_OTHERS: Final = ("site_history", "equipment_history", "previous_visits")
"""Of the context: work for other customers may be among it, with what was noted then."""


def is_outside(reader: Actor) -> bool:
    """Whether the reader is not of the house: a client."""
    return reader.role is Role.CLIENT


def may_invoice(reader: Actor) -> bool:
    """Whether the reader may see what an invoice would count: the office, not technicians."""
    return reader.role not in {Role.CLIENT, Role.TECHNICIAN}


def order_for(reader: Actor, order: WorkOrder) -> View:
    """The order as the reader may see it: flags and notes of holds are the office's own."""
    if not is_outside(reader):
        return order_view(order)
    hold = None if order.hold is None else replace(order.hold, note="")
    return order_view(replace(order, flag=None, hold=hold))


def context_for(reader: Actor, context: View) -> View:
    """What is known around an order, as the reader may see it."""
    return context | {name: [] for name in _OF_OTHERS} if is_outside(reader) else context


def refuse_flags(reader: Actor, flagged: bool | None) -> None:  # noqa: FBT001 - a filter's value
    """Let nobody from outside ask which orders are flagged.

    Raises
    ------
    Forbidden
        They do.
    """
    if flagged is not None and is_outside(reader):
        raise Forbidden("clients cannot ask for flagged orders; leave `flagged` out")


def for_clients(event: LoggedEvent) -> LoggedEvent | None:
    """The event as clients may read it; None if it is not for them."""
    if event.type not in _TOLD:
        return None
    if event.type == "message.queued" and event.body.get("to") != "customer":
        return None
    withheld = _WITHHELD | ({"reason"} if event.type in _OVERRIDES else set())
    body = {name: value for name, value in event.body.items() if name not in withheld}
    if "by_order_id" in body:
        body["by_order_id"] = None
    return replace(event, body=body)
