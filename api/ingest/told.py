"""Values as phones tell them: numbers as text, -1 for unknown, times in four notations.

These readers never raise; what can't be read is None. A ping needs a place and a time that are
numbers. Whether the place is on the earth and the time to be believed is judged at the door, alike
for all forms.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from api.ingest.forms import Incoming, Reading, Unreadable
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus

KNOT_MPS: Final = 1852 / 3600
KMH_MPS: Final = 1 / 3.6
PERCENT: Final = 100.0

_FIRST_MS: Final = 1e11
"""Numbers from here on are milliseconds: as seconds they would be beyond the year 5000."""

_LAST_MS: Final = 1e15
_SHOWN: Final = 60
_YES: Final = frozenset({"true", "1", "yes"})
_NO: Final = frozenset({"false", "0", "no"})


def json_of(body: bytes) -> object:
    """The JSON of a body, read with patience; None of an empty one.

    What strict readers refuse costs nobody a fix: NaN, control characters, broken UTF-8.

    Raises
    ------
    ValueError
        It is no JSON.
    """
    if not body.strip():
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def no_json(incoming: Incoming, error: ValueError) -> Reading:
    """A request whose body is no JSON."""
    message = f"the body is no JSON ({error}): {shown(incoming.body)}"
    return unreadable(message, incoming.technician_id)


def no_fields(incoming: Incoming) -> Reading:
    """A request whose body is neither JSON nor has a field by a name of its app."""
    message = f"the body is neither JSON nor fields of this app: {shown(incoming.body)}"
    return unreadable(message, incoming.technician_id)


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; empty when it is something else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[object]:
    """A JSON array's items, or the one thing that it is; nothing of null."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text(value: object) -> str:
    """A name as people type them: trimmed; numbers as they are written."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return str(value).strip()
    except ValueError:  # an integer of thousands of digits
        return ""


def number(value: object) -> float | None:
    """A finite number, also as text and with a decimal comma."""
    if isinstance(value, str):
        value = value.strip()
        if "_" in value:
            return None
        if value.count(",") == 1 and "." not in value:
            value = value.replace(",", ".")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def positive(value: object, unit: float = 1.0) -> float | None:
    """A number above zero: what accuracies are, where 0 and -1 say that it isn't known."""
    found = number(value)
    return None if found is None or found <= 0 else found * unit


def not_negative(value: object, unit: float = 1.0) -> float | None:
    """A number from zero on: what speeds and courses are, where -1 says that it isn't known."""
    found = number(value)
    return None if found is None or found < 0 else found * unit


def share(value: object, whole: float = 1.0) -> float | None:
    """A part of the whole, 0 to 1; anything else is not known."""
    found = number(value)
    return found / whole if found is not None and 0 <= found <= whole else None


def flag(value: object) -> bool | None:
    """Yes or no, also as text or 1 and 0."""
    word = str(value).strip().lower() if isinstance(value, bool | str | int | float) else ""
    return True if word in _YES else False if word in _NO else None


def moment_ms(value: object) -> int | None:
    """A time in milliseconds since 1970 UTC: from seconds, milliseconds or ISO 8601.

    One without an offset is UTC.
    """
    found = number(value)
    if found is not None:
        ms = found if abs(found) >= _FIRST_MS else found * 1000
        return round(ms) if abs(ms) < _LAST_MS else None
    if not isinstance(value, str):
        return None
    try:
        told = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return datetime_to_ms(told if told.tzinfo else told.replace(tzinfo=UTC))


def since(value: object, received_ms: int) -> int:
    """When an app said how it is: by its own clock, or when it was received.

    A phone that has lost its clock says 1970 or earlier.
    """
    at_ms = moment_ms(value)
    return received_ms if at_ms is None or at_ms <= 0 else at_ms


def ping(
    who: str,
    at: tuple[str, object],
    lon: tuple[str, object],
    lat: tuple[str, object],
    *,
    accuracy_m: float | None = None,
    speed_mps: float | None = None,
    heading_deg: float | None = None,
    mock: bool = False,
) -> Ping | Unreadable:
    """The ping that an item tells, or why it tells none.

    Parameters
    ----------
    who
        The technician, or the device as it names itself.
    at, lon, lat
        The app's name for each, and what it told.
    """
    at_ms, east, north = moment_ms(at[1]), number(lon[1]), number(lat[1])
    if at_ms is None or east is None or north is None:
        faults = [
            f"{name} {shown(told)} is no {kind}"
            for (name, told), read, kind in (
                (lon, east, "number"),
                (lat, north, "number"),
                (at, at_ms, "time"),
            )
            if read is None
        ]
        return Unreadable("; ".join(faults), who)
    return Ping(who, at_ms, east, north, accuracy_m, speed_mps, heading_deg, mock)


def newest(statuses: Iterable[tuple[str, DeviceStatus]]) -> dict[str, DeviceStatus]:
    """What each device told last; a call for help in any of them is kept."""
    found: dict[str, DeviceStatus] = {}
    for who, status in statuses:
        if not who:
            continue
        before = found.get(who, status)
        last = status if status.at_ms >= before.at_ms else before
        found[who] = replace(last, sos=before.sos or status.sos)
    return found


def shown(value: object) -> str:
    """What was told, short enough for a message."""
    try:
        told = repr(value)
    except (ValueError, RecursionError):
        told = "…"
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"


def unreadable(message: str, who: str = "") -> Reading:
    """A request of one item that can't be read."""
    return Reading((Unreadable(message, who),))


def is_stranger(verdicts: tuple[PingVerdict, ...]) -> bool:
    """Whether nobody here has the device that sent these, by a key that speaks for a fleet."""
    return bool(verdicts) and all(one.code == "unknown_technician" for one in verdicts)
