"""Webhooks in SQL: endpoints, and what is on its way to each, first in, first out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from geo_dispatch.adapters.sql.message_tables import attempts, deliveries, webhooks
from geo_dispatch.dispatch.messages.webhooks import (
    Answer,
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    Lane,
)
from geo_dispatch.kernel.errors import Fault, NotFound, VersionConflict
from geo_dispatch.kernel.ids import DeliveryId, WebhookId

_ENDPOINT = tuple(field.name for field in fields(Endpoint))
_DELIVERY = tuple(field.name for field in fields(Delivery))
_ANSWER = tuple(field.name for field in fields(Answer))


class Webhooks:
    """Endpoints, oldest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, endpoint: Endpoint) -> None:
        """Keep a new one."""
        row = {name: getattr(endpoint, name) for name in _ENDPOINT}
        self._connection.execute(insert(webhooks).values(pace_s=0.0, **row))

    def get(self, endpoint_id: str) -> Endpoint:
        """The endpoint.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        for endpoint in self._select(webhooks.c.id == endpoint_id):
            return endpoint
        raise NotFound("webhook", endpoint_id, "GET /v1/webhooks lists those there are")

    def expect(self, endpoint_id: str, version: int | None) -> Endpoint:
        """The endpoint, if it is at this version.

        Raises
        ------
        NotFound, VersionConflict
            There is none; somebody else changed it first.
        """
        endpoint = self.get(endpoint_id)
        if version is not None and endpoint.version != version:
            raise VersionConflict(
                f"webhook {endpoint_id} is at version {endpoint.version}, not {version}: "
                "somebody changed it meanwhile; read it again",
                [Fault("version", f"{version} was expected, {endpoint.version} is current")],
            )
        return endpoint

    def list(self, *, retired: bool = False) -> Sequence[Endpoint]:
        """All of them; those out of use only if asked for."""
        return self._select() if retired else self._select(webhooks.c.retired.is_(False))

    def listening(self) -> Sequence[Endpoint]:
        """Those for which messages are queued."""
        return [Endpoint(**row) for row in self._connection.execute(_LISTENING).mappings()]

    def save(self, endpoint: Endpoint) -> Endpoint:
        """Keep it in place of its last version.

        Raises
        ------
        NotFound, VersionConflict
            There is none; somebody else changed it first.
        """
        row = {name: getattr(endpoint, name) for name in _ENDPOINT}
        row["version"] = endpoint.version + 1
        condition = and_(webhooks.c.id == endpoint.id, webhooks.c.version == endpoint.version)
        changed = self._connection.execute(update(webhooks).where(condition).values(row))
        if changed.rowcount != 1:
            self.expect(endpoint.id, endpoint.version)
        return self.get(endpoint.id)

    def lane(self, endpoint_id: str) -> Lane:
        """How fast it is written to."""
        columns = webhooks.c
        row = self._connection.execute(
            select(columns.pace_s, columns.not_before).where(columns.id == endpoint_id)
        ).one()
        return Lane(*row)

    def set_lane(self, endpoint_id: str, lane: Lane) -> None:
        """Write to it as fast as that from now on."""
        self._connection.execute(
            update(webhooks)
            .where(webhooks.c.id == endpoint_id)
            .values(pace_s=lane.pace_s, not_before=lane.not_before)
        )

    def due(self, now: datetime) -> Sequence[WebhookId]:
        """Enabled endpoints whose next delivery is due, those that answered last time first."""
        first = _first_pending(webhooks.c.id).correlate(webhooks).scalar_subquery()
        statement = (
            select(webhooks.c.id)
            .join(deliveries, deliveries.c.seq == first)
            .where(_open(now), deliveries.c.due_at <= now)
            .order_by(deliveries.c.tries, deliveries.c.due_at)
        )
        return self._connection.execute(statement).scalars().all()

    def next_delivery(self, endpoint_id: str, now: datetime) -> Delivery | None:
        """Its oldest pending delivery, if that is due and the endpoint open."""
        columns = deliveries.c
        statement = (
            select(*(columns[name] for name in _DELIVERY))
            .join(webhooks, webhooks.c.id == columns.endpoint_id)
            .where(
                columns.seq == _first_pending(endpoint_id).scalar_subquery(),
                columns.due_at <= now,
                _open(now),
            )
        )
        row = self._connection.execute(statement).mappings().first()
        return None if row is None else Delivery(**row)

    def claim(self, endpoint_id: str, owner: str, now: datetime, until: datetime) -> bool:
        """Whether the worker may write to it until then: nobody else does. Times are real."""
        columns = webhooks.c
        free = or_(
            columns.claimed_until.is_(None),
            columns.claimed_until <= now,
            columns.claimed_by == owner,
        )
        claimed = self._connection.execute(
            update(webhooks)
            .where(columns.id == endpoint_id, free)
            .values(claimed_by=owner, claimed_until=until)
        )
        return claimed.rowcount == 1

    def release(self, endpoint_id: str, owner: str) -> None:
        """The worker writes to it no longer."""
        self._connection.execute(
            update(webhooks)
            .where(webhooks.c.id == endpoint_id, webhooks.c.claimed_by == owner)
            .values(claimed_by=None, claimed_until=None)
        )

    def _select(self, *conditions: Any) -> Sequence[Endpoint]:
        columns = webhooks.c
        statement = (
            select(*(columns[name] for name in _ENDPOINT))
            .where(*conditions)
            .order_by(columns.created_at, columns.id)
        )
        return [Endpoint(**row) for row in self._connection.execute(statement).mappings()]


class Deliveries:
    """What went to endpoints, is on its way, or failed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, queued: Sequence[Delivery]) -> None:
        """Queue them, in this order, behind what is pending."""
        if queued:
            rows = [{name: getattr(one, name) for name in _DELIVERY} for one in queued]
            self._connection.execute(insert(deliveries), rows)

    def get(self, delivery_id: str, endpoint_id: str) -> Delivery:
        """The delivery.

        Raises
        ------
        NotFound
            There is none with this id to this endpoint.
        """
        columns = deliveries.c
        for delivery in self._select(columns.id == delivery_id, columns.endpoint_id == endpoint_id):
            return delivery
        raise NotFound("delivery", delivery_id)

    def search(
        self,
        endpoint_id: str,
        *,
        state: DeliveryState | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Those of the endpoint, newest first, from behind the one ``after``."""
        columns = deliveries.c
        conditions: list[Any] = [columns.endpoint_id == endpoint_id]
        if state is not None:
            conditions.append(columns.state == state)
        if after is not None:
            seq = select(columns.seq).where(columns.id == after).scalar_subquery()
            conditions.append(columns.seq < seq)
        return self._select(*conditions, newest_first=True, limit=limit)

    def of_messages(self, endpoint_id: str, message_ids: Sequence[str]) -> list[Delivery]:
        """Those of these messages to the endpoint, oldest first."""
        return self._select(
            deliveries.c.endpoint_id == endpoint_id, deliveries.c.message_id.in_(message_ids)
        )

    def pending(self, endpoint_id: str) -> int:
        """How many wait."""
        columns = deliveries.c
        statement = select(func.count()).where(
            columns.endpoint_id == endpoint_id, columns.state == DeliveryState.PENDING
        )
        return self._connection.execute(statement).scalar_one()

    def settle(self, delivery: Delivery) -> bool:
        """Keep where it stands now, unless it has ended meanwhile; says whether it had not."""
        columns = deliveries.c
        row = {name: getattr(delivery, name) for name in _DELIVERY}
        settled = self._connection.execute(
            update(deliveries)
            .where(columns.id == delivery.id, columns.state == DeliveryState.PENDING)
            .values(row)
        )
        return settled.rowcount == 1

    def restart(self, endpoint_id: str, now: datetime) -> None:
        """What is pending is due now, at the beginning of the schedule."""
        columns = deliveries.c
        self._connection.execute(
            update(deliveries)
            .where(columns.endpoint_id == endpoint_id, columns.state == DeliveryState.PENDING)
            .values(due_at=now, tries=0)
        )

    def note(self, attempt: Attempt) -> None:
        """Keep what came of a try."""
        row = {name: getattr(attempt.answer, name) for name in _ANSWER}
        self._connection.execute(
            insert(attempts).values(delivery_id=attempt.delivery_id, at=attempt.at, **row)
        )

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Every try, oldest first."""
        statement = (
            select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.seq)
        )
        return [
            Attempt(
                DeliveryId(row["delivery_id"]),
                row["at"],
                Answer(**{name: row[name] for name in _ANSWER}),
            )
            for row in self._connection.execute(statement).mappings()
        ]

    def _select(
        self, *conditions: Any, newest_first: bool = False, limit: int | None = None
    ) -> list[Delivery]:
        columns = deliveries.c
        statement = (
            select(*(columns[name] for name in _DELIVERY))
            .where(*conditions)
            .order_by(columns.seq.desc() if newest_first else columns.seq)
            .limit(limit)
        )
        return [Delivery(**row) for row in self._connection.execute(statement).mappings()]


_LISTENING = (
    select(*(webhooks.c[name] for name in _ENDPOINT))
    .where(webhooks.c.enabled.is_(True), webhooks.c.retired.is_(False))
    .order_by(webhooks.c.created_at, webhooks.c.id)
)
"""Asked by every change of an order, so made once."""


def _first_pending(endpoint_id: Any) -> Any:
    columns = deliveries.c
    return select(func.min(columns.seq)).where(
        columns.endpoint_id == endpoint_id, columns.state == DeliveryState.PENDING
    )


def _open(now: datetime) -> Any:
    columns = webhooks.c
    return and_(
        columns.enabled.is_(True),
        columns.retired.is_(False),
        or_(columns.not_before.is_(None), columns.not_before <= now),
    )
