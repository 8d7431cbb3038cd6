"""Whose fixes are in history but not all folded yet, in SQL: what late ones left to do.

Where folding fails each time, what is left stays here with the reason, and is tried again later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Table,
    Text,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.kernel.ids import TechnicianId

refolds_table = Table(
    "track_refolds",
    metadata,
    Column("technician_id", Id, primary_key=True),
    Column("shard", Integer, nullable=False, index=True),
    Column("from_ms", BigInteger, nullable=False, comment="event time"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("wrong", Text, nullable=False, server_default=""),
    Column("not_before_ms", BigInteger, nullable=False, server_default="0"),
)


@dataclass(frozen=True, slots=True)
class Stuck:
    """Somebody whose fixes can't be folded: how often that failed, and why."""

    technician_id: TechnicianId
    from_ms: int
    failures: int
    wrong: str


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

    def next(self, shard: int, behind: str, now_ms: int) -> TechnicianId | None:
        """One of the shard's whose turn it is: the first by id behind that, else of all."""
        columns = refolds_table.c
        technician_id: TechnicianId | None = self._connection.execute(
            select(columns.technician_id)
            .where(columns.shard == shard, columns.not_before_ms <= now_ms)
            .order_by(columns.technician_id <= behind, columns.technician_id)
            .limit(1)
        ).scalar()
        return technician_id

    def take(self, technician_id: TechnicianId) -> int | None:
        """Take out what is left of the technician: from when on; None when nothing is any more.

        Who puts more meanwhile waits until this unit is done.
        """
        mine = refolds_table.c.technician_id == technician_id
        gone = delete(refolds_table).where(mine).returning(refolds_table.c.from_ms)
        return self._connection.execute(gone).scalar()

    def count(self, shard: int) -> int:
        """How many technicians of the shard have any."""
        columns = refolds_table.c
        counted = select(func.count()).where(columns.shard == shard)
        return int(self._connection.execute(counted).scalar_one())

    def stuck(self, shard: int | None = None) -> list[Stuck]:
        """Those of the shard, or of all, whose fold failed when it was tried last."""
        columns = refolds_table.c
        conditions = [columns.failures > 0]
        if shard is not None:
            conditions.append(columns.shard == shard)
        rows = self._connection.execute(
            select(columns.technician_id, columns.from_ms, columns.failures, columns.wrong)
            .where(*conditions)
            .order_by(columns.technician_id)
        )
        return [Stuck(*row) for row in rows]

    def put(self, shard: int, from_ms: Mapping[TechnicianId, int]) -> None:
        """To be folded again from then on, or from what was said before if that is earlier."""
        if not from_ms:
            return
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        new: postgresql.Insert | sqlite.Insert = dialect.insert(refolds_table)
        told, known = new.excluded.from_ms, refolds_table.c.from_ms
        earlier = case((told < known, told), else_=known)
        change = new.on_conflict_do_update(
            index_elements=["technician_id"], set_={"from_ms": earlier}
        )
        rows = [
            {"technician_id": technician_id, "shard": shard, "from_ms": ms}
            for technician_id, ms in sorted(from_ms.items())
        ]
        self._connection.execute(change, rows)

    def put_off(self, technician_id: TechnicianId, wrong: str, until_ms: int) -> None:
        """What is left of the technician failed: not again before then."""
        columns = refolds_table.c
        self._connection.execute(
            update(refolds_table)
            .where(columns.technician_id == technician_id)
            .values(failures=columns.failures + 1, wrong=wrong, not_before_ms=until_ms)
        )

    def at_once(self, technician_ids: Collection[TechnicianId]) -> None:
        """Something changed for these: who failed is tried again now."""
        columns = refolds_table.c
        self._connection.execute(
            update(refolds_table)
            .where(columns.technician_id.in_(sorted(technician_ids)))
            .values(not_before_ms=0)
        )

    def drop(self, technician_id: str) -> None:
        """Nothing is left of the technician."""
        mine = refolds_table.c.technician_id == technician_id
        self._connection.execute(delete(refolds_table).where(mine))
