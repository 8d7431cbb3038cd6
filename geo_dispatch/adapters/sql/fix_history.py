"""The history of fixes, read and forgotten in chunks: it may be larger than memory."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
)

from geo_dispatch.adapters.sql.quarantine import quarantine_table
from geo_dispatch.adapters.sql.tracking import (
    fixes_table,
    snapshots_table,
    states_table,
)
from geo_dispatch.tracking.fixes import Fix

CHUNK: Final = 5_000
"""Fixes in one read."""

_COLUMNS: Final = fixes_table.c
_KEY: Final = (_COLUMNS.technician_id, _COLUMNS.at_ms, _COLUMNS.lon_e7, _COLUMNS.lat_e7)


class FixHistory:
    """Fixes in the order of their keys, and their end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def behind(
        self, last: Fix | None, technician_id: str, start_ms: int, end_ms: int, limit: int = CHUNK
    ) -> list[Fix]:
        """The technician's next fixes of that time behind the ``last`` one, in their order."""
        conditions = [_COLUMNS.technician_id == technician_id, _COLUMNS.at_ms < end_ms]
        if last is None:
            conditions.append(_COLUMNS.at_ms >= start_ms)
        else:
            conditions += [_COLUMNS.at_ms >= last.at_ms, _behind(last)]
        rows = self._connection.execute(
            select(*(_COLUMNS[field.name] for field in fields(Fix)))
            .where(*conditions)
            .order_by(*_KEY[1:])
            .limit(limit)
        )
        return [Fix(*row) for row in rows]

    def count(self, technician_id: str, end_ms: int | None = None) -> int:
        """How many fixes there are of the technician, before then."""
        conditions = [_COLUMNS.technician_id == technician_id]
        if end_ms is not None:
            conditions.append(_COLUMNS.at_ms < end_ms)
        counted = select(func.count()).select_from(fixes_table).where(*conditions)
        return int(self._connection.execute(counted).scalar_one())

    def forget(self, technician_id: str, limit: int, before_ms: int | None = None) -> int:
        """Drop at most so many of the technician's fixes, from before then; says how many."""
        conditions = [_COLUMNS.technician_id == technician_id]
        if before_ms is not None:
            conditions.append(_COLUMNS.at_ms < before_ms)
        keys = select(*_KEY).where(*conditions).order_by(*_KEY[1:]).limit(limit)
        gone = delete(fixes_table).where(tuple_(*_KEY).in_(keys))
        return self._connection.execute(gone).rowcount

    def quarantined_before(self, moment: datetime) -> int:
        """How many refused fixes came before then."""
        counted = select(func.count()).where(quarantine_table.c.received_at < moment)
        return int(self._connection.execute(counted).scalar_one())

    def forget_quarantine(
        self, limit: int, *, technician_id: str | None = None, before: datetime | None = None
    ) -> int:
        """Drop at most so many refused fixes, of the technician, from before then."""
        columns = quarantine_table.c
        conditions = []
        if technician_id is not None:
            conditions.append(columns.technician_id == technician_id)
        if before is not None:
            conditions.append(columns.received_at < before)
        keys = select(columns.id).where(*conditions).limit(limit)
        gone = delete(quarantine_table).where(columns.id.in_(keys))
        return self._connection.execute(gone).rowcount

    def forget_snapshots(self, before_ms: int) -> int:
        """Drop what was folded of fixes from before then, but for each technician's newest."""
        columns = snapshots_table.c
        newest = (
            select(columns.technician_id, func.max(columns.at_ms))
            .where(columns.at_ms < before_ms)
            .group_by(columns.technician_id)
        )
        old = and_(
            columns.at_ms < before_ms, tuple_(columns.technician_id, columns.at_ms).not_in(newest)
        )
        return self._connection.execute(delete(snapshots_table).where(old)).rowcount

    def forget_states(self, technician_id: str) -> None:
        """Drop all that the technician's fixes were folded to."""
        for table in (states_table, snapshots_table):
            self._connection.execute(delete(table).where(table.c.technician_id == technician_id))


def _behind(last: Fix) -> ColumnElement[bool]:
    """Later by key: spelt out, so that both databases walk the primary key."""
    same_time = _COLUMNS.at_ms == last.at_ms
    further = or_(
        _COLUMNS.lon_e7 > last.lon_e7,
        and_(_COLUMNS.lon_e7 == last.lon_e7, _COLUMNS.lat_e7 > last.lat_e7),
    )
    return or_(_COLUMNS.at_ms > last.at_ms, and_(same_time, further))
