"""Decisions in SQL: what was known and what came of it, each kept for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import UtcTime
from geo_dispatch.dispatch.decisions import Decision, DecisionKind
from geo_dispatch.kernel.errors import NotFound

decisions_table = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("actor", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("chosen_id", Id),
    Column("suggested_id", Id),
    Column("reason", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("performance_version", Integer, nullable=False),
    Column("inputs", LargeBinary, nullable=False, comment="zlib over msgpack"),
    Column("ranking", JSON, nullable=False),
    Column("digest", String(64), nullable=False, comment="sha256 of the ranking"),
    Index(None, "order_id", "at"),
)


class Decisions:
    """Who goes, decided by whom, from what."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, decision: Decision) -> None:
        """Keep a new one."""
        row = {field.name: getattr(decision, field.name) for field in fields(decision)}
        self._connection.execute(insert(decisions_table).values(row))

    def get(self, decision_id: str) -> Decision:
        """The decision.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        found = next(self._select(decisions_table.c.id == decision_id), None)
        if found is None:
            raise NotFound("decision", decision_id, "an order's timeline names its own")
        return found

    def of_order(self, order_id: str) -> list[Decision]:
        """All about the order, oldest first."""
        return list(self._select(decisions_table.c.order_id == order_id))

    def during(
        self, start: datetime, end: datetime, kinds: Iterable[DecisionKind] = ()
    ) -> Iterator[Decision]:
        """Decisions from start until end, oldest first, read as they are asked for."""
        return self._select(*_between(start, end, kinds))

    def count(self, start: datetime, end: datetime, kinds: Iterable[DecisionKind] = ()) -> int:
        """How many `during` gives."""
        statement = select(func.count()).select_from(decisions_table)
        return self._connection.execute(statement.where(*_between(start, end, kinds))).scalar_one()

    def _select(self, *conditions: Any) -> Iterator[Decision]:
        columns = decisions_table.c
        statement = select(decisions_table).where(*conditions).order_by(columns.at, columns.id)
        rows = self._connection.execution_options(yield_per=100).execute(statement)
        return (Decision(**row) for row in rows.mappings())


def _between(start: datetime, end: datetime, kinds: Iterable[DecisionKind]) -> list[Any]:
    columns = decisions_table.c
    wanted = sorted(kinds)
    return [
        columns.at >= start,
        columns.at < end,
        *([columns.kind.in_(wanted)] if wanted else []),
    ]
