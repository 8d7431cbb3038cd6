"""The seals of the event log, read to check them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

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
        statement = select(func.count()).select_from(tables.events).where(_COLUMNS.seq > after)
        found: int = self._connection.execute(statement).scalar_one()
        return found

    def rows(self, after: int = 0) -> Iterator[Sealed]:
        """All events behind ``after``, in the order of the log."""
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
        rows = self._connection.execute(_SEALED.where(condition).limit(limit))
        return [Sealed(LoggedEvent(*event), digest, chain) for *event, digest, chain in rows]
