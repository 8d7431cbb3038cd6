"""The event log in SQL: one append-only table, and how far each consumer has read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from geo_dispatch.adapters.sql import tables
from geo_dispatch.adapters.sql.bulk import Ready, insert_ready, ready
from geo_dispatch.dispatch.audit.chain import NOTHING, chain_of, digest_of
from geo_dispatch.dispatch.work.events import Event, LoggedEvent, event_to_body
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, VersionConflict

_End = tuple[int, str, datetime | None]
"""Version, digest and time of a stream's newest event."""

_BEGINNING: Final[_End] = (0, NOTHING, None)

Row = dict[str, Any]
"""An event as values of columns."""

_LOG_LOCK = 0x67656F64
"""Key of the advisory lock that makes PostgreSQL's writers append one after another."""

_COLUMNS = tables.events.c
EVENT_COLUMNS: Final = tuple(_COLUMNS[field.name] for field in fields(LoggedEvent))
_INSERT = insert(tables.events).returning(_COLUMNS.seq)
_HEAD = select(_COLUMNS.seq, _COLUMNS.chain).order_by(_COLUMNS.seq.desc()).limit(1)
_END = (
    select(_COLUMNS.version, _COLUMNS.digest, _COLUMNS.at)
    .where(_COLUMNS.stream == bindparam("stream"))
    .order_by(_COLUMNS.version.desc())
    .limit(1)
)


def take_turn(connection: Connection) -> None:
    """Wait until no other writer is between its append and its commit.

    PostgreSQL hands out sequence numbers before commit: without turns, a reader could see seq 8
    before 7 and never come back for it. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOG_LOCK})


class Writer:
    """Writes at the end of the log, for one unit: nobody else does until that is committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._chain: str | None = None
        self._ends: dict[str, _End] = {}

    def append(
        self,
        stream: str,
        events: Sequence[Event],
        *,
        actor: Actor,
        at: datetime,
        expected_version: int | None = None,
    ) -> list[LoggedEvent]:
        """Write events at the end of the stream; its times never go back, whoever's clock is slow.

        Raises
        ------
        VersionConflict
            The stream is not at ``expected_version``.
        """
        if not events:
            return []
        self._take_turn()
        end = self._ends.get(stream) or _end_of(self._connection, stream)
        version = end[0]
        if expected_version is not None and version != expected_version:
            raise VersionConflict(
                f"{stream} is at event {version}, not {expected_version}: "
                "something happened meanwhile; read it again",
                [Fault("version", f"{expected_version} was expected, {version} is current")],
            )
        rows = _sealed(stream, events, actor=actor, at=at, end=end)
        seqs = [self._connection.execute(_INSERT, self._chained(row)).scalar_one() for row in rows]
        self._ends[stream] = (version + len(rows), rows[-1]["digest"], rows[-1]["at"])
        return [
            LoggedEvent(seq, *(row[field.name] for field in fields(LoggedEvent)[1:]))
            for seq, row in zip(seqs, rows, strict=True)
        ]

    def ready(
        self,
        stream: str,
        events: Sequence[Event],
        *,
        actor: Actor,
        at: datetime,
        begins: bool = False,
    ) -> list[Ready]:
        """Rows behind the stream's end, ready but for their place in the whole log.

        Parameters
        ----------
        begins
            There is no such stream yet.
        """
        known = _BEGINNING if begins else self._ends.get(stream)
        end = known or _end_of(self._connection, stream)
        rows = _sealed(stream, events, actor=actor, at=at, end=end)
        self._ends[stream] = (rows[-1]["version"], rows[-1]["digest"], rows[-1]["at"])
        return [ready(self._connection, tables.events, row) for row in rows]

    def append_ready(self, rows: Sequence[Ready]) -> None:
        """Write events as `ready` made them, all at once."""
        if rows:
            self._take_turn()
            for row in rows:
                self._ends.pop(row["stream"], None)
            insert_ready(self._connection, tables.events, [self._chained(row) for row in rows])

    def end_turn(self) -> None:
        """What was written lasts: from now on others may write too."""
        self._chain = None
        self._ends.clear()

    def _take_turn(self) -> None:
        if self._chain is None:
            take_turn(self._connection)
            self._chain = head(self._connection)[1]

    def _chained(self, row: Row) -> Row:
        """The row, with its place behind all that was written before."""
        self._chain = chain_of(self._chain or NOTHING, row["digest"])
        return {**row, "chain": self._chain}


def _sealed(
    stream: str, events: Sequence[Event], *, actor: Actor, at: datetime, end: _End
) -> list[Row]:
    """Rows for events behind the stream's end, sealed but for their place in the whole log."""
    version, digest, last_at = end
    at = at if last_at is None else max(at, last_at)
    rows = []
    for version_of_event, event in enumerate(events, start=version + 1):
        row: Row = {
            "stream": stream,
            "version": version_of_event,
            "type": event.type,
            "body": event_to_body(event),
            "at": at,
            "actor": actor.label,
        }
        digest = digest_of(LoggedEvent(seq=0, **row), digest)
        rows.append(row | {"digest": digest})
    return rows


def head(connection: Connection) -> tuple[int, str]:
    """Seq and chain value of the newest event; 0 and `NOTHING` in an empty log."""
    row = connection.execute(_HEAD).one_or_none()
    return (0, NOTHING) if row is None else (row.seq, row.chain)


def _end_of(connection: Connection, stream: str) -> _End:
    """Version, digest and time of the stream's newest event; its times never go back."""
    row = connection.execute(_END, {"stream": stream}).one_or_none()
    return _BEGINNING if row is None else (row.version, row.digest, row.at)


def read(
    connection: Connection,
    *,
    after: int = 0,
    limit: int | None = None,
    types: Iterable[str] | None = None,
    streams: Iterable[str] | None = None,
) -> list[LoggedEvent]:
    """Events behind ``after``, in order; of these types and streams, or all."""
    columns = tables.events.c
    statement = select(*EVENT_COLUMNS).where(columns.seq > after)
    if types is not None:
        statement = statement.where(columns.type.in_(sorted(types)))
    if streams is not None:
        statement = statement.where(columns.stream.in_(sorted(streams)))
    rows = connection.execute(statement.order_by(columns.seq).limit(limit))
    return [LoggedEvent(*row) for row in rows]


def last_seq(connection: Connection) -> int:
    """The seq of the newest event; 0 in an empty log."""
    seq: int = connection.execute(
        select(func.coalesce(func.max(tables.events.c.seq), 0))
    ).scalar_one()
    return seq


def cursor(connection: Connection, consumer: str) -> int:
    """How far the consumer has come; 0 at first."""
    statement = select(tables.cursors.c.seq).where(tables.cursors.c.consumer == consumer)
    return connection.execute(statement).scalar() or 0


def advance(connection: Connection, consumer: str, seq: int) -> None:
    """The consumer has dealt with everything up to ``seq``; it never goes back."""
    columns = tables.cursors.c
    known = connection.execute(
        select(columns.seq).where(columns.consumer == consumer)
    ).scalar_one_or_none()
    if known is None:
        connection.execute(insert(tables.cursors).values(consumer=consumer, seq=seq))
    elif seq > known:
        connection.execute(
            update(tables.cursors).where(columns.consumer == consumer).values(seq=seq)
        )
