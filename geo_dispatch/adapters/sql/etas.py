"""Published ETAs in SQL: the newest of each order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from sqlalchemy import Connection, delete, insert, select, update

from geo_dispatch.adapters.sql import tables
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.kernel.ids import OrderId


class Etas:
    """One per order that a technician has."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, order_id: str) -> Eta | None:
        """The order's, or None."""
        return self.many([order_id]).get(OrderId(order_id))

    def many(self, order_ids: Iterable[str]) -> dict[OrderId, Eta]:
        """Those of the orders that have one."""
        statement = select(tables.etas).where(tables.etas.c.order_id.in_(sorted(set(order_ids))))
        rows = self._connection.execute(statement).mappings()
        return {row["order_id"]: Eta(**{**row, "basis": Basis(row["basis"])}) for row in rows}

    def put(self, eta: Eta) -> None:
        """Keep it in place of the order's last one."""
        row = {field.name: getattr(eta, field.name) for field in fields(eta)} | {
            "basis": eta.basis.value
        }
        condition = tables.etas.c.order_id == eta.order_id
        replaced = self._connection.execute(update(tables.etas).where(condition).values(row))
        if replaced.rowcount == 0:
            self._connection.execute(insert(tables.etas).values(row))

    def drop(self, order_id: str) -> None:
        """The order has none any more."""
        self._connection.execute(delete(tables.etas).where(tables.etas.c.order_id == order_id))
