"""Breaks of technicians in SQL: those of the last days, for the day as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Table, delete, insert, select, update

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import UtcTime
from geo_dispatch.dispatch.records.technicians import BreakTaken
from geo_dispatch.kernel.ids import TechnicianId

breaks_table = Table(
    "breaks_taken",
    metadata,
    Column("technician_id", Id, ForeignKey("technicians.id"), primary_key=True),
    Column("begin_at", UtcTime, primary_key=True),
    Column("end_at", UtcTime),
)

_KEPT: Final = timedelta(days=2)
"""No shift is longer; the event log has them all."""

_MOST_NAMED: Final = 100
"""For more technicians the whole table is read: it is small."""


class Breaks:
    """The breaks of the last days."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, technician_ids: Collection[str]) -> dict[TechnicianId, tuple[BreakTaken, ...]]:
        """Those of each, oldest first."""
        columns = breaks_table.c
        statement = select(breaks_table).order_by(columns.technician_id, columns.begin_at)
        if len(technician_ids) <= _MOST_NAMED:
            statement = statement.where(columns.technician_id.in_(technician_ids))
        found: defaultdict[TechnicianId, list[BreakTaken]] = defaultdict(list)
        for row in self._connection.execute(statement):
            found[row.technician_id].append(BreakTaken(row.begin_at, row.end_at))
        return {technician_id: tuple(breaks) for technician_id, breaks in found.items()}

    def begin(self, technician_id: str, at: datetime) -> None:
        """One begins then; those of days ago are forgotten."""
        columns = breaks_table.c
        own = columns.technician_id == technician_id
        self._connection.execute(delete(breaks_table).where(own, columns.begin_at < at - _KEPT))
        row = {"technician_id": technician_id, "begin_at": at, "end_at": None}
        self._connection.execute(insert(breaks_table).values(row))

    def end(self, technician_id: str, at: datetime) -> None:
        """Whatever goes on ends then."""
        columns = breaks_table.c
        own = (columns.technician_id == technician_id, columns.end_at.is_(None))
        self._connection.execute(update(breaks_table).where(*own).values(end_at=at))
