"""Our own form of pings: JSON in, a verdict for each out.

Decoded by msgspec, whose types take what `PingIn` takes and is written as everybody writes it.
Whatever they refuse is read again with `PingIn` itself, one ping after another, so that the OpenAPI
document stays true, and each fault is told in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from pydantic import ValidationError

from api.errors import fault_of
from api.schemas.positions import PingIn
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking.pings import Ping, PingVerdict, Unreadable

MAX_BATCH: Final = 1000

_BATCH_BEGINS: Final = b'{"pings"'


class NotJson(ValueError):
    """The body is not JSON; the message says why."""


class _Told(msgspec.Struct, gc=False):
    """`PingIn` as msgspec has it."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    lon: float
    lat: float
    technician_id: str = ""
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    mock: bool = False


FIELDS: Final = msgspec.structs.fields(_Told)
"""For comparison with the documented ones."""


class _Alone(_Told):
    """One ping, unless it has a batch in it."""

    pings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Batch(msgspec.Struct):
    pings: Annotated[list[_Told], msgspec.Meta(max_length=MAX_BATCH)]


_decode_alone = msgspec.json.Decoder(_Alone).decode
_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_any = msgspec.json.Decoder().decode


def read(body: bytes, technician_id: str) -> tuple[Sequence[Ping | Unreadable], bool]:
    """The pings of a body, and whether they are a batch.

    Parameters
    ----------
    technician_id
        Whose ping it is when it doesn't say.

    Raises
    ------
    NotJson
        It is not JSON.
    InvalidInput
        It is JSON, but no ping and no batch of at most `MAX_BATCH`.
    """
    return read_plain(body, technician_id) or _read_patiently(body, technician_id)


def read_plain(body: bytes, technician_id: str) -> tuple[list[Ping], bool] | None:
    """As `read`, of pings that are written as everybody writes them; None when any is not."""
    try:
        if body.startswith(_BATCH_BEGINS):
            return [_ping(told, technician_id) for told in _decode_batch(body).pings], True
        alone = _decode_alone(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return ([_ping(alone, technician_id)], False) if alone.pings is msgspec.UNSET else None


def verdicts_to_json(verdicts: Sequence[PingVerdict]) -> bytes:
    """The body of the answer."""
    told = [_PLAIN.get(one.verdict) or _encode(one) for one in verdicts]
    return b'{"verdicts":[' + b",".join(told) + b"]}"


def refuse_alone(verdict: PingVerdict) -> None:
    """Raise `InvalidInput` when the only ping was rejected."""
    if verdict.verdict == "rejected":
        where = _FIELDS.get(verdict.code, "technician_id")
        raise InvalidInput(
            f"the ping is rejected: {verdict.message}", [Fault(where, verdict.message)]
        )


_FIELDS: Final = {"malformed": "ping", "off_earth": "lon, lat", "future": "at", "too_old": "at"}
"""Which field of a ping a code of rejection is about; the others are about its technician."""


def _ping(told: _Told | PingIn, technician_id: str) -> Ping:
    return Ping(
        told.technician_id or technician_id,
        datetime_to_ms(told.at),
        told.lon,
        told.lat,
        told.accuracy_m,
        told.speed_mps,
        told.heading_deg,
        told.mock,
    )


def _read_patiently(body: bytes, technician_id: str) -> tuple[Sequence[Ping | Unreadable], bool]:
    try:
        found = _decode_any(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(str(error)) from error
    if not isinstance(found, dict):
        raise InvalidInput('send one ping as an object, or several as {"pings": [...]}')
    if "pings" not in found:
        return [_read_one(found, technician_id, "")], False
    items = found["pings"]
    if not isinstance(items, list) or len(items) > MAX_BATCH:
        raise InvalidInput(
            f"pings must be a list of at most {MAX_BATCH}; send the rest in another request",
            [Fault("pings", f"not a list of at most {MAX_BATCH}")],
        )
    return [
        _read_one(item, technician_id, f"pings[{number}]") for number, item in enumerate(items)
    ], True


def _read_one(item: Any, technician_id: str, where: str) -> Ping | Unreadable:
    try:
        return _ping(msgspec.convert(item, _Told), technician_id)
    except msgspec.ValidationError:
        pass
    try:
        told = PingIn.model_validate(item)
    except ValidationError as error:
        faults = [fault_of(found, where) for found in error.errors()]
        named = item.get("technician_id") if isinstance(item, dict) else None
        who = named if isinstance(named, str) and named else technician_id
        return Unreadable("; ".join(map(str, faults)), who)
    return _ping(told, technician_id)


def _encode(verdict: PingVerdict) -> bytes:
    return msgspec.json.encode(
        {
            "verdict": verdict.verdict,
            "code": verdict.code or None,
            "message": verdict.message or None,
        }
    )


_PLAIN: Final = {
    word: _encode(PingVerdict(word)) for word in ("accepted", "late", "duplicate", "private")
}
"""What needs no reason."""
