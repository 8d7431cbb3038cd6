"""Who has been where before: completed visits that bear on an order, counted by technician."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select

from geo_dispatch.adapters.sql.registers import equipment_table
from geo_dispatch.adapters.sql.tables import work_orders
from geo_dispatch.dispatch.days.case import Experience
from geo_dispatch.dispatch.records.equipment import Equipment
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.ids import SiteId, TechnicianId


class Experiences:
    """Reads the past; writes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def at(self, site_id: SiteId, equipment: Equipment | None) -> dict[TechnicianId, Experience]:
        """Everybody's completed orders at the site, on the equipment, and on such equipment."""
        orders = work_orders.c
        here = orders.site_id == site_id
        this: ColumnElement[bool] = literal(value=False)
        such: ColumnElement[bool] = literal(value=False)
        if equipment is not None:
            this = orders.equipment_id == equipment.id
            same_type = func.lower(equipment_table.c.type) == equipment.type.lower()
            such = orders.equipment_id.in_(select(equipment_table.c.id).where(same_type))
        statement = (
            select(orders.technician_id, *(_count(one) for one in (here, this, such)))
            .where(
                orders.status == Status.COMPLETE,
                orders.technician_id.is_not(None),
                or_(here, this, such),
            )
            .group_by(orders.technician_id)
        )
        return {
            TechnicianId(row[0]): Experience(*(int(count) for count in row[1:]))
            for row in self._connection.execute(statement)
        }


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)
