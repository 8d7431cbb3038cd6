"""Many new work orders at once: worked out while others write, then written in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace

from geo_dispatch.adapters.sql.bulk import Ready
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.events import Event, OrderPlaced, stream_of
from geo_dispatch.dispatch.work.orders import OrderFields, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.messages import outbox
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.orders.ground import Ground


class Intake:
    """New orders on their way in, worked out from the records as one unit reads them.

    Checking ten thousand orders and sealing their events takes seconds, writing them a fraction of
    that. `write` takes a later unit, so that the database is nobody's in between; `stands` says,
    once the ground is known to hold, whether what was worked out does too.
    """

    def __init__(self, ctx: Desk, unit: Unit, ground: Ground, actor: Actor, at_most: int) -> None:
        self._ctx = ctx
        self._unit = unit
        self._actor = actor
        self._ground = ground
        self._numbers = iter(unit.orders.next_numbers(at_most))
        self._drafts: list[_Draft] = []

    def __len__(self) -> int:
        return len(self._drafts)

    def take(self, fields: OrderFields) -> None:
        """Work out one more order; those after it may name it.

        Raises
        ------
        InvalidInput
            Every fault found.
        """
        order_id = OrderId(self._ctx.new_id("wo"))
        number = next(self._numbers)
        order, events = work_orders.drafted(
            self._ctx, self._unit, fields, order_id=order_id, number=number
        )
        self._ground.bear(order)
        self._unit.orders.hold(order)
        self._drafts.append(_Draft.of(self._unit, order, events, self._actor))

    def stands(self, unit: Unit) -> bool:
        """Whether nobody else has brought one of them in meanwhile."""
        theirs = [draft.order.external_id for draft in self._drafts if draft.order.external_id]
        unit.orders.keep_at_hand(theirs)
        return not any(map(unit.orders.by_external_id, theirs))

    def write(self, unit: Unit) -> None:
        """Place the orders, in the order in which they were taken."""
        numbers = unit.next_order_numbers(len(self._drafts))
        drafts = [
            draft.numbered(unit, number, self._actor)
            for draft, number in zip(self._drafts, numbers, strict=True)
        ]
        unit.orders.add_all([draft.order for draft in drafts], [draft.row for draft in drafts])
        unit.append_ready([row for draft in drafts for row in draft.record])
        for draft in drafts:
            order = draft.order
            outbox.note(
                self._ctx,
                unit,
                None,
                order,
                draft.events[0],
                actor=self._actor,
                at=order.placed_at,
            )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A new order and what goes into its record; both also as they will be written."""

    order: WorkOrder
    events: list[Event]
    row: Ready
    record: list[Ready]

    @classmethod
    def of(cls, unit: Unit, order: WorkOrder, events: list[Event], actor: Actor) -> _Draft:
        """The draft, ready to be written."""
        stream = stream_of(order.id)
        record = unit.beginning(stream, events, actor=actor, at=order.placed_at)
        return cls(order, events, unit.orders.ready(order), record)

    def numbered(self, unit: Unit, number: str, actor: Actor) -> _Draft:
        """The same with this number: somebody else may have taken the one that it was given."""
        if number == self.order.number:
            return self
        placed, *rest = self.events
        assert isinstance(placed, OrderPlaced)
        placed = replace(placed, order=placed.order | {"number": number})
        return _Draft.of(unit, replace(self.order, number=number), [placed, *rest], actor)
