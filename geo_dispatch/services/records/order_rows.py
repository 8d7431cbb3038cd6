"""Rows of CSV files of work orders: new ones placed together, known ones changed.

They are worked out before: see `Intake` and `Amendments`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.orders import OrderFields, WorkOrder, order_faults
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.orders.amendments import Amendments
from geo_dispatch.services.orders.ground import Ground
from geo_dispatch.services.orders.intake import Intake
from geo_dispatch.services.records.naming import (
    EQUIPMENT,
    PREFERRED,
    SITE,
    Named,
    Reference,
    Values,
    have_at_hand,
    picked,
    refer,
)


class OrderRows:
    """The rows of one file, looked at in one unit and written in the same or a later one.

    Attributes
    ----------
    unchanged
        How many rows tell nothing new.
    """

    def __init__(self, ctx: Desk, unit: Unit, actor: Actor, rows: Iterable[Values]) -> None:
        rows = list(rows)
        self._ctx = ctx
        self._unit = unit
        self._actor = actor
        have_at_hand(unit, _NAMED, rows)
        self._ground = Ground(unit)
        self.intake = Intake(ctx, unit, self._ground, actor, len(rows))
        self.unchanged = 0
        self._amendments = Amendments(ctx, unit, self._ground, actor)

    def take(self, values: Values) -> Change | None:
        """Look at a row: the change that it asks for, if its order is known and not like that.

        Raises
        ------
        InvalidInput
            Every fault of it, by field or column.
        Conflict
            The order is known, and cannot be changed any more.
        """
        fields = _fields(self._ctx, self._unit, values)
        known = self._unit.orders.by_external_id(values["external_id"])
        if known is None:
            self.intake.take(fields)
            return None
        if self._amendments.take(known, fields):
            return Change(known.id, fields)
        self.unchanged += 1
        return None

    def stand(self, unit: Unit) -> bool:
        """Whether what was worked out still holds; then nobody else writes until the commit."""
        return self._ground.holds(unit) and self.intake.stands(unit)

    def write(self, unit: Unit) -> frozenset[OrderId]:
        """Write them; says which known orders have moved on meanwhile, and are left as they are."""
        self.intake.write(unit)
        return self._amendments.write(unit)

    def change(self, unit: Unit, change: Change) -> bool:
        """Change an order as it stands now; whether that changed anything.

        Raises
        ------
        InvalidInput, Conflict
            As `take`.
        """
        known = unit.orders.get(change.order_id)
        changed = work_orders.change_in(self._ctx, unit, known, change.fields, actor=self._actor)
        return changed != known


@dataclass(frozen=True, slots=True)
class Change:
    """What a row asks of a known order."""

    order_id: OrderId
    fields: OrderFields


def _fields(ctx: Desk, unit: Unit, values: Values) -> OrderFields:
    """What the row says of its order."""
    fields: OrderFields = picked(
        values,
        "external_id",
        "type",
        "work_class",
        "required_skills",
        "required_certificates",
        "required_equipment",
        "required_parts",
        "crew_size",
        "priority",
        "contract_critical",
        "start_at",
        "due_at",
        "permits",
        "checklist",
        "notes",
    )
    faults = []
    minutes = values.get("duration_min")
    if minutes is not None and not 0 < minutes <= _LONGEST_MIN:
        faults.append(
            Fault("duration_min", f"{minutes:g} is not above 0 minutes and up to {_LONGEST_MIN}")
        )
    elif minutes is not None:
        fields["duration_s"] = minutes * 60.0
    if "window_start" in values:
        try:
            fields["window"] = Window(values["window_start"], values["window_end"])
        except ValueError as error:
            faults.append(Fault("window_end", str(error)))
    try:
        refer(unit, fields, values, *_REFERENCES)
    except InvalidInput as error:
        faults.extend(error.faults)
    if faults:
        asked: OrderFields = {"site_id": _NOWHERE, **fields}
        order = WorkOrder(id=OrderId(""), number="", placed_at=ctx.clock(), **asked)
        raise InvalidInput("this work order cannot be", [*faults, *order_faults(order)])
    return fields


_LONGEST_MIN: Final = 30 * 24 * 60
_NOWHERE: Final[Any] = ""
_AFTER: Final = Reference(
    "after_external_ids",
    "after",
    lambda unit: unit.orders,
    "work order",
    "put it into a line above",
)
_PARENT: Final = Reference(
    "parent_external_id",
    "parent_id",
    lambda unit: unit.orders,
    "work order",
    "put it into a line above",
)
_REFERENCES: Final = (SITE, EQUIPMENT, _AFTER, PREFERRED, _PARENT)
_NAMED: Final[Named] = {
    "external_id": lambda unit: unit.orders,
    **{one.column: one.records for one in _REFERENCES},
}
"""Columns of external ids in such files."""
