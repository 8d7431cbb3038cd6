"""Decisions in SQL: what was known and what came of it, each kept for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

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
    insert,
    select,
)

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import UtcTime
from geo_dispatch.dispatch.policy.decisions import Brief, Decision, DecisionKind, Working
from geo_dispatch.kernel.errors import NotFound

workings_table = Table(
    "workings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("inputs", LargeBinary, nullable=False, comment="zlib over msgpack"),
    Column("digest", String(64), nullable=False, comment="sha256 of what comes of them"),
)

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
    Column("working_id", Id, ForeignKey("workings.id")),
    Index(None, "order_id", "at"),
)

_AT_A_TIME: Final = 200


class Decisions:
    """Who goes, decided by whom, from what."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, decision: Decision) -> None:
        """Keep a new one."""
        row = {field.name: getattr(decision, field.name) for field in fields(decision)}
        self._connection.execute(insert(decisions_table).values(row))

    def keep_working(self, working: Working) -> None:
        """Keep what an emergency or a repair was worked out from."""
        row = {field.name: getattr(working, field.name) for field in fields(working)}
        self._connection.execute(insert(workings_table).values(row))

    def working(self, working_id: str) -> Working:
        """What an emergency or a repair was worked out from.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        statement = select(workings_table).where(workings_table.c.id == working_id)
        row = self._connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise NotFound("working", working_id, "a decision or a proposal names its own")
        return Working(**row)

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

    def many(self, decision_ids: Sequence[str]) -> Iterator[Decision]:
        """Those of the decisions that exist, some hundred read at a time."""
        for first in range(0, len(decision_ids), _AT_A_TIME):
            some = decision_ids[first : first + _AT_A_TIME]
            yield from self._select(decisions_table.c.id.in_(some))

    def of_order(self, order_id: str) -> list[Brief]:
        """All about the order, oldest first."""
        return self._briefs(decisions_table.c.order_id == order_id)

    def briefly(
        self, start: datetime, end: datetime, kinds: Iterable[DecisionKind] = ()
    ) -> list[Brief]:
        """What was decided from start until end, oldest first; of these kinds, or all."""
        columns = decisions_table.c
        conditions = [columns.at >= start, columns.at < end]
        wanted = sorted(kinds)
        if wanted:
            conditions.append(columns.kind.in_(wanted))
        return self._briefs(*conditions)

    def _select(self, *conditions: Any) -> Iterator[Decision]:
        columns = decisions_table.c
        statement = select(decisions_table).where(*conditions).order_by(columns.at, columns.id)
        return (Decision(**row) for row in self._connection.execute(statement).mappings())

    def _briefs(self, *conditions: Any) -> list[Brief]:
        columns = decisions_table.c
        names = [columns[field.name] for field in fields(Brief)]
        statement = select(*names).where(*conditions).order_by(columns.at, columns.id)
        return [Brief(**row) for row in self._connection.execute(statement).mappings()]
