"""Published policies and snapshots of performance in SQL: versions that are never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)

from geo_dispatch.adapters.policy_files import default_version, digest_of, read_policy
from geo_dispatch.adapters.sql import log
from geo_dispatch.adapters.sql.tables import metadata
from geo_dispatch.adapters.sql.types import Nested, UtcTime
from geo_dispatch.dispatch.policy.document import PolicyVersion
from geo_dispatch.dispatch.work.performance import Performance
from geo_dispatch.kernel.errors import NotFound

policies_table = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False, comment="sha256 of the text"),
    Column("text", Text, nullable=False, comment="TOML as it was reviewed"),
    Column("author", String(255), nullable=False),
    Column("reviewed_by", String(255), nullable=False),
    Column("note", Text, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("published_by", String(255), nullable=False),
)

performance_table = Table(
    "performance_snapshots",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("computed_at", UtcTime, nullable=False),
    Column("snapshot", Nested(Performance), nullable=False),
)


_SNAPSHOTS: Final[WeakKeyDictionary[Engine, Performance]] = WeakKeyDictionary()
"""The last snapshot read from each database; snapshots never change."""


class Policies:
    """The versions of the policy; version 0 comes with the package."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._in_force: PolicyVersion | None = None

    def take_turn(self) -> None:
        """Wait for whoever is publishing, and let others wait until commit."""
        log.take_turn(self._connection)

    def in_force(self) -> PolicyVersion:
        """The newest version, as it was when this unit first asked."""
        if self._in_force is None:
            self._in_force = next(iter(self.list(limit=1)))
        return self._in_force

    def get(self, version: int) -> PolicyVersion:
        """That version.

        Raises
        ------
        NotFound
            There is none.
        """
        if version == 0:
            return default_version()
        statement = select(policies_table).where(policies_table.c.version == version)
        row = self._connection.execute(statement).one_or_none()
        if row is None:
            raise NotFound("version of the policy", str(version), "`policy versions` lists them")
        return _version(row)

    def list(self, limit: int | None = None) -> list[PolicyVersion]:
        """All versions, the newest first, version 0 last."""
        statement = select(policies_table).order_by(policies_table.c.version.desc()).limit(limit)
        published = [_version(row) for row in self._connection.execute(statement)]
        return [*published, default_version()][:limit]

    def add(
        self,
        text: str,
        *,
        author: str,
        reviewed_by: str,
        note: str,
        published_at: datetime,
        published_by: str,
    ) -> PolicyVersion:
        """Put the document in force as the next version."""
        self._in_force = None
        self.take_turn()
        newest = self._connection.execute(select(func.max(policies_table.c.version))).scalar() or 0
        published = PolicyVersion(
            version=newest + 1,
            digest=digest_of(text),
            text=text,
            policy=read_policy(text),
            author=author,
            reviewed_by=reviewed_by,
            note=note,
            published_at=published_at,
            published_by=published_by,
        )
        row = {column.name: getattr(published, column.name) for column in policies_table.c}
        self._connection.execute(insert(policies_table).values(row))
        return published


class Performances:
    """Snapshots of performance; version 0 is the empty one before the first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def in_force(self) -> Performance:
        """The newest snapshot; read once per process, for rankings ask for it all the time."""
        columns = performance_table.c
        newest = self._connection.execute(select(func.max(columns.version))).scalar()
        if newest is None:
            return Performance()
        known = _SNAPSHOTS.get(self._connection.engine)
        if known is None or known.version != newest:
            statement = select(columns.snapshot).where(columns.version == newest)
            known = self._connection.execute(statement).scalar_one()
            _SNAPSHOTS[self._connection.engine] = known
        return known

    def add(self, snapshot: Performance, at: datetime) -> Performance:
        """Keep it as the next version."""
        log.take_turn(self._connection)
        newest = self._connection.execute(select(func.max(performance_table.c.version))).scalar()
        kept = replace(snapshot, version=(newest or 0) + 1)
        values: dict[str, Any] = {"version": kept.version, "computed_at": at, "snapshot": kept}
        self._connection.execute(insert(performance_table).values(values))
        return kept


def _version(row: Row[Any]) -> PolicyVersion:
    where = f"version {row.version} of the policy"
    return PolicyVersion(**row._mapping, policy=read_policy(row.text, where))  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
