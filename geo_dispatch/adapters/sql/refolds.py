"""Whose fixes are in history but not all folded yet, in SQL: what late ones left to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.kernel.ids import TechnicianId

refolds_table = Table(
    "track_refolds",
    metadata,
    Column("technician_id", Id, primary_key=True),
    Column("shard", Integer, nullable=False, index=True),
    Column("from_ms", BigInteger, nullable=False, comment="event time"),
)


class Refolds:
    """From when on each technician's fixes are to be folded again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def among(self, technician_ids: Collection[str]) -> dict[TechnicianId, int]:
        """Those of the technicians who have any."""
        columns = refolds_table.c
        rows = self._connection.execute(
            select(columns.technician_id, columns.from_ms).where(
                columns.technician_id.in_(sorted(technician_ids))
            )
        )
        return {row.technician_id: row.from_ms for row in rows}

    def next(self, shard: int, behind: str) -> tuple[TechnicianId, int] | None:
        """One of the shard's, in turn: the first by id behind that, else the first of all."""
        columns = refolds_table.c
        row = self._connection.execute(
            select(columns.technician_id, columns.from_ms)
            .where(columns.shard == shard)
            .order_by(columns.technician_id <= behind, columns.technician_id)
            .limit(1)
        ).first()
        return None if row is None else (row.technician_id, row.from_ms)

    def count(self, shard: int) -> int:
        """How many technicians of the shard have any."""
        columns = refolds_table.c
        counted = select(func.count()).where(columns.shard == shard)
        return int(self._connection.execute(counted).scalar_one())

    def put(self, shard: int, from_ms: Mapping[TechnicianId, int]) -> None:
        """To be folded again from then on, instead of what was said before."""
        if not from_ms:
            return
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        new: postgresql.Insert | sqlite.Insert = dialect.insert(refolds_table)
        change = new.on_conflict_do_update(
            index_elements=["technician_id"], set_={"from_ms": new.excluded.from_ms}
        )
        rows = [
            {"technician_id": technician_id, "shard": shard, "from_ms": ms}
            for technician_id, ms in from_ms.items()
        ]
        self._connection.execute(change, rows)

    def drop(self, technician_id: str) -> None:
        """All of the technician's fixes are folded."""
        mine = refolds_table.c.technician_id == technician_id
        self._connection.execute(delete(refolds_table).where(mine))
