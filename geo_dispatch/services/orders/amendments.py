"""Changes of many work orders at once: worked out while others write, written in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from geo_dispatch.adapters.sql.bulk import Ready
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.events import Event, stream_of
from geo_dispatch.dispatch.work.orders import OrderFields, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.orders import lifecycle, work_orders
from geo_dispatch.services.orders.ground import Ground


class Amendments:
    """Changes on their way in, worked out from the orders as one unit reads them.

    `write` takes a later unit, once the ground is known to hold, as `Intake.write`.
    """

    def __init__(self, ctx: Desk, unit: Unit, ground: Ground, actor: Actor) -> None:
        self._ctx = ctx
        self._unit = unit
        self._ground = ground
        self._actor = actor
        self._drafts: list[_Draft] = []

    def take(self, order: WorkOrder, fields: OrderFields) -> bool:
        """Work out a change, one at most of each order; says whether it changes anything.

        Raises
        ------
        InvalidInput, TransitionNotAllowed
            Every fault found; it has ended.
        """
        now = self._ctx.clock()
        after, events = work_orders.redrafted(self._ctx, self._unit, order, fields, now)
        if after == order:
            return False
        after = replace(after, version=order.version + 1)
        self._ground.bear(after)
        self._unit.orders.hold(after)
        record = self._unit.continuing(stream_of(order.id), events, actor=self._actor, at=now)
        self._drafts.append(
            _Draft(order, after, events, now, self._unit.orders.ready(after), record)
        )
        return True

    def write(self, unit: Unit) -> frozenset[OrderId]:
        """Make the changes, but for those of orders that are not as they were any more.

        Returns
        -------
        frozenset
            Orders of whom something has happened meanwhile: left as they are.
        """
        moved = self._ground.moved
        drafts = [draft for draft in self._drafts if not draft.upset_by(moved)]
        unit.append_ready([row for draft in drafts for row in draft.record])
        unit.orders.save_all([draft.after for draft in drafts], [draft.row for draft in drafts])
        for draft in drafts:
            lifecycle.carry_out(
                self._ctx, unit, draft.before, draft.events, actor=self._actor, now=draft.at
            )
        waited_for = unit.orders.waited_for()
        for draft in drafts:
            if draft.after.id in waited_for:
                lifecycle.have_followers_follow(
                    self._ctx, unit, draft.before, draft.after, actor=self._actor, now=draft.at
                )
        written = {draft.after.id for draft in drafts}
        return frozenset(draft.after.id for draft in self._drafts) - written


@dataclass(frozen=True, slots=True)
class _Draft:
    """A changed order and what goes into its record; both also as they will be written."""

    before: WorkOrder
    after: WorkOrder
    events: list[Event]
    at: datetime
    row: Ready
    record: list[Ready]

    def upset_by(self, moved: frozenset[str]) -> bool:
        """Whether it may not hold any more after news in these streams.

        What comes after what may go round in a circle through orders that nobody named here.
        """
        if stream_of(self.after.id) in moved:
            return True
        return self.after.after != self.before.after and bool(moved)
