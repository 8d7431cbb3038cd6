"""What is known of technicians' devices, in SQL: who is silent, who calls, whose clock is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Table, delete, insert, select

from geo_dispatch.adapters.sql.quarantine import quarantine_table
from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import UtcTime
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.devices import SosCall
from geo_dispatch.tracking.outages import ClockAhead

_LOOKED_AT: Final = 1000
"""Of refused fixes only so many are looked at, the newest, for clocks that are wrong."""

silences_table = Table(
    "silences",
    metadata,
    Column("technician_id", Id, ForeignKey("technicians.id"), primary_key=True),
    Column("order_id", Id, nullable=False),
    Column("since", UtcTime, nullable=False),
)

calls_table = Table(
    "sos_calls",
    metadata,
    Column("technician_id", Id, ForeignKey("technicians.id"), primary_key=True),
    Column("order_id", Id),
    Column("called_at", UtcTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Silence:
    """A technician who was told to be silent, with the order that was in hand."""

    technician_id: TechnicianId
    order_id: OrderId
    since: datetime


class Signals:
    """Signs of trouble: at most one silence and one call of each technician."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def silences(self) -> dict[TechnicianId, Silence]:
        """All who are silent."""
        rows = self._connection.execute(select(silences_table))
        return {row.technician_id: Silence(**row._mapping) for row in rows}  # noqa: SLF001 - its only mapping

    def put_silence(self, silence: Silence) -> None:
        """Remember it, in place of the technician's last one."""
        self.end_silence(silence.technician_id)
        self._connection.execute(
            insert(silences_table).values(
                technician_id=silence.technician_id, order_id=silence.order_id, since=silence.since
            )
        )

    def end_silence(self, technician_id: str) -> None:
        """The technician was heard."""
        own = silences_table.c.technician_id == technician_id
        self._connection.execute(delete(silences_table).where(own))

    def calls(self) -> dict[TechnicianId, SosCall]:
        """All alarms that nobody has answered, the oldest first."""
        rows = self._connection.execute(select(calls_table).order_by(calls_table.c.called_at))
        return {row.technician_id: SosCall(**row._mapping) for row in rows}  # noqa: SLF001 - its only mapping

    def call_of(self, technician_id: str) -> SosCall | None:
        """The technician's alarm, while nobody has answered it."""
        own = calls_table.c.technician_id == technician_id
        row = self._connection.execute(select(calls_table).where(own)).one_or_none()
        return None if row is None else SosCall(**row._mapping)  # noqa: SLF001 - its only mapping

    def put_call(self, call: SosCall) -> None:
        """Remember it, in place of the technician's last one."""
        self.end_call(call.technician_id)
        self._connection.execute(
            insert(calls_table).values(
                technician_id=call.technician_id, order_id=call.order_id, called_at=call.called_at
            )
        )

    def end_call(self, technician_id: str) -> None:
        """Somebody answered."""
        own = calls_table.c.technician_id == technician_id
        self._connection.execute(delete(calls_table).where(own))

    def clocks_ahead(self, since: datetime) -> dict[TechnicianId, ClockAhead]:
        """Devices whose fixes were refused since then because they lay in the future."""
        columns = quarantine_table.c
        newest = (
            select(columns.technician_id, columns.at_ms, columns.received_at, columns.code)
            .order_by(columns.id.desc())
            .limit(_LOOKED_AT)
        )
        found: dict[TechnicianId, ClockAhead] = {}
        for technician_id, at_ms, received_at, code in self._connection.execute(newest):
            if code == "future" and received_at >= since:
                received_ms = datetime_to_ms(received_at)
                one = ClockAhead(received_ms, (at_ms or received_ms) - received_ms)
                found.setdefault(TechnicianId(technician_id), one)
        return found
