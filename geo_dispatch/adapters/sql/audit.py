"""The seals of the event log, read to check them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from geo_dispatch.adapters.sql import log, tables
from geo_dispatch.dispatch.audit.chain import NOTHING, Sealed
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.errors import NotFound

_BATCH: Final = 2000
_COLUMNS = tables.events.c
_SEALED = select(*log.EVENT_COLUMNS, _COLUMNS.digest, _COLUMNS.chain).order_by(_COLUMNS.seq)


class Seals:
    """What the log's events were sealed with when they were written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> tuple[int, str]:
        """Seq and chain value of the newest event; 0 and `NOTHING` in an empty log."""
        return log.head(self._connection)

    def count(self, after: int = 0) -> int:
        """How many events are behind ``after``."""
        behind = _COLUMNS.seq > (after or _BELOW_ALL)
        statement = select(func.count()).select_from(tables.events).where(behind)
        found: int = self._connection.execute(statement).scalar_one()
        return found

    def rows(self, after: int = 0) -> Iterator[Sealed]:
        """All events behind ``after``, in the order of the log; all that there are behind 0."""
        after = after or _BELOW_ALL
        while batch := self._sealed(_COLUMNS.seq > after, _BATCH):
            yield from batch
            after = batch[-1].event.seq

    def stream(self, stream: str) -> list[Sealed]:
        """Everything that happened in the stream, oldest first."""
        return self._sealed(_COLUMNS.stream == stream)

    def chain_at(self, seq: int) -> str:
        """The chain value of that event; `NOTHING` of 0.

        Raises
        ------
        NotFound
            There is none.
        """
        if seq == 0:
            return NOTHING
        chain: str | None = self._connection.execute(
            select(_COLUMNS.chain).where(_COLUMNS.seq == seq)
        ).scalar()
        if chain is None:
            raise NotFound("event", str(seq), "numbers have gaps; take that of an event")
        return chain

    def digest_before(self, stream: str, version: int) -> str:
        """The digest of that event of the stream; `NOTHING` if there is none."""
        digest: str | None = self._connection.execute(
            select(_COLUMNS.digest).where(_COLUMNS.stream == stream, _COLUMNS.version == version)
        ).scalar()
        return NOTHING if digest is None else digest

    def _sealed(self, condition: ColumnElement[bool], limit: int | None = None) -> list[Sealed]:
        statement = _SEALED.where(condition).limit(limit)
        try:
            return [_sealed_of(row) for row in self._connection.execute(statement)]
        except (ValueError, TypeError):
            seqs = statement.with_only_columns(_COLUMNS.seq)
            return [self._one(seq) for seq in self._connection.execute(seqs).scalars().all()]

    def _one(self, seq: int) -> Sealed:
        """The event, without what can't be read of it: its seal will not fit then."""
        statement = _SEALED.where(_COLUMNS.seq == seq)
        try:
            return _sealed_of(self._connection.execute(statement).one())
        except (ValueError, TypeError):
            rest = statement.with_only_columns(*_READABLE)
            stream, version, kind, actor, digest, chain = self._connection.execute(rest).one()
            return Sealed(LoggedEvent(seq, stream, version, kind, {}, _NEVER, actor), digest, chain)


def _sealed_of(row: Iterable[Any]) -> Sealed:
    *event, digest, chain = row
    return Sealed(LoggedEvent(*event), digest, chain)


_BELOW_ALL: Final = -(2**63)
"""Where the log would begin for somebody who put events in front of it."""

_READABLE: Final = (
    _COLUMNS.stream,
    _COLUMNS.version,
    _COLUMNS.type,
    _COLUMNS.actor,
    _COLUMNS.digest,
    _COLUMNS.chain,
)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
