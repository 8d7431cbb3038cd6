"""What clients may know of an order's story: what happens, not how the office decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from geo_dispatch.dispatch.work.events import LoggedEvent

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
