"""Who hears what on an event stream, by role."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from geo_dispatch.dispatch.work.events import LoggedEvent, stream_of
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.services.context import Context
from geo_dispatch.services.history.disclosure import for_clients, is_outside
from geo_dispatch.services.views import View, eta_view

ETA: Final = "order.eta"
GIVEN: Final = frozenset({"order.assigned", "order.crew_changed"})
"""Who has an order from then on."""
MESSAGE: Final = "message.queued"

_NAMES_HOLDERS: Final = frozenset({"order.assigned", "order.crew_changed"})


@dataclass(slots=True)
class Audience:
    """One reader's ears.

    Attributes
    ----------
    orders_only
        A client's: what `disclosure.for_clients` lets out.
    technician_id
        A technician hears of their own orders and position only; None hears of all.
    orders
        Streams of the orders that are the technician's.
    """

    orders_only: bool = False
    etas_only: bool = False
    positions: bool = True
    technician_id: str | None = None
    orders: set[str] = field(default_factory=set)

    def wants_event(self, event: LoggedEvent) -> bool:
        """Whether the reader may and wants to hear of it."""
        if self.etas_only and event.type != ETA:
            return False
        if self.orders_only:
            return for_clients(event) is not None
        if event.type == MESSAGE and self.technician_id is not None:
            once = not event.body.get("repeated")
            return once and bool(event.body.get("recipient_id") == self.technician_id)
        return self.technician_id is None or self._is_mine(event)

    def shown(self, event: LoggedEvent) -> LoggedEvent:
        """What the reader sees of an event that it wants."""
        return (for_clients(event) or event) if self.orders_only else event

    def wants_position(self, technician_id: str) -> bool:
        """Whether the reader may and wants to see this technician's position."""
        return self.positions and self.technician_id in (None, technician_id)

    def copy(self) -> Audience:
        """Ears for another pass over the log: hearing changes which orders are the technician's."""
        return replace(self, orders=set(self.orders))

    def _is_mine(self, event: LoggedEvent) -> bool:
        if event.stream == f"technician:{self.technician_id}":
            return True
        named = self.technician_id in (
            event.body.get("technician_id"),
            *(event.body.get("crew") or ()),
        )
        known = event.stream in self.orders
        if event.type == "order.unassigned" or (event.type in GIVEN and not named):
            self.orders.discard(event.stream)
            return named or (known and event.type != "order.assigned")
        if named and event.stream.startswith("order:"):
            self.orders.add(event.stream)
        return named or known


def audience_for(context: Context, actor: Actor, *, etas_only: bool) -> Audience:
    """What this actor may hear; looks up a technician's orders."""
    if actor.role is Role.TECHNICIAN and actor.technician_id is not None:
        with context.store.read() as unit:
            mine = unit.orders.open([actor.technician_id])
        return Audience(
            etas_only=etas_only,
            positions=not etas_only,
            technician_id=actor.technician_id,
            orders={stream_of(order.id) for order in mine},
        )
    outside = is_outside(actor)
    return Audience(orders_only=outside, etas_only=etas_only, positions=not (outside or etas_only))


def etas_in_force(context: Context, audience: Audience) -> list[View]:
    """The ETAs, as last told, of all open orders that the audience hears of."""
    holder = audience.technician_id
    with context.store.read() as unit:
        orders = unit.orders.open(None if holder is None else [holder])
        told = unit.etas.many(order.id for order in orders)
    holders = {order.id: order.technician_id for order in orders}
    return [eta_view(eta) for key, eta in sorted(told.items()) if eta.technician_id == holders[key]]
