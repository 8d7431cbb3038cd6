"""Changes on the road in SQL: those that stand, and those that were undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Double,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    or_,
    select,
    update,
)

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import Named, Nested, Shape, UtcTime
from geo_dispatch.dispatch.records.road_changes import RoadChangeRecord
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import RoadChangeId
from geo_dispatch.roads.changes import Kind, RoadChange, WaySpeed

road_changes_table = Table(
    "road_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("scope", String(255), nullable=False, index=True, comment="the road area"),
    Column("kind", Named(Kind), nullable=False),
    Column("area", Shape),
    Column("way_ids", Nested(tuple[int, ...]), nullable=False),
    Column("factor", Double),
    Column("speeds", Nested(tuple[WaySpeed, ...]), nullable=False),
    Column("name", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts_at", UtcTime),
    Column("ends_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("told", Boolean, nullable=False, comment="the log says that it is in force"),
    Column("undone_at", UtcTime),
    Column("undone_by", String(255), nullable=False),
)

_OF_THE_CHANGE = ("kind", "area", "way_ids", "factor", "speeds")
_OF_THE_RECORD = (
    "name",
    "reason",
    "starts_at",
    "ends_at",
    "created_at",
    "created_by",
    "told",
    "undone_at",
    "undone_by",
)


class RoadChanges:
    """What is different on the roads of each area."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self, scope: str) -> int:
        """Grows with each change made or undone; cheap enough to ask several times a second."""
        columns = road_changes_table.c
        counted = select(func.count(columns.id) + func.count(columns.undone_at))
        return self._connection.execute(counted.where(columns.scope == scope)).scalar_one()

    def standing(self, scope: str, now: datetime) -> list[RoadChangeRecord]:
        """Those not undone that hold now or later, or of whose end nothing was told; by age."""
        columns = road_changes_table.c
        open_ended = or_(columns.ends_at.is_(None), columns.ends_at > now, columns.told)
        statement = (
            select(road_changes_table)
            .where(columns.scope == scope, columns.undone_at.is_(None), open_ended)
            .order_by(columns.created_at, columns.id)
        )
        return [_record(row) for row in self._connection.execute(statement)]

    def newest(self, scope: str, limit: int) -> list[RoadChangeRecord]:
        """The newest of all, the newest first, undone ones too."""
        columns = road_changes_table.c
        statement = (
            select(road_changes_table)
            .where(columns.scope == scope)
            .order_by(columns.created_at.desc(), columns.id.desc())
            .limit(limit)
        )
        return [_record(row) for row in self._connection.execute(statement)]

    def get(self, scope: str, change_id: str) -> RoadChangeRecord:
        """That change of the area.

        Raises
        ------
        NotFound
            There is none.
        """
        columns = road_changes_table.c
        statement = select(road_changes_table).where(
            columns.scope == scope, columns.id == change_id
        )
        row = self._connection.execute(statement).one_or_none()
        if row is None:
            raise NotFound(
                "change on the roads", change_id, "GET /v1/roads/changes?all=true lists them"
            )
        return _record(row)

    def add(self, scope: str, record: RoadChangeRecord) -> None:
        """Keep it."""
        values = {name: getattr(record.change, name) for name in _OF_THE_CHANGE}
        values |= {name: getattr(record, name) for name in _OF_THE_RECORD}
        row = {"id": record.id, "scope": scope, **values}
        self._connection.execute(insert(road_changes_table).values(row))

    def undo(self, change_id: str, at: datetime, by: str) -> bool:
        """It holds no longer; False if somebody undid it before."""
        return self._changed(
            change_id,
            road_changes_table.c.undone_at.is_(None),
            undone_at=at,
            undone_by=by,
            told=False,
        )

    def tell(self, change_id: str, *, in_force: bool) -> bool:
        """The log says so from now on; False if it did before, or it was undone."""
        columns = road_changes_table.c
        return self._changed(
            change_id, columns.undone_at.is_(None), columns.told != in_force, told=in_force
        )

    def _changed(self, change_id: str, *only_if: Any, **values: object) -> bool:
        statement = (
            update(road_changes_table)
            .where(road_changes_table.c.id == change_id, *only_if)
            .values(values)
        )
        return self._connection.execute(statement).rowcount > 0


def _record(row: Row[Any]) -> RoadChangeRecord:
    return RoadChangeRecord(
        id=RoadChangeId(row.id),
        change=RoadChange(*(getattr(row, name) for name in _OF_THE_CHANGE)),
        **{name: getattr(row, name) for name in _OF_THE_RECORD},
    )
