"""Messages in SQL, in the order in which they were queued."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, union_all

from geo_dispatch.adapters.sql.message_tables import (
    attempts,
    deliveries,
    further_orders,
    messages,
    webhooks,
)
from geo_dispatch.adapters.sql.tables import work_orders
from geo_dispatch.dispatch.messages.queueing import Message, Part
from geo_dispatch.dispatch.messages.webhooks import DeliveryState
from geo_dispatch.dispatch.work.orders import OPEN
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import MessageId, OrderId

_COLUMNS = tuple(field.name for field in fields(Message))


class Messages:
    """Everything that was said, oldest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, queued: Sequence[Message]) -> None:
        """Queue them, in this order."""
        if queued:
            rows = [{name: getattr(one, name) for name in _COLUMNS} for one in queued]
            self._connection.execute(insert(messages), rows)
        further = [
            {"message_id": one.id, "order_id": part.order_id, "type": part.type}
            for one in queued
            for part in one.parts[1:]
        ]
        if further:
            self._connection.execute(insert(further_orders), further)

    def get(self, message_id: str) -> Message:
        """The message.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        found = self.many([message_id])
        if not found:
            raise NotFound("message", message_id)
        return found[MessageId(message_id)]

    def many(self, message_ids: Iterable[str]) -> dict[MessageId, Message]:
        """Those that there are, by id."""
        condition = messages.c.id.in_(sorted(set(message_ids)))
        return {message.id: message for message in self._select(condition)}

    def search(
        self,
        *,
        to: str | None = None,
        recipient_id: str | None = None,
        order_id: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[Message]:
        """Those that meet every condition given, newest first, from behind the one ``after``."""
        columns = messages.c
        wanted = ((columns.to, to), (columns.recipient_id, recipient_id))
        conditions: list[Any] = [column == value for column, value in wanted if value is not None]
        if order_id is not None:
            further = select(further_orders.c.message_id).where(
                further_orders.c.order_id == order_id
            )
            conditions.append(or_(columns.order_id == order_id, columns.id.in_(further)))
        if after is not None:
            seq = select(columns.seq).where(columns.id == after).scalar_subquery()
            conditions.append(columns.seq < seq)
        return self._select(*conditions, newest_first=True, limit=limit)

    def between(self, start: datetime, end: datetime, limit: int) -> list[Message]:
        """Those of the period, oldest first."""
        columns = messages.c
        return self._select(columns.at >= start, columns.at < end, limit=limit)

    def last_told(self, order_ids: Iterable[str], types: Iterable[str]) -> dict[OrderId, Part]:
        """What the customer of each order heard last of it, in these types of messages."""
        columns, further = messages.c, further_orders.c
        ids, kinds = sorted(set(order_ids)), sorted(types)
        told = union_all(
            select(columns.order_id, columns.seq).where(
                columns.order_id.in_(ids), columns.to == "customer", columns.type.in_(kinds)
            ),
            select(further.order_id, columns.seq)
            .join(messages, columns.id == further.message_id)
            .where(further.order_id.in_(ids), columns.to == "customer", further.type.in_(kinds)),
        ).subquery()
        newest = select(func.max(told.c.seq)).group_by(told.c.order_id)
        return {
            part.order_id: part
            for message in self._select(columns.seq.in_(newest))
            for part in message.parts
            if part.order_id in ids and part.type in kinds
        }

    def forget_before(self, moment: datetime, limit: int) -> int:
        """Drop the oldest from before then, with their deliveries and tries; says how many.

        What an open order's people were told stays, and what an endpoint has yet to get.
        """
        columns = messages.c
        open_orders = select(work_orders.c.id).where(work_orders.c.status.in_(sorted(OPEN)))
        waits = (
            select(deliveries.c.seq)
            .join(webhooks, webhooks.c.id == deliveries.c.endpoint_id)
            .where(
                deliveries.c.message_id == columns.id,
                deliveries.c.state == DeliveryState.PENDING,
                webhooks.c.retired.is_(False),
            )
        )
        further = further_orders.c
        still_open = select(further.message_id).where(
            further.message_id == columns.id, further.order_id.in_(open_orders)
        )
        old = (
            select(columns.id)
            .where(
                columns.at < moment,
                or_(columns.order_id.is_(None), columns.order_id.not_in(open_orders)),
                ~still_open.exists(),
                ~waits.exists(),
            )
            .order_by(columns.seq)
            .limit(limit)
        )
        ids = self._connection.execute(old).scalars().all()
        sent = select(deliveries.c.id).where(deliveries.c.message_id.in_(ids))
        for statement in (
            delete(attempts).where(attempts.c.delivery_id.in_(sent)),
            delete(deliveries).where(deliveries.c.message_id.in_(ids)),
            delete(further_orders).where(further.message_id.in_(ids)),
            delete(messages).where(columns.id.in_(ids)),
        ):
            self._connection.execute(statement)
        return len(ids)

    def _select(
        self, *conditions: Any, newest_first: bool = False, limit: int | None = None
    ) -> list[Message]:
        columns = messages.c
        seq = columns.seq.desc() if newest_first else columns.seq
        statement = (
            select(*(columns[name] for name in _COLUMNS))
            .where(*conditions)
            .order_by(seq)
            .limit(limit)
        )
        return [Message(**row) for row in self._connection.execute(statement).mappings()]
