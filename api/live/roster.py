"""What the map shows beside each position: the call sign, the order in hand, and the shift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.dispatch.days.availability import next_working
from geo_dispatch.dispatch.days.privacy import PrivacyTime, private_at
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.dispatch.work.orders import UNDER_WAY, WorkOrder
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context

AVAILABLE: Final = "available"
"""The status of a technician who has no open order."""

_SHIFT_HOLDS: Final = timedelta(minutes=1)
"""Whether somebody is at work is looked up no more often."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who a technician is, and what with.

    Attributes
    ----------
    order
        The order in hand; None without one.
    """

    technician: Technician
    order: WorkOrder | None = None

    @property
    def status(self) -> str:
        """That of the order in hand; ``"available"`` without one."""
        return self.order.status.value if self.order else AVAILABLE


class Roster:
    """Every technician in use; loaded from the records, kept up by the event log."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._doing: dict[str, Doing] = {}
        self._working: dict[str, tuple[bool, datetime]] = {}
        self._private: Mapping[TechnicianId, Sequence[PrivacyTime]] = {}

    def get(self, technician_id: str) -> Doing | None:
        """What is known of the technician; None: retired, or not entered."""
        return self._doing.get(technician_id)

    def is_working(self, doing: Doing, now: datetime) -> bool:
        """Whether it is the technician's working time, by shift, leave and rota."""
        technician = doing.technician
        known = self._working.get(technician.id)
        if known is not None and known[1] - _SHIFT_HOLDS <= now < known[1]:
            return known[0]
        working = next_working(technician, now, self._context.zone, on_call=True) == now
        self._working[technician.id] = (working, now + _SHIFT_HOLDS)
        return working

    def hidden(self) -> frozenset[str]:
        """Technicians who are private now: an older fix of theirs is no position either."""
        now = self._context.clock()
        return frozenset(
            key for key, times in self._private.items() if private_at(times, now) is not None
        )

    def load(self) -> None:
        """Read all of it."""
        with self._context.store.read() as unit:
            self._private = unit.privacy.since(self._context.clock())
            technicians = unit.technicians.list()
            orders = unit.orders.open()
        in_hand = _in_hand(orders)
        self._doing = {one.id: Doing(one, in_hand.get(one.id)) for one in technicians}
        self._working = {}

    def refresh(self, events: Sequence[LoggedEvent]) -> set[str]:
        """Read again what the events touch; the technicians for whom something changed."""
        before = self._doing
        if any(e.type.startswith("technician.privacy_") for e in events):
            with self._context.store.read() as unit:
                self._private = unit.privacy.since(self._context.clock())
        if any(e.type.startswith("record.") and e.stream.startswith("technician:") for e in events):
            self.load()
        elif touched := _touched(events):
            with self._context.store.read() as unit:
                in_hand = _in_hand(unit.orders.open(touched))
            self._doing = before | {
                technician_id: Doing(before[technician_id].technician, in_hand.get(technician_id))
                for technician_id in touched
                if technician_id in before
            }
        after = self._doing
        return {
            key
            for key in before.keys() | after.keys()
            if _shown(before.get(key)) != _shown(after.get(key))
        }


def _shown(doing: Doing | None) -> tuple[str, str, str | None] | None:
    if doing is None:
        return None
    return doing.technician.call_sign, doing.status, doing.order.id if doing.order else None


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
