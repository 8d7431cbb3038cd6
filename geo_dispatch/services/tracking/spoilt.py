"""What can't be read or folded, told where people look: in quarantine, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from geo_dispatch.adapters.live_redis import Entry
from geo_dispatch.adapters.sql.quarantine import Quarantined
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.context import Context

_FIRST_AGAIN_S: Final = 20
_LAST_AGAIN_S: Final = 600
"""What fails is tried again after 20 s, then half as often each time, at least each ten minutes."""

_MOST_SHOWN: Final = 500


def spoilt_parts(entries: Iterable[Entry]) -> list[Quarantined]:
    """What can't be read of the entries, as quarantine keeps it."""
    return [
        Quarantined(
            part.technician_id,
            None,
            None,
            None,
            "unreadable",
            f"{part.wrong} (entry {entry.id} of shard {entry.shard}, {len(part.raw)} bytes)",
            ms_to_datetime(entry.received_ms),
            WORKER.label,
            raw=part.raw,
        )
        for entry in entries
        for part in entry.spoilt
    ]


def put_off(ctx: Context, technician_id: TechnicianId, error: Exception) -> None:
    """Try the technician's fold again later, less often each time; people are told once."""
    wrong = f"{type(error).__name__}: {error}"[:_MOST_SHOWN]
    now = ctx.clock()
    with ctx.store.write() as unit:
        known = {one.technician_id: one for one in unit.refolds.stuck()}.get(technician_id)
        failures = 0 if known is None else known.failures
        if known is None:
            refused = Quarantined(
                technician_id, None, None, None, "unfoldable", wrong, now, WORKER.label
            )
            unit.quarantine.add([refused])
        again = now + timedelta(seconds=min(_FIRST_AGAIN_S * 2**failures, _LAST_AGAIN_S))
        unit.refolds.put_off(technician_id, wrong, datetime_to_ms(again))
        unit.commit()
