"""Proposed repairs in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import Named, Nested, UtcTime
from geo_dispatch.dispatch.repairs.changes import Rearrangement
from geo_dispatch.dispatch.repairs.proposals import Cause, Proposal, ProposalState
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import OrderId, TechnicianId

proposals_table = Table(
    "proposals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("cause", Named(Cause), nullable=False),
    Column("subject", Id, nullable=False),
    Column("fact", Text, nullable=False),
    Column("state", Named(ProposalState), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("technician_ids", Nested(tuple[TechnicianId, ...]), nullable=False),
    Column("rearrangement", Nested(Rearrangement), nullable=False),
    Column("base", Nested(dict[OrderId, int]), nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_by", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("working_id", Id, ForeignKey("workings.id")),
    Index(None, "state", "at"),
    Index(None, "cause", "subject"),
)


class Proposals:
    """Open, decided and past ones."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, proposal: Proposal) -> Proposal:
        """Keep a new one."""
        self._connection.execute(insert(proposals_table).values(_row(proposal)))
        return proposal

    def save(self, proposal: Proposal) -> Proposal:
        """Keep what became of it."""
        condition = proposals_table.c.id == proposal.id
        self._connection.execute(update(proposals_table).where(condition).values(_row(proposal)))
        return proposal

    def get(self, proposal_id: str) -> Proposal:
        """The proposal.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        found = self._select(proposals_table.c.id == proposal_id)
        if not found:
            raise NotFound("proposal", proposal_id, "the list of proposals has those there are")
        return found[0]

    def search(
        self,
        *,
        states: Iterable[ProposalState] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[Proposal]:
        """Those in these states and made since then, newest first."""
        columns = proposals_table.c
        conditions: list[ColumnElement[bool]] = []
        if states is not None:
            conditions.append(columns.state.in_(sorted(states)))
        if since is not None:
            conditions.append(columns.at >= since)
        return self._select(*conditions, limit=limit)

    def open_about(self, cause: Cause, subject: str) -> list[Proposal]:
        """The open ones about this."""
        columns = proposals_table.c
        return self._select(
            columns.cause == cause,
            columns.subject == subject,
            columns.state == ProposalState.OPEN,
        )

    def latest(self, cause: Cause, subject: str) -> Proposal | None:
        """The newest about this, or None."""
        columns = proposals_table.c
        found = self._select(columns.cause == cause, columns.subject == subject, limit=1)
        return found[0] if found else None

    def _select(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Proposal]:
        columns = proposals_table.c
        statement = (
            select(proposals_table)
            .where(*conditions)
            .order_by(columns.at.desc(), columns.id.desc())
            .limit(limit)
        )
        return [Proposal(**row) for row in self._connection.execute(statement).mappings()]


def _row(proposal: Proposal) -> dict[str, object]:
    return {field.name: getattr(proposal, field.name) for field in fields(proposal)}
