"""Fixes, what they were folded to, and how far each shard has come, in SQL."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Index,
    Insert,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import BigKey, UtcTime
from geo_dispatch.kernel.errors import Conflict
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.geofence import RULE
from geo_dispatch.tracking.track import REMEMBERED_MS, TrackState

CHUNK: Final = 500
"""Rows per statement."""

FIRST: Final = "0-0"
_FOLD: Final = f"track/2 {RULE.version}"
"""Stored states of another fold are not used: the history is folded again."""

fixes_table = Table(
    "fixes",
    metadata,
    Column("technician_id", Id, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("lon_e7", Integer, primary_key=True, autoincrement=False),
    Column("lat_e7", Integer, primary_key=True, autoincrement=False),
    Column("accuracy_m", Double),
    Column("speed_mps", Double),
    Column("heading_deg", Double),
    Column("mock", Boolean, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

states_table = Table(
    "track_states",
    metadata,
    Column("technician_id", Id, primary_key=True),
    Column("fold", String(64), nullable=False),
    Column("state", LargeBinary, nullable=False),
)

snapshots_table = Table(
    "track_snapshots",
    metadata,
    Column("technician_id", Id, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("fold", String(64), nullable=False),
    Column("state", LargeBinary, nullable=False),
)

shards_table = Table(
    "shard_positions",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("stream_id", String(64), nullable=False),
    Column("fence", BigInteger, nullable=False),
)

quarantine_table = Table(
    "quarantine",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("technician_id", Text, nullable=False, comment="as sent: may be unknown"),
    Column("at_ms", BigInteger),
    Column("lon", Double),
    Column("lat", Double),
    Column("code", String(32), nullable=False),
    Column("message", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("actor", String(255), nullable=False),
    Index(None, "technician_id", "received_at"),
)


@dataclass(frozen=True, slots=True)
class ShardPosition:
    """Up to which stream entry a shard is in SQL, and under which lease that was written."""

    stream_id: str = FIRST
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A fix that was refused at the door, and why."""

    technician_id: str
    at_ms: int | None
    lon: float | None
    lat: float | None
    code: str
    message: str
    received_at: datetime
    actor: str


class Tracking:
    """What `services.tracking` reads and writes in its one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def position(self, shard: int) -> ShardPosition:
        """How far the shard has come."""
        columns = shards_table.c
        row = self._connection.execute(
            select(columns.stream_id, columns.fence).where(columns.shard == shard)
        ).one_or_none()
        return ShardPosition(*row) if row else ShardPosition()

    def advance(self, shard: int, before: ShardPosition, after: ShardPosition) -> None:
        """Move the shard on from ``before``, which must still hold, under a lease not older.

        Raises
        ------
        Conflict
            Another worker has written since: this one's lease is lost.
        """
        columns = shards_table.c
        row = {"shard": shard, "stream_id": after.stream_id, "fence": after.fence}
        moved = False
        if after.fence >= before.fence:
            was_there = (
                columns.shard == shard,
                columns.stream_id == before.stream_id,
                columns.fence == before.fence,
            )
            change = update(shards_table).where(*was_there).values(row)
            moved = self._connection.execute(change).rowcount == 1
            if not moved and before == ShardPosition():
                first = self._insert_new(shards_table).returning(columns.shard)
                moved = self._connection.execute(first, row).first() is not None
        if not moved:
            raise Conflict(
                f"shard {shard} is no longer ours: it is at {self.position(shard)}, "
                f"not at {before} and behind {after}"
            )

    def unknown(self, fixes: Sequence[Fix]) -> list[Fix]:
        """Those of one technician's fixes that are not in history, sorted, each once."""
        by_key = {fix.key: fix for fix in reversed(fixes)}
        if not by_key:
            return []
        columns = fixes_table.c
        first, last = min(by_key)[1], max(by_key)[1]
        known = self._connection.execute(
            select(columns.technician_id, columns.at_ms, columns.lon_e7, columns.lat_e7).where(
                columns.technician_id == fixes[0].technician_id,
                columns.at_ms.between(first, last),
            )
        )
        for row in known:
            by_key.pop(tuple(row), None)
        return [by_key[key] for key in sorted(by_key)]

    def add_fixes(self, fixes: Sequence[Fix], received_ms: int) -> None:
        """Keep fixes in history; those already there stay as they are."""
        rows = [{**_row(fix), "received_ms": received_ms} for fix in fixes]
        for start in range(0, len(rows), CHUNK):
            self._connection.execute(self._insert_new(fixes_table), rows[start : start + CHUNK])

    def fixes(self, technician_id: str, after_ms: int, until_ms: int | None = None) -> list[Fix]:
        """The technician's history behind ``after_ms``, in the order of its keys."""
        columns = fixes_table.c
        conditions = [columns.technician_id == technician_id, columns.at_ms > after_ms]
        if until_ms is not None:
            conditions.append(columns.at_ms <= until_ms)
        rows = self._connection.execute(
            select(*(columns[field.name] for field in fields(Fix)))
            .where(*conditions)
            .order_by(columns.at_ms, columns.lon_e7, columns.lat_e7)
        )
        return [Fix(*row) for row in rows]

    def state(self, technician_id: str) -> TrackState | None:
        """What the technician's fixes were folded to; None if they must be folded again."""
        columns = states_table.c
        found = self._connection.execute(
            select(columns.state).where(
                columns.technician_id == technician_id, columns.fold == _FOLD
            )
        ).scalar()
        return None if found is None else _decode(found)

    def save_state(self, technician_id: TechnicianId, state: TrackState) -> None:
        """Keep the newest state."""
        row = {"technician_id": technician_id, "fold": _FOLD, "state": _encode(state)}
        changed = self._connection.execute(
            update(states_table).where(states_table.c.technician_id == technician_id).values(row)
        ).rowcount
        if changed == 0:
            self._connection.execute(insert(states_table).values(row))

    def snapshot_before(self, technician_id: str, at_ms: int) -> TrackState:
        """The newest snapshot of only older fixes; the empty state if there is none."""
        columns = snapshots_table.c
        found = self._connection.execute(
            select(columns.state)
            .where(
                columns.technician_id == technician_id,
                columns.at_ms < at_ms,
                columns.fold == _FOLD,
            )
            .order_by(columns.at_ms.desc())
            .limit(1)
        ).scalar()
        return TrackState() if found is None else _decode(found)

    def replace_snapshots(
        self, technician_id: TechnicianId, behind_ms: int, states: Iterable[TrackState]
    ) -> None:
        """Forget snapshots behind ``behind_ms`` and keep these; old ones go, but for one."""
        columns = snapshots_table.c
        mine = columns.technician_id == technician_id
        self._connection.execute(delete(snapshots_table).where(mine, columns.at_ms > behind_ms))
        rows: list[dict[str, Any]] = [
            {
                "technician_id": technician_id,
                "at_ms": state.seen_ms,
                "fold": _FOLD,
                "state": _encode(state),
            }
            for state in states
        ]
        if not rows:
            return
        self._connection.execute(insert(snapshots_table), rows)
        settled = select(func.max(columns.at_ms)).where(
            mine, columns.at_ms <= rows[-1]["at_ms"] - REMEMBERED_MS
        )
        oldest = self._connection.execute(settled).scalar()
        if oldest is not None:
            self._connection.execute(delete(snapshots_table).where(mine, columns.at_ms < oldest))

    def quarantine(self, refused: Sequence[Quarantined]) -> None:
        """Keep refused fixes where people can see them."""
        if refused:
            rows = [_finite({f.name: getattr(one, f.name) for f in fields(one)}) for one in refused]
            self._connection.execute(insert(quarantine_table), rows)

    def quarantined(self, technician_id: str | None = None, limit: int = 100) -> list[Quarantined]:
        """The newest refused fixes first, of one technician or of all."""
        columns = quarantine_table.c
        conditions = [] if technician_id is None else [columns.technician_id == technician_id]
        rows = self._connection.execute(
            select(*(columns[field.name] for field in fields(Quarantined)))
            .where(*conditions)
            .order_by(columns.id.desc())
            .limit(limit)
        )
        return [Quarantined(*row) for row in rows]

    def _insert_new(self, table: Table) -> Insert:
        """An insert that leaves rows alone whose key is there."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement: Insert = dialect.insert(table).on_conflict_do_nothing()
        return statement


def _row(fix: Fix) -> dict[str, Any]:
    return {field.name: getattr(fix, field.name) for field in fields(fix)}


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }


def _encode(state: TrackState) -> bytes:
    return msgspec.msgpack.encode(state)


def _decode(state: bytes) -> TrackState:
    return msgspec.msgpack.decode(state, type=TrackState)
