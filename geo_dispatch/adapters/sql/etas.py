"""Published ETAs in SQL: the newest of each order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from geo_dispatch.adapters.sql import tables
from geo_dispatch.kernel.ids import OrderId, TechnicianId


@dataclass(frozen=True, slots=True)
class PublishedEta:
    """When a technician is expected, as last told.

    Attributes
    ----------
    eta
        None: no way there, or no position to start from; ``basis`` says which.
    drive_s
        Driving still ahead, seconds.
    position_at
        Time of the fix it starts from.
    """

    order_id: OrderId
    technician_id: TechnicianId
    eta: datetime | None
    drive_s: float | None
    position_at: datetime | None
    basis: str
    computed_at: datetime
    late_by_s: float | None = None


class Etas:
    """One per order that a technician has."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, order_id: str) -> PublishedEta | None:
        """The order's, or None."""
        return self.many([order_id]).get(OrderId(order_id))

    def many(self, order_ids: Iterable[str]) -> dict[OrderId, PublishedEta]:
        """Those of the orders that have one."""
        statement = select(tables.etas).where(tables.etas.c.order_id.in_(sorted(set(order_ids))))
        rows = self._connection.execute(statement).mappings()
        return {row["order_id"]: PublishedEta(**row) for row in rows}

    def put(self, eta: PublishedEta) -> None:
        """Keep it in place of the order's last one."""
        row = {field.name: getattr(eta, field.name) for field in fields(eta)}
        condition = tables.etas.c.order_id == eta.order_id
        replaced = self._connection.execute(update(tables.etas).where(condition).values(row))
        if replaced.rowcount == 0:
            self._connection.execute(insert(tables.etas).values(row))

    def drop(self, order_id: str) -> None:
        """The order has none any more."""
        self._connection.execute(delete(tables.etas).where(tables.etas.c.order_id == order_id))
