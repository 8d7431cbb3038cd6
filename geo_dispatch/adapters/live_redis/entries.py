"""A stream entry read so that what is broken in it spoils nothing beside it.

The door writes nothing of the kind. But bytes get lost, other programs write into a Redis that
several share, and an entry that raised whenever it was read would hold its shard up for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from geo_dispatch.adapters.live_redis.records import RECORD_SIZE, Entry, Spoilt, blob_to_fixes
from geo_dispatch.kernel.time import LAST_YEAR, datetime_to_ms
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix

_END_MS: Final = datetime_to_ms(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))
_MAX_LON_E7: Final = 180 * DEGREE_SCALE
_MAX_LAT_E7: Final = 90 * DEGREE_SCALE
_MAX_NAME: Final = 64


def entry_of(shard: int, entry_id: str, fields: Mapping[bytes, bytes]) -> Entry:
    """The entry, with what of it can't be read apart from the rest.

    A fix that can't be true spoils only itself. Where no technician's id is where one must be,
    nobody knows where the next fix begins: from there on all is one spoilt piece.
    """
    fixes: list[Fix] = []
    spoilt: list[Spoilt] = []
    blob = fields.get(b"b", b"")
    if not blob:
        spoilt.append(Spoilt("", repr(dict(fields)).encode(), "the entry has no field b of fixes"))
    at = 0
    while at < len(blob):
        end = at + 1 + blob[at] + RECORD_SIZE
        name = _name(blob[at + 1 : end - RECORD_SIZE])
        if end > len(blob) or name is None:
            wrong = f"byte {at} of {len(blob)} begins neither a technician's id nor a fix"
            spoilt.append(Spoilt("", blob[at:], wrong))
            break
        (fix,) = blob_to_fixes(blob[at:end])
        wrong = _wrong(fix)
        if wrong:
            spoilt.append(Spoilt(name, blob[at:end], wrong))
        else:
            fixes.append(fix)
        at = end
    return Entry(shard, entry_id, _received_ms(entry_id, fields), tuple(fixes), tuple(spoilt))


def _name(raw: bytes) -> str | None:
    """The id, if it can be one of ours: bytes that are out of place seldom look so."""
    if not 0 < len(raw) <= _MAX_NAME or not raw.isascii():
        return None
    name = raw.decode()
    return name if name.isprintable() else None


def _wrong(fix: Fix) -> str:
    """Why no door can have taken it; empty when one can."""
    if abs(fix.lon_e7) > _MAX_LON_E7 or abs(fix.lat_e7) > _MAX_LAT_E7:
        return f"the place {fix.place.lon:g}, {fix.place.lat:g} is not on the earth"
    if fix.at_ms >= _END_MS:
        return f"the time {fix.at_ms} ms lies behind the year {LAST_YEAR}"
    return ""


def _received_ms(entry_id: str, fields: Mapping[bytes, bytes]) -> int:
    """When the door took it; where that can't be read, when Redis did."""
    told = fields.get(b"r", b"")
    if told.isdigit() and int(told) < _END_MS:
        return int(told)
    return min(int(entry_id.partition("-")[0]), _END_MS - 1)
