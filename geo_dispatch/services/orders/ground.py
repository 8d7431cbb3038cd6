"""What orders of a file rest on while they are worked out, and whether it still holds later."""

from __future__ import annotations

from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.orders import WorkOrder


class Ground:
    """The records that orders name, as one unit reads them.

    Attributes
    ----------
    moved
        The streams in which something has happened since, as of the last `holds`.
    """

    def __init__(self, unit: Unit) -> None:
        self._since = unit.last_seq()
        self._named: set[str] = set()
        self.moved: frozenset[str] = frozenset()

    def bear(self, order: WorkOrder) -> None:
        """Let this order rest on it too."""
        self._named.update(_streams_named(order))

    def holds(self, unit: Unit) -> bool:
        """Whether nothing that the orders rest on has changed since.

        Writers wait for each other from here on until the unit's commit.
        """
        unit.next_order_numbers()
        news = unit.events(after=self._since)
        self.moved = frozenset(logged.stream for logged in news)
        return not any(
            logged.type in _OF_ALL_ORDERS
            or logged.stream in self._named
            or logged.stream.startswith(_CONTRACTS)
            for logged in news
        )


_OF_ALL_ORDERS: Final = frozenset({"policy.published", "performance.refreshed"})
_CONTRACTS: Final = "contract:"


def _streams_named(order: WorkOrder) -> list[str]:
    """The streams of all records that an order names."""
    named: dict[str, list[str | None]] = {
        "site": [order.site_id],
        "customer": [order.customer_id],
        "equipment": [order.equipment_id],
        "technician": [order.preferred_technician_id],
        "order": [order.parent_id, *order.after],
    }
    return [f"{kind}:{key}" for kind, keys in named.items() for key in keys if key is not None]
