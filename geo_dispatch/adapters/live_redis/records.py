"""How fixes and positions look in Redis: records of 20 bytes, big-endian; a position has its cell.

The first 14 bytes, event time and place, are the key of a fix; as bytes they sort like the fix,
and the others like its rank. Accuracy is kept to 0.1 m, speed to 0.01 m/s, heading to 0.1 degree.
In the stream a fix takes 20 bytes and its technician's id: what waits must not fill Redis.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from geo_dispatch.tracking.positions import Position

_FIX: Final = struct.Struct(">HIIIHHH")
"""Time ms, its high and its low part; lon, lat in 1e-7 degrees plus 2**31; accuracy, speed, and
heading with flags in its lowest 4 bits."""

RECORD_SIZE: Final = _FIX.size
_CELL: Final = struct.Struct(">Q")

_OFFSET: Final = 1 << 31
_LOW: Final = (1 << 32) - 1
_UNKNOWN: Final = 0xFFFF
_UNKNOWN_HEADING: Final = 0xFFF
_HEADING_SHIFT: Final = 4
_MOCK: Final = 1
_ACCURACY_SCALE: Final = 10.0
_SPEED_SCALE: Final = 100.0
_HEADING_SCALE: Final = 10.0
_NAME_LENGTHS: Final = tuple(bytes((length,)) for length in range(256))


class Packed(msgspec.Struct, frozen=True, gc=False):
    """A fix as the append script takes it: with its technician's id before it, and its cell."""

    named: bytes
    cell: bytes


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What can't be read of a stream entry, as it stands there, and why.

    ``technician_id`` is empty where it says of nobody.
    """

    technician_id: str
    raw: bytes
    wrong: str


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
    spoilt: tuple[Spoilt, ...] = ()


def pack(
    technician_id: str,
    at_ms: int,
    lon_e7: int,
    lat_e7: int,
    *,
    accuracy_m: float | None,
    speed_mps: float | None,
    heading_deg: float | None,
    mock: bool,
) -> Packed:
    """Pack a fix with these attributes; the fix itself would double what a ping costs."""
    name = technician_id.encode()
    heading = _UNKNOWN_HEADING
    if heading_deg is not None:
        heading = _scaled(heading_deg * _HEADING_SCALE, _UNKNOWN_HEADING)
    record = _FIX.pack(
        at_ms >> 32,
        at_ms & _LOW,
        lon_e7 + _OFFSET,
        lat_e7 + _OFFSET,
        _UNKNOWN if accuracy_m is None else _scaled(accuracy_m * _ACCURACY_SCALE, _UNKNOWN),
        _UNKNOWN if speed_mps is None else _scaled(speed_mps * _SPEED_SCALE, _UNKNOWN),
        heading << _HEADING_SHIFT | (_MOCK if mock else 0),
    )
    cell = cells.lonlat_to_cell((lon_e7 / DEGREE_SCALE, lat_e7 / DEGREE_SCALE))
    return Packed(_NAME_LENGTHS[len(name)] + name + record, _CELL.pack(cell))


def _scaled(value: float, unknown: int) -> int:
    """The nearest whole number that is not the one for unknown."""
    whole = round(value)
    return whole if 0 <= whole < unknown else unknown - 1 if whole > 0 else 0


def fix_to_packed(fix: Fix) -> Packed:
    """Pack a fix."""
    return pack(
        fix.technician_id,
        fix.at_ms,
        fix.lon_e7,
        fix.lat_e7,
        accuracy_m=fix.accuracy_m,
        speed_mps=fix.speed_mps,
        heading_deg=fix.heading_deg,
        mock=fix.mock,
    )


def blob_to_fixes(blob: bytes) -> Iterator[Fix]:
    """The fixes of a stream entry."""
    at = 0
    while at < len(blob):
        start = at + 1 + blob[at]
        yield record_to_fix(TechnicianId(blob[at + 1 : start].decode()), blob, start)
        at = start + _FIX.size


def newest_of(blobs: Iterable[bytes], most: int) -> list[Fix]:
    """Of each technician in some stream entries the newest fixes, in the order of their keys."""
    records: dict[bytes, list[bytes]] = {}
    for blob in blobs:
        at = 0
        while at < len(blob):
            start = at + 1 + blob[at]
            end = start + _FIX.size
            records.setdefault(blob[at + 1 : start], []).append(blob[start:end])
            at = end
    return [
        record_to_fix(TechnicianId(name.decode()), record)
        for name, those in records.items()
        for record in sorted(those)[-most:]  # as bytes they sort like fixes
    ]


def record_to_fix(technician_id: TechnicianId, record: bytes, start: int = 0) -> Fix:
    """Unpack the fix that begins there."""
    high, low, lon, lat, accuracy, speed, heading = _FIX.unpack_from(record, start)
    told = heading >> _HEADING_SHIFT
    return Fix(
        technician_id=technician_id,
        at_ms=high << 32 | low,
        lon_e7=lon - _OFFSET,
        lat_e7=lat - _OFFSET,
        accuracy_m=None if accuracy == _UNKNOWN else accuracy / _ACCURACY_SCALE,
        speed_mps=None if speed == _UNKNOWN else speed / _SPEED_SCALE,
        heading_deg=None if told == _UNKNOWN_HEADING else told / _HEADING_SCALE,
        mock=bool(heading & _MOCK),
    )


def record_to_position(technician_id: TechnicianId, record: bytes) -> Position:
    """Unpack the newest fix as a position."""
    fix = record_to_fix(technician_id, record)
    return Position(
        technician_id=technician_id,
        at_ms=fix.at_ms,
        place=LonLat(fix.lon_e7 / DEGREE_SCALE, fix.lat_e7 / DEGREE_SCALE),
        cell=_CELL.unpack_from(record, _FIX.size)[0],
        accuracy_m=fix.accuracy_m,
        speed_mps=fix.speed_mps,
        heading_deg=fix.heading_deg,
        mock=fix.mock,
    )
