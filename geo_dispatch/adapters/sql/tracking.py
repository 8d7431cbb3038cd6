"""Fixes, what they were folded to, and how far each shard has come, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Insert,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from geo_dispatch.adapters.sql.fix_cells import FixCells
from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.kernel.errors import Conflict
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.arrival_rule import RULE
from geo_dispatch.tracking.fixes import NOT_TOLD, Fix, each_once
from geo_dispatch.tracking.plausibility import Trust
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


@dataclass(frozen=True, slots=True)
class ShardPosition:
    """Up to which stream entry a shard is in SQL, and under which lease that was written."""

    stream_id: str = FIRST
    fence: int = 0


@dataclass(frozen=True, slots=True)
class _Trusted:
    trust: Trust


_TRUSTED: Final = msgspec.msgpack.Decoder(_Trusted)


class Tracking:
    """What `services.tracking` reads and writes in its one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cells = FixCells(connection)

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

    def add_fixes(self, fixes: Iterable[Fix], received_ms: int) -> list[Fix]:
        """Keep fixes in history; return those that changed it, in the order of their keys.

        A fix that is there already stays as it is, unless this report of it is of lesser `rank`.
        """
        rows = [{**_row(fix), "received_ms": received_ms} for fix in each_once(fixes)]
        changed: list[Any] = []
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            changed += self._connection.execute(self._merged(), part).all()
        kept = sorted((Fix(*row) for row in changed), key=lambda fix: fix.key)
        self._cells.add(kept)
        return kept

    def fixes(
        self,
        technician_id: str,
        after_ms: int,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Fix]:
        """The technician's history behind ``after_ms``, in the order of its keys."""
        columns = fixes_table.c
        conditions = [columns.technician_id == technician_id, columns.at_ms > after_ms]
        if until_ms is not None:
            conditions.append(columns.at_ms <= until_ms)
        rows = self._connection.execute(
            select(*(columns[field.name] for field in fields(Fix)))
            .where(*conditions)
            .order_by(columns.at_ms, columns.lon_e7, columns.lat_e7)
            .limit(limit)
        )
        return [Fix(*row) for row in rows]

    def state(self, technician_id: str) -> TrackState | None:
        """What the technician's fixes were folded to; None if they must be folded again."""
        return self.states([technician_id]).get(technician_id)

    def states(self, technician_ids: Iterable[str]) -> dict[str, TrackState]:
        """What the fixes of each were folded to; of those who need not be folded again."""
        columns = states_table.c
        rows = self._connection.execute(
            select(columns.technician_id, columns.state).where(
                columns.technician_id.in_(sorted(technician_ids)), columns.fold == _FOLD
            )
        )
        return {technician_id: _decode(state) for technician_id, state in rows}

    def trusts(self, technician_ids: Iterable[str] | None = None) -> dict[TechnicianId, Trust]:
        """What the track of each believes, of these technicians or of all; the rest is not read."""
        columns = states_table.c
        wanted = [columns.fold == _FOLD]
        if technician_ids is not None:
            wanted.append(columns.technician_id.in_(sorted(technician_ids)))
        rows = self._connection.execute(select(columns.technician_id, columns.state).where(*wanted))
        return {name: _TRUSTED.decode(state).trust for name, state in rows}

    def save_states(self, states: Mapping[TechnicianId, TrackState]) -> None:
        """Keep the newest states."""
        if not states:
            return
        new = self._insert(states_table)
        known = {name: new.excluded[name] for name in ("fold", "state")}
        change = new.on_conflict_do_update(index_elements=["technician_id"], set_=known)
        rows = [
            {"technician_id": technician_id, "fold": _FOLD, "state": _encode(state)}
            for technician_id, state in states.items()
        ]
        self._connection.execute(change, rows)

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

    def forget_snapshots(self, technician_id: str, behind_ms: int) -> None:
        """Drop those behind ``behind_ms``: there are fixes that they don't know."""
        columns = snapshots_table.c
        mine = columns.technician_id == technician_id
        self._connection.execute(delete(snapshots_table).where(mine, columns.at_ms > behind_ms))

    def add_snapshots(self, snapshots: Mapping[TechnicianId, Sequence[TrackState]]) -> None:
        """Keep these behind those that there are; of the settled ones only the last is left."""
        rows = [
            {
                "technician_id": technician_id,
                "at_ms": state.seen_ms,
                "fold": _FOLD,
                "state": _encode(state),
            }
            for technician_id, states in snapshots.items()
            for state in states
        ]
        if not rows:
            return
        columns = snapshots_table.c
        new = self._insert(snapshots_table)
        keep = {name: new.excluded[name] for name in ("fold", "state")}
        own = ["technician_id", "at_ms"]
        change = new.on_conflict_do_update(index_elements=own, set_=keep)
        self._connection.execute(change, rows)
        settled = (
            select(func.max(columns.at_ms))
            .where(columns.technician_id == bindparam("whose"), columns.at_ms <= bindparam("until"))
            .scalar_subquery()
        )
        self._connection.execute(
            delete(snapshots_table).where(
                columns.technician_id == bindparam("whose"), columns.at_ms < settled
            ),
            [
                {"whose": technician_id, "until": states[-1].seen_ms - REMEMBERED_MS}
                for technician_id, states in snapshots.items()
                if states
            ],
        )

    def _insert_new(self, table: Table) -> Insert:
        """An insert that leaves rows alone whose key is there."""
        return self._insert(table).on_conflict_do_nothing()

    def _merged(self) -> Insert:
        """Takes fixes that are not there, or of lesser rank than there; returns those."""
        new, there = self._insert(fixes_table), fixes_table.c
        return new.on_conflict_do_update(
            index_elements=[there.technician_id, there.at_ms, there.lon_e7, there.lat_e7],
            set_={name: new.excluded[name] for name in _TOLD},
            where=_rank(new.excluded) < _rank(there),
        ).returning(*(there[field.name] for field in fields(Fix)))

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement: postgresql.Insert | sqlite.Insert = dialect.insert(table)
        return statement


_TOLD: Final = ("accuracy_m", "speed_mps", "heading_deg", "mock")


def _rank(columns: Any) -> Any:
    """`Fix.rank` in SQL."""
    told = (columns.accuracy_m, columns.speed_mps, columns.heading_deg)
    return tuple_(*(func.coalesce(one, NOT_TOLD) for one in told), columns.mock)


def _row(fix: Fix) -> dict[str, Any]:
    return {field.name: getattr(fix, field.name) for field in fields(fix)}


def _encode(state: TrackState) -> bytes:
    return msgspec.msgpack.encode(state)


def _decode(state: bytes) -> TrackState:
    return msgspec.msgpack.decode(state, type=TrackState)
