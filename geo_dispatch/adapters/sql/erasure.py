"""What a technician's erasure takes away, over all tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select, update

from geo_dispatch.adapters.sql.breaks import breaks_table
from geo_dispatch.adapters.sql.message_tables import (
    attempts,
    deliveries,
    further_orders,
    messages,
)
from geo_dispatch.adapters.sql.signals import calls_table, silences_table
from geo_dispatch.adapters.sql.tables import events, tokens


class Erasure:
    """Deletes what is a technician's own; the records of orders are not touched."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def messages_to(self, technician_id: str) -> None:
        """What they were told, their phone number in it, and what became of it."""
        columns = messages.c
        theirs = select(columns.id).where(
            columns.to == "technician", columns.recipient_id == technician_id
        )
        ids = self._connection.execute(theirs).scalars().all()
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            sent = select(deliveries.c.id).where(deliveries.c.message_id.in_(part))
            for statement in (
                delete(attempts).where(attempts.c.delivery_id.in_(sent)),
                delete(deliveries).where(deliveries.c.message_id.in_(part)),
                delete(further_orders).where(further_orders.c.message_id.in_(part)),
                delete(messages).where(columns.id.in_(part)),
            ):
                self._connection.execute(statement)

    def breaks_of(self, technician_id: str) -> None:
        """The breaks of the last days."""
        own = breaks_table.c.technician_id == technician_id
        self._connection.execute(delete(breaks_table).where(own))

    def signals_of(self, technician_id: str) -> None:
        """Whether they are silent, or call for help."""
        for table in (silences_table, calls_table):
            self._connection.execute(delete(table).where(table.c.technician_id == technician_id))

    def token_names(self, technician_id: str, name: str) -> None:
        """What their tokens are called."""
        own = tokens.c.technician_id == technician_id
        self._connection.execute(update(tokens).where(own).values(name=name))

    def event(self, seq: int, body: dict[str, Any]) -> None:
        """Another body for an event of the log; its digest stays."""
        self._connection.execute(update(events).where(events.c.seq == seq).values(body=body))


_CHUNK = 500
