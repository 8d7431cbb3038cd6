"""Tokens in SQL, known by the digest of their secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from geo_dispatch.adapters.sql import tables
from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import TechnicianId, TokenId


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the API.

    Attributes
    ----------
    technician_id
        Whom it speaks for: technicians' tokens and phones' ingest keys.
    revoked_at
        None while it is good.
    """

    id: TokenId
    role: Role
    name: str
    created_at: datetime
    technician_id: TechnicianId | None = None
    revoked_at: datetime | None = None


class Tokens:
    """Tokens, oldest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: Token, digest: str) -> None:
        """Keep a new one, with the SHA-256 of its secret."""
        values = {column: getattr(token, column) for column in _COLUMNS}
        self._connection.execute(insert(tables.tokens).values(digest=digest, **values))

    def get(self, token_id: str) -> Token:
        """The token.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        for token in self._select(tables.tokens.c.id == token_id):
            return token
        raise NotFound("token", token_id, "`geo-dispatch tokens list` shows those there are")

    def by_digest(self, digest: str) -> Token | None:
        """The token whose secret has this SHA-256, or None."""
        return next(iter(self._select(tables.tokens.c.digest == digest)), None)

    def list(self) -> list[Token]:
        """All of them, revoked ones too."""
        return list(self._select())

    def revoked(self) -> int:
        """How many were revoked: grows with each, and never falls."""
        count = select(func.count()).where(tables.tokens.c.revoked_at.is_not(None))
        return int(self._connection.execute(count).scalar_one())

    def revoke(self, token_id: str, at: datetime) -> None:
        """It is no longer good; the first revocation counts."""
        columns = tables.tokens.c
        self._connection.execute(
            update(tables.tokens)
            .where(columns.id == token_id, columns.revoked_at.is_(None))
            .values(revoked_at=at)
        )

    def _select(self, *conditions: object) -> Sequence[Token]:
        columns = tables.tokens.c
        statement = (
            select(*(columns[name] for name in _COLUMNS))
            .where(*conditions)  # type: ignore[arg-type]  # conditions on columns
            .order_by(columns.created_at, columns.id)
        )
        return [Token(**row) for row in self._connection.execute(statement).mappings()]


_COLUMNS = ("id", "role", "name", "created_at", "technician_id", "revoked_at")
