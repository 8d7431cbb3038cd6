"""What is known of technicians' devices, in SQL: whose clock is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from geo_dispatch.adapters.sql.tracking import quarantine_table
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.outages import ClockAhead

_LOOKED_AT: Final = 1000
"""Of refused fixes only so many are looked at, the newest, for clocks that are wrong."""


class Signals:
    """Signs of trouble with devices."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
