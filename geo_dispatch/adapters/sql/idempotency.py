"""Idempotency keys in SQL: which request came with a key, and what it was answered."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from geo_dispatch.adapters.sql import tables
from geo_dispatch.kernel.errors import Busy

DONE: Final = 0
"""In place of a status: what the request asked for is committed, its answer not yet kept."""


@dataclass(slots=True)
class InHand:
    """A request that is worked on: the first commit of the work marks its key `DONE`."""

    token: str
    key: str
    done: bool = False


IN_HAND: ContextVar[InHand | None] = ContextVar("IN_HAND", default=None)
"""The request that is worked on in this context; also in threads that copy the context."""


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A request that came with an Idempotency-Key.

    Attributes
    ----------
    token
        Who sent it: keys of different senders are different keys.
    digest
        SHA-256 of its body.
    begun_at
        When work on it began, or was last known to go on.
    status
        HTTP status of the answer; None while it is being worked on, `DONE` in between.
    """

    token: str
    key: str
    method: str
    path: str
    digest: str
    begun_at: datetime
    status: int | None = None
    headers: dict[str, str] | None = None
    body: bytes | None = None


class IdempotencyKeys:
    """Requests by sender and key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, token: str, key: str) -> KeptRequest | None:
        """What came with this key from this sender, or None."""
        columns = tables.idempotency_keys.c
        statement = select(tables.idempotency_keys).where(
            columns.token == token, columns.key == key
        )
        row = self._connection.execute(statement).mappings().first()
        return None if row is None else KeptRequest(**row)

    def add(self, request: KeptRequest) -> None:
        """Keep a request that is being worked on."""
        row = {field.name: getattr(request, field.name) for field in fields(request)}
        self._connection.execute(insert(tables.idempotency_keys).values(row))

    def answer(
        self, token: str, key: str, *, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        """Keep what it was answered."""
        columns = tables.idempotency_keys.c
        self._connection.execute(
            update(tables.idempotency_keys)
            .where(columns.token == token, columns.key == key)
            .values(status=status, headers=headers, body=body)
        )

    def renew(self, token: str, key: str, at: datetime) -> None:
        """It is being worked on, or its answer about to be kept, at that time."""
        columns = tables.idempotency_keys.c
        self._connection.execute(
            update(tables.idempotency_keys)
            .where(
                columns.token == token,
                columns.key == key,
                columns.status.is_(None) | (columns.status == DONE),
            )
            .values(begun_at=at)
        )

    def mark_done(self, token: str, key: str, at: datetime) -> None:
        """It is done as soon as this unit commits, which is then.

        Raises
        ------
        Busy
            Another process took it over and was faster: this unit must not commit.
        """
        columns = tables.idempotency_keys.c
        marked = self._connection.execute(
            update(tables.idempotency_keys)
            .where(columns.token == token, columns.key == key, columns.status.is_(None))
            .values(status=DONE, begun_at=at)
        )
        if marked.rowcount != 1:
            raise Busy(
                f"another process did the request with Idempotency-Key {key!r} meanwhile; "
                "send it again for its answer",
                retry_after_s=1.0,
            )

    def drop(self, token: str, key: str) -> None:
        """Forget the key, unless its request is done: its next request is a new one."""
        columns = tables.idempotency_keys.c
        self._connection.execute(
            delete(tables.idempotency_keys).where(
                columns.token == token, columns.key == key, columns.status.is_(None)
            )
        )

    def forget_before(self, moment: datetime) -> int:
        """Drop what began earlier; returns how many that were."""
        condition = tables.idempotency_keys.c.begun_at < moment
        return self._connection.execute(delete(tables.idempotency_keys).where(condition)).rowcount
