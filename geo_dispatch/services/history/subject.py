"""All that is kept of one technician, for themselves: a ZIP of JSON and CSV files."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.time import Window, ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.history import access
from geo_dispatch.services.history.trail import fixes_of
from geo_dispatch.services.views import event_view, message_view, technician_view, visit_view

_ALL: Final = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC))
_IN_MEMORY: Final = 4_000_000
_PIECE: Final = 64 * 1024
_FIX_COLUMNS: Final = (
    "at",
    "lon",
    "lat",
    "accuracy_m",
    "speed_mps",
    "heading_deg",
    "mock",
)
_README: Final = """All that geo-dispatch keeps of one technician.

technician.json  the record
events.json      what happened to the record; breaks, private times, who looked at the trail
orders.json      work orders in their hands, now and before: number, type, status, times
visits.json      attendances at sites, with the fixes' distances that prove them
messages.json    what they were told
refused.json     positions that could not be kept, and why
tokens.json      keys and tokens, without their secrets
device.json      what their app told of itself last
fixes.csv        every position kept, oldest first
"""


def export(ctx: Context, technician_id: str, *, actor: Actor) -> Iterator[bytes]:
    """The ZIP file in pieces; who took it is in the log before the first.

    Raises
    ------
    NotFound
        There is no such technician.
    RedisUnavailable
        What their device told can't be read.
    """
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        access.note(ctx, unit, [technician.id], _ALL, "data export", actor=actor)
        files = _files(unit, technician)
        unit.commit()
    statuses = ctx.live.devices.by_id({technician.id: technician.shard})
    files["device.json"] = as_json(statuses.get(technician.id))
    return _packed(ctx, technician, files)


def _files(unit: Unit, technician: Technician) -> dict[str, Any]:
    own = technician.id
    held = unit.history.held_by(own)
    orders = unit.orders.many(held)
    visits = unit.history.visits_of(own, _ALL.start, None)
    return {
        "technician.json": technician_view(technician),
        "events.json": [event_view(one) for one in unit.stream(f"technician:{own}")],
        "orders.json": [
            {
                "id": order.id,
                "number": order.number,
                "type": order.type,
                "status": order.status,
                "assigned": held[order.id],
                "started_at": order.started_at,
                "ended_at": order.ended_at,
            }
            for order in orders.values()
        ],
        "visits.json": [visit_view(one) for one in visits],
        "messages.json": [
            message_view(one) for one in unit.messages.search(to="technician", recipient_id=own)
        ],
        "refused.json": as_json(unit.quarantine.page(own, _MOST_REFUSED)),
        "tokens.json": as_json([one for one in unit.tokens.list() if one.technician_id == own]),
    }


_MOST_REFUSED: Final = 10_000


def _packed(ctx: Context, technician: Technician, files: dict[str, Any]) -> Iterator[bytes]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", _README)
            for name, content in files.items():
                archive.writestr(name, msgspec.json.format(msgspec.json.encode(content)))
            with archive.open("fixes.csv", "w", force_zip64=True) as file:
                _write_fixes(ctx, technician, file)
        packed.seek(0)
        while piece := packed.read(_PIECE):
            yield piece


def _write_fixes(ctx: Context, technician: Technician, file: IO[bytes]) -> None:
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(_FIX_COLUMNS)
        for fix in fixes_of(ctx, technician.id, _ALL):
            rows.writerow(
                (
                    ms_to_datetime(fix.at_ms).isoformat(),
                    *fix.place,
                    fix.accuracy_m,
                    fix.speed_mps,
                    fix.heading_deg,
                    fix.mock,
                )
            )
