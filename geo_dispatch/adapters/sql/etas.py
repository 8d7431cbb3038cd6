"""Published ETAs in SQL: the newest of each order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from geo_dispatch.adapters.sql import tables
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.kernel.ids import OrderId

_NAMES: Final = tuple(field.name for field in fields(Eta))


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

    def put(self, etas: Iterable[Eta]) -> None:
        """Keep each in place of its order's last one; of each order one."""
        rows = [
            {name: getattr(eta, name) for name in _NAMES} | {"basis": eta.basis.value}
            for eta in etas
        ]
        if rows:
            dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            new: postgresql.Insert | sqlite.Insert = dialect.insert(tables.etas)
            known = {name: new.excluded[name] for name in _NAMES if name != "order_id"}
            self._connection.execute(
                new.on_conflict_do_update(index_elements=["order_id"], set_=known), rows
            )

    def drop(self, order_id: str) -> None:
        """The order has none any more."""
        self._connection.execute(delete(tables.etas).where(tables.etas.c.order_id == order_id))
