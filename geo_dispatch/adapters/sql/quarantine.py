"""Refused fixes in SQL, each with the reason, where people see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    insert,
    select,
)

from geo_dispatch.adapters.sql.tables import metadata
from geo_dispatch.adapters.sql.types import BigKey, UtcTime

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
    Column("raw", LargeBinary, comment="what can't be read, as it came"),
    Index(None, "technician_id", "received_at"),
)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A fix that was refused at the door, or can't be brought into SQL, and why.

    Attributes
    ----------
    technician_id
        As sent: may be unknown.
    actor
        Whose key sent it.
    id
        Grows with each; 0 before it is kept.
    raw
        What could not be read, byte by byte; None for what the door refused.
    """

    technician_id: str
    at_ms: int | None
    lon: float | None
    lat: float | None
    code: str
    message: str
    received_at: datetime
    actor: str
    id: int = 0
    raw: bytes | None = None


class Quarantine:
    """Refused fixes, the newest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, refused: Sequence[Quarantined]) -> None:
        """Keep these."""
        if refused:
            self._connection.execute(insert(quarantine_table), [*map(_row, refused)])

    def page(
        self,
        technician_id: str | None = None,
        limit: int | None = None,
        *,
        since: datetime | None = None,
        before: int | None = None,
    ) -> list[Quarantined]:
        """Those of one technician or of all.

        Parameters
        ----------
        since
            Only those received then or later.
        before
            Id of the last one of the page before.
        """
        columns = quarantine_table.c
        conditions = []
        if technician_id is not None:
            conditions.append(columns.technician_id == technician_id)
        if since is not None:
            conditions.append(columns.received_at >= since)
        if before is not None:
            conditions.append(columns.id < before)
        rows = self._connection.execute(
            select(*(columns[field.name] for field in fields(Quarantined)))
            .where(*conditions)
            .order_by(columns.id.desc())
            .limit(limit)
        )
        return [Quarantined(*row) for row in rows]


def _row(refused: Quarantined) -> dict[str, Any]:
    """Its columns; numbers that no database takes are left out."""
    row = {field.name: getattr(refused, field.name) for field in fields(refused)}
    del row["id"]
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }
