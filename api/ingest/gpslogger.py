"""GPSLogger for Android: a URL and body that people put together, and its OpenGTS form.

Names are taken as the app's placeholders have them (`%ALL` too), and as Home Assistant asks for
them. Stands on the app's `CustomUrlManager` and `OpenGTSManager`. The app tries a request four
times and replays whole files, so old times and repeats are normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.ingest import told
from api.ingest.forms import NO_BODY, Form, Incoming, Reading, Reply
from api.ingest.gprmc import gprmc_to_rmc
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus

NAME: Final = "gpslogger"

_LAT: Final = ("lat", "latitude")
_LON: Final = ("lon", "longitude", "lng")
_TIME: Final = ("timestamp", "time", "timeoffset")
_ACCURACY: Final = ("acc", "accuracy")
_SPEED: Final = ("spd", "speed")
_COURSE: Final = ("dir", "direction", "bearing")
_BATTERY: Final = ("batt", "battery")
_CHARGING: Final = ("ischarging", "charging")
_DEVICE: Final = ("device", "dev", "id", "aid")


_KNOWN: Final = frozenset({*_LAT, *_LON, *_TIME, *_DEVICE, "gprmc"})
"""One of these is in whatever is meant for us."""


def read(incoming: Incoming) -> Reading:
    """One position, from the query, the form or the JSON of a request."""
    fields: dict[str, Any] = dict(incoming.query())
    if incoming.body.lstrip()[:1] == b"{":
        try:
            fields |= told.mapping(told.json_of(incoming.body))
        except ValueError as error:
            return told.no_json(incoming, error)
    else:
        fields |= incoming.form()
    fields = {name.lower(): value for name, value in fields.items()}
    if incoming.body.strip() and not fields.keys() & _KNOWN:
        return told.no_fields(incoming)
    who = incoming.technician_id or told.text(_first(fields, _DEVICE)[1])
    if "gprmc" in fields:
        return _opengts(fields, who, incoming)
    name, at = _first(fields, _TIME)
    if at in (None, ""):
        at = incoming.received_ms
    if _first(fields, _LAT)[1] in (None, "") and _first(fields, _LON)[1] in (None, ""):
        return Reading(statuses=_status(fields, who, at, incoming))
    item = told.ping(
        who,
        (name, at),
        _first(fields, _LON),
        _first(fields, _LAT),
        accuracy_m=told.positive(_first(fields, _ACCURACY)[1]),
        speed_mps=told.not_negative(_first(fields, _SPEED)[1]),
        heading_deg=told.not_negative(_first(fields, _COURSE)[1]),
    )
    return Reading((item,), _status(fields, who, at, incoming))


def _opengts(fields: Mapping[str, Any], who: str, incoming: Incoming) -> Reading:
    try:
        rmc = gprmc_to_rmc(str(fields["gprmc"]))
    except ValueError as error:
        return told.unreadable(f"gprmc: {error}", who)
    statuses = _status(fields, who, rmc.at_ms, incoming)
    if rmc.place is None:
        return Reading(statuses=statuses)
    item = Ping(
        technician_id=who,
        at_ms=rmc.at_ms,
        lon=rmc.place[0],
        lat=rmc.place[1],
        speed_mps=rmc.speed_mps,
        heading_deg=rmc.heading_deg,
    )
    return Reading((item,), statuses)


def _status(
    fields: Mapping[str, Any], who: str, at: object, incoming: Incoming
) -> dict[str, DeviceStatus]:
    status = DeviceStatus(
        app=NAME,
        at_ms=told.since(at, incoming.received_ms),
        battery=told.share(_first(fields, _BATTERY)[1], told.PERCENT),
        charging=told.flag(_first(fields, _CHARGING)[1]),
    )
    return told.newest([(who, status)])


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, object]:
    """The first of the names that is there, and what it holds."""
    return next(((name, fields[name]) for name in names if name in fields), (names[0], None))


def _accepted(incoming: Incoming, reading: Reading, verdicts: tuple[PingVerdict, ...]) -> Reply:
    del incoming, reading
    return FORM.unauthenticated if told.is_stranger(verdicts) else NO_BODY


FORM: Final = Form(
    name=NAME,
    path="/v1/ingest/gpslogger",
    methods=frozenset({"GET", "POST", "PUT"}),
    summary="Take what GPSLogger sends to a custom URL or to OpenGTS.",
    read=read,
    accepted=_accepted,
    unauthenticated=Reply(401, b"", NO_BODY.content_type),
    busy=Reply(503, b"", NO_BODY.content_type),
    body_schema={
        "type": "object",
        "description": "The same fields may come in the query or as a form.",
        "properties": {
            "lat": {"type": ["number", "string"]},
            "lon": {"type": ["number", "string"]},
            "timestamp": {"type": ["number", "string"], "description": "Seconds since 1970."},
            "acc": {"type": ["number", "string"], "description": "Metres."},
            "spd": {"type": ["number", "string"], "description": "Metres per second."},
            "dir": {"type": ["number", "string"]},
            "batt": {"type": ["number", "string"], "description": "Percent."},
            "ischarging": {"type": ["boolean", "string"]},
        },
        "additionalProperties": True,
    },
    examples=({"lat": 47.141, "lon": 9.5209, "timestamp": 1772442000, "acc": 8, "spd": 10},),
)
