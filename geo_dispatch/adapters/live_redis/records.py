"""How fixes and positions look in Redis: 32 bytes each, big-endian.

The first 16 bytes, event time and place, are the key of a fix; as bytes they sort like the fix.
Accuracy is kept to 0.1 m, speed to 0.01 m/s, heading to 0.1 degree.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from geo_dispatch.tracking.positions import Position

RECORD: Final = struct.Struct(">QIIHHHHQ")
"""Time ms; lon, lat in 1e-7 degrees plus 2**31; accuracy, speed, heading, flags, cell."""

_OFFSET: Final = 1 << 31
_UNKNOWN: Final = 0xFFFF
_MOCK: Final = 1
_ACCURACY_SCALE: Final = 10.0
_SPEED_SCALE: Final = 100.0
_HEADING_SCALE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch in a shard's stream.

    Attributes
    ----------
    id
        The stream's own id, ``"1789000042123-0"``; grows.
    received_ms
        When the API took it, by the deployment's clock.
    """

    shard: int
    id: str
    received_ms: int
    fixes: tuple[Fix, ...]


def fixes_to_blob(fixes: Iterable[Fix]) -> bytes:
    """The batch as the append script takes it."""
    parts = []
    for fix in fixes:
        name = fix.technician_id.encode()
        parts += [bytes((len(name),)), name, fix_to_record(fix)]
    return b"".join(parts)


def blob_to_fixes(blob: bytes) -> Iterator[Fix]:
    """The fixes of a stream entry."""
    at = 0
    while at < len(blob):
        start = at + 1 + blob[at]
        yield record_to_fix(
            TechnicianId(blob[at + 1 : start].decode()), blob[start : start + RECORD.size]
        )
        at = start + RECORD.size


def fix_to_record(fix: Fix) -> bytes:
    """Pack a fix with its cell."""
    return RECORD.pack(
        fix.at_ms,
        fix.lon_e7 + _OFFSET,
        fix.lat_e7 + _OFFSET,
        _scaled(fix.accuracy_m, _ACCURACY_SCALE),
        _scaled(fix.speed_mps, _SPEED_SCALE),
        _scaled(fix.heading_deg, _HEADING_SCALE),
        _MOCK if fix.mock else 0,
        cells.lonlat_to_cell(fix.place),
    )


def record_to_fix(technician_id: TechnicianId, record: bytes) -> Fix:
    """Unpack a fix."""
    at_ms, lon, lat, accuracy, speed, heading, flags, _cell = RECORD.unpack(record)
    return Fix(
        technician_id=technician_id,
        at_ms=at_ms,
        lon_e7=lon - _OFFSET,
        lat_e7=lat - _OFFSET,
        accuracy_m=_unscaled(accuracy, _ACCURACY_SCALE),
        speed_mps=_unscaled(speed, _SPEED_SCALE),
        heading_deg=_unscaled(heading, _HEADING_SCALE),
        mock=bool(flags & _MOCK),
    )


def record_to_position(technician_id: TechnicianId, record: bytes) -> Position:
    """Unpack the newest fix as a position."""
    fix = record_to_fix(technician_id, record)
    return Position(
        technician_id=technician_id,
        at_ms=fix.at_ms,
        place=LonLat(fix.lon_e7 / DEGREE_SCALE, fix.lat_e7 / DEGREE_SCALE),
        cell=RECORD.unpack(record)[-1],
        accuracy_m=fix.accuracy_m,
        speed_mps=fix.speed_mps,
        heading_deg=fix.heading_deg,
        mock=fix.mock,
    )


def _scaled(value: float | None, scale: float) -> int:
    return _UNKNOWN if value is None else min(_UNKNOWN - 1, max(0, round(value * scale)))


def _unscaled(value: int, scale: float) -> float | None:
    return None if value == _UNKNOWN else value / scale
