"""What the map shows beside each position: the call sign, and the order in hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.dispatch.work.orders import UNDER_WAY, WorkOrder
from geo_dispatch.services.context import Context

AVAILABLE: Final = "available"
"""The status of a technician who has no open order."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who a technician is, and what with.

    Attributes
    ----------
    status
        That of the order in hand; ``"available"`` without one.
    """

    call_sign: str
    status: str = AVAILABLE
    order_id: str | None = None


class Roster:
    """Every technician in use; loaded from the records, kept up by the event log."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._doing: dict[str, Doing] = {}

    def get(self, technician_id: str) -> Doing | None:
        """What is known of the technician; None: retired, or not entered."""
        return self._doing.get(technician_id)

    def load(self) -> None:
        """Read all of it."""
        with self._context.store.read() as unit:
            technicians = unit.technicians.list()
            orders = unit.orders.open()
        in_hand = _in_hand(orders)
        self._doing = {
            technician.id: _doing(technician.call_sign, in_hand.get(technician.id))
            for technician in technicians
        }

    def refresh(self, events: Sequence[LoggedEvent]) -> set[str]:
        """Read again what the events touch; the technicians for whom something changed."""
        before = self._doing
        if any(e.type.startswith("record.") and e.stream.startswith("technician:") for e in events):
            self.load()
        elif touched := _touched(events):
            with self._context.store.read() as unit:
                in_hand = _in_hand(unit.orders.open(touched))
            self._doing = before | {
                technician_id: _doing(before[technician_id].call_sign, in_hand.get(technician_id))
                for technician_id in touched
                if technician_id in before
            }
        after = self._doing
        return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _doing(call_sign: str, order: WorkOrder | None) -> Doing:
    return Doing(call_sign, order.status.value, order.id) if order else Doing(call_sign)


def _in_hand(orders: Iterable[WorkOrder]) -> dict[str, WorkOrder]:
    """Of each technician the order under way, else the next; ``orders`` come in sequence."""
    in_hand: dict[str, WorkOrder] = {}
    for order in orders:
        for holder in order.technician_ids:
            current = in_hand.get(holder)
            if current is None or (order.status in UNDER_WAY and current.status not in UNDER_WAY):
                in_hand[holder] = order
    return in_hand


def _touched(events: Iterable[LoggedEvent]) -> set[str]:
    return {
        technician_id
        for event in events
        if event.type.startswith("order.") and event.body.get("technician_id")
        for technician_id in (event.body["technician_id"], *event.body.get("crew", ()))
    }
