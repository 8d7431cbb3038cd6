"""Territories in force, in SQL: one set per area, replaced as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import shapely
from sqlalchemy import Connection, delete, insert, select

from geo_dispatch.adapters.sql import tables
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.territory.model import Territory


class Territories:
    """The published sets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, area: str, territories: Iterable[Territory], at: datetime) -> None:
        """Put a new set in force, in place of the area's last one."""
        table = tables.territories
        self._connection.execute(delete(table).where(table.c.scope == area))
        rows = [
            {
                "scope": area,
                "id": territory.id,
                "position": position,
                "name": territory.name,
                "area": territory.area,
                "colour": territory.colour,
                "published_at": at,
            }
            for position, territory in enumerate(territories)
        ]
        if rows:
            self._connection.execute(insert(table), rows)

    def names(self) -> dict[TerritoryId, str]:
        """What people call those in force, of all areas; those without a name are left out."""
        columns = tables.territories.c
        rows = self._connection.execute(select(columns.id, columns.name).order_by(columns.id))
        return {TerritoryId(row.id): row.name.strip() for row in rows if row.name.strip()}

    def in_force(self, area: str | None = None) -> list[Territory]:
        """The area's set, or those of all areas, in their published order."""
        columns = tables.territories.c
        statement = select(tables.territories).order_by(columns.scope, columns.position)
        if area is not None:
            statement = statement.where(columns.scope == area)
        return [
            Territory(
                id=TerritoryId(row.id),
                name=row.name,
                area=shapely.MultiPolygon(row.area),
                colour=row.colour,
            )
            for row in self._connection.execute(statement)
        ]
