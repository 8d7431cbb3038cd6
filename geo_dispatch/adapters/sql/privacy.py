"""Private times of technicians, and what they are at work on, in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from geo_dispatch.adapters.sql.log import EVENT_COLUMNS
from geo_dispatch.adapters.sql.tables import Id, events, metadata, visits, work_orders
from geo_dispatch.adapters.sql.types import UtcTime
from geo_dispatch.dispatch.days.privacy import AtWork, PrivacyTime
from geo_dispatch.dispatch.work.events import LoggedEvent, TrailViewed
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.ids import TechnicianId

privacy_table = Table(
    "privacy_times",
    metadata,
    Column("technician_id", Id, ForeignKey("technicians.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
)

_MOST_NAMED: Final = 500
"""For more technicians everybody's are read."""


class PrivacyTimes:
    """When technicians were and are private."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def since(
        self, moment: datetime, technician_ids: Collection[str] | None = None
    ) -> dict[TechnicianId, tuple[PrivacyTime, ...]]:
        """Those that end behind the moment, of these technicians or of all, oldest first."""
        columns = privacy_table.c
        conditions = [columns.until > moment, *_among(columns.technician_id, technician_ids)]
        rows = self._connection.execute(
            select(privacy_table).where(*conditions).order_by(columns.technician_id, columns.since)
        )
        found: defaultdict[TechnicianId, list[PrivacyTime]] = defaultdict(list)
        for row in rows:
            found[row.technician_id].append(PrivacyTime(*row))
        return {technician_id: tuple(times) for technician_id, times in found.items()}

    def begin(self, time: PrivacyTime) -> None:
        """One more; another of the same kind and beginning gives way."""
        self._connection.execute(delete(privacy_table).where(*_same(time)))
        self._connection.execute(
            insert(privacy_table).values(
                technician_id=time.technician_id,
                kind=time.kind,
                since=time.since,
                until=time.until,
            )
        )

    def end(self, time: PrivacyTime, at: datetime) -> None:
        """It ends at another time than it said."""
        self._connection.execute(update(privacy_table).where(*_same(time)).values(until=at))

    def forget(self, before: datetime) -> int:
        """Drop those that ended before then; how many there were."""
        ended = delete(privacy_table).where(privacy_table.c.until < before)
        return self._connection.execute(ended).rowcount

    def looks(
        self,
        technician_id: str,
        since: datetime | None = None,
        actor: str | None = None,
        limit: int | None = None,
    ) -> list[LoggedEvent]:
        """The log's `TrailViewed` of the technician, newest first; since then, of that actor."""
        columns = events.c
        conditions = [
            columns.stream == f"technician:{technician_id}",
            columns.type == TrailViewed.type,
        ]
        if since is not None:
            conditions.append(columns.at >= since)
        if actor is not None:
            conditions.append(columns.actor == actor)
        rows = self._connection.execute(
            select(*EVENT_COLUMNS).where(*conditions).order_by(columns.version.desc()).limit(limit)
        )
        return [LoggedEvent(*row) for row in rows]

    def work(
        self, since: datetime, technician_ids: Collection[str] | None = None
    ) -> dict[TechnicianId, tuple[AtWork, ...]]:
        """What these technicians, or all, were at work on from then on.

        At an order's site, until they left or it ended; or on the way there by their own word.
        """
        found: defaultdict[TechnicianId, list[AtWork]] = defaultdict(list)
        orders, own = work_orders.c, visits.c
        attended = (
            select(own.technician_id, own.arrived_at, own.departed_at, orders.ended_at)
            .join(work_orders, orders.id == own.order_id)
            .where(
                own.retracted.is_(False),
                or_(own.departed_at.is_(None), own.departed_at > since),
                or_(orders.ended_at.is_(None), orders.ended_at > since),
                *_among(own.technician_id, technician_ids),
            )
        )
        for technician_id, arrived_at, departed_at, ended_at in self._connection.execute(attended):
            until_at = min((at for at in (departed_at, ended_at) if at is not None), default=None)
            found[technician_id].append(AtWork(arrived_at, until_at))
        told = select(orders.technician_id, orders.status_at).where(
            orders.status == Status.EN_ROUTE.value,
            orders.status_source == "person",
            *_among(orders.technician_id, technician_ids),
        )
        for technician_id, status_at in self._connection.execute(told):
            found[technician_id].append(AtWork(status_at))
        return {technician_id: tuple(spans) for technician_id, spans in found.items()}


def _same(time: PrivacyTime) -> tuple[ColumnElement[bool], ...]:
    columns = privacy_table.c
    return (
        columns.technician_id == time.technician_id,
        columns.kind == time.kind,
        columns.since == time.since,
    )


def _among(
    column: ColumnElement[str], technician_ids: Collection[str] | None
) -> list[ColumnElement[bool]]:
    if technician_ids is None or len(technician_ids) > _MOST_NAMED:
        return []
    return [column.in_(sorted(technician_ids))]
