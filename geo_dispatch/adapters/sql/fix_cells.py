"""Where each technician's fixes lie, by H3 cell and hour: the index of history by place, in SQL.

A row stands for all fixes of a technician in a cell within an hour, so that there are many times
fewer than fixes, and most of those that come find theirs there. It may stay for a while when its
fixes are gone: whoever finds it reads the fixes anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, delete
from sqlalchemy.dialects import postgresql, sqlite

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.tracking.fixes import Fix

RESOLUTION: Final = 8
"""Cells of 0.7 km2: a few of them cover what people ask for, and a drive crosses few in an hour."""

HOUR_MS: Final = 3_600_000

fix_cells_table = Table(
    "fix_cells",
    metadata,
    Column("cell", BigInteger, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False, comment="since 1970 UTC"),
    Column("technician_id", Id, primary_key=True),
    sqlite_with_rowid=False,
)


class FixCells:
    """Kept with the fixes; `history.History.near` asks it whose to look at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, fixes: Iterable[Fix]) -> None:
        """Keep where and when these were."""
        found = {
            (lonlat_to_cell(fix.place, RESOLUTION), fix.at_ms // HOUR_MS, fix.technician_id)
            for fix in fixes
        }
        if not found:
            return
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        new: postgresql.Insert | sqlite.Insert = dialect.insert(fix_cells_table)
        rows = [
            {"cell": cell, "hour": hour, "technician_id": technician_id}
            for cell, hour, technician_id in sorted(found)
        ]
        self._connection.execute(new.on_conflict_do_nothing(), rows)

    def forget_before(self, at_ms: int) -> None:
        """Drop the hours that ended by then."""
        old = fix_cells_table.c.hour < at_ms // HOUR_MS
        self._connection.execute(delete(fix_cells_table).where(old))

    def forget(self, technician_id: str) -> None:
        """Drop all of the technician."""
        own = fix_cells_table.c.technician_id == technician_id
        self._connection.execute(delete(fix_cells_table).where(own))
