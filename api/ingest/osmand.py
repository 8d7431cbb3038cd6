"""Traccar Client and OsmAnd: three forms on one URL.

Up to version 8, and from OsmAnd, the fields come in the query; from version 9 as JSON; from
version 10 as a form. A request without a place is a heartbeat. Stands on traccar.org/osmand and on
what each version of the client sends.

Speeds are knots in the query and the form, metres per second in JSON. OsmAnd itself tells metres
per second: its set-up link names that field `speed_mps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.ingest import told
from api.ingest.forms import NO_BODY, Form, Incoming, Reading, Reply, Unreadable
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus

NAME: Final = "osmand"

_UNKNOWN_DEVICE: Final = b"this device is not known here; ask the office for a new set-up link"


_KNOWN: Final = frozenset({"id", "deviceid", "timestamp", "lat", "lon", "location", "alarm"})
"""One of these is in whatever is meant for us."""


def read(incoming: Incoming) -> Reading:
    """One position or heartbeat, in whichever of the forms it comes."""
    if incoming.body.lstrip()[:1] in (b"{", b"["):
        return _json(incoming)
    fields = incoming.query() | incoming.form()
    if incoming.body.strip() and not fields.keys() & _KNOWN:
        return told.no_fields(incoming)
    return _fields(fields, incoming)


def _fields(fields: Mapping[str, str], incoming: Incoming) -> Reading:
    who = incoming.technician_id or told.text(fields.get("id") or fields.get("deviceid"))
    lat, lon = fields.get("lat"), fields.get("lon")
    if lat is None and lon is None and "location" in fields:
        lat, _, lon = fields["location"].partition(",")
    at = fields.get("timestamp") or incoming.received_ms
    status = DeviceStatus(
        app=NAME,
        at_ms=told.since(at, incoming.received_ms),
        battery=told.share(fields.get("batt"), told.PERCENT),
        charging=told.flag(fields.get("charge")),
        sos=is_sos(fields.get("alarm")),
    )
    statuses = told.newest([(who, status)])
    if is_heartbeat(lat, lon) or told.flag(fields.get("valid")) is False:
        return Reading(statuses=statuses)
    speed_mps = told.not_negative(fields.get("speed_mps"))
    if speed_mps is None:
        speed_mps = told.not_negative(fields.get("speed"), told.KNOT_MPS)
    item = told.ping(
        who,
        ("timestamp", at),
        ("lon", lon),
        ("lat", lat),
        accuracy_m=told.positive(fields.get("accuracy")),
        speed_mps=speed_mps,
        heading_deg=told.not_negative(fields.get("bearing") or fields.get("heading")),
        mock=told.flag(fields.get("mock")) is True,
    )
    return Reading((item,), statuses)


def is_heartbeat(lat: object, lon: object) -> bool:
    """No place is told: left out, empty, or zero and zero, as Traccar has it."""
    if lat in (None, "") and lon in (None, ""):
        return True
    return told.number(lat) == 0 and told.number(lon) == 0


def is_sos(alarm: object) -> bool:
    """Whether a person calls for help, among all the alarms that are told."""
    return "sos" in [word.strip().lower() for word in told.text(alarm).split(",")]


def _json(incoming: Incoming) -> Reading:
    try:
        bodies = told.listed(told.json_of(incoming.body))
    except ValueError as error:
        return told.no_json(incoming, error)
    items: list[Ping | Unreadable] = []
    statuses: list[tuple[str, DeviceStatus]] = []
    for body in bodies:
        whole = told.mapping(body)
        who = incoming.technician_id or told.text(whole.get("device_id"))
        locations = told.listed(whole.get("location"))
        if not isinstance(body, dict):
            items.append(Unreadable(f"no object with a location: {told.shown(body)}", who))
        for location in locations:
            item = _item(location, who)
            if item is not None:
                items.append(item)
            statuses.append((who, _status(told.mapping(location), whole, incoming.received_ms)))
    return Reading(tuple(items), told.newest(statuses))


def _item(location: object, who: str) -> Ping | Unreadable | None:
    if not isinstance(location, dict):
        return Unreadable(f"location is no object: {told.shown(location)}", who)
    place = told.mapping(location.get("coords"))
    lat, lon = place.get("latitude"), place.get("longitude")
    if is_heartbeat(lat, lon):
        return None
    return told.ping(
        who,
        ("timestamp", location.get("timestamp")),
        ("longitude", lon),
        ("latitude", lat),
        accuracy_m=told.positive(place.get("accuracy")),
        speed_mps=told.not_negative(place.get("speed")),
        heading_deg=told.not_negative(place.get("heading")),
        mock=told.flag(location.get("mock")) is True,
    )


def _status(
    location: Mapping[str, Any], whole: Mapping[str, Any], received_ms: int
) -> DeviceStatus:
    battery = told.mapping(location.get("battery"))
    extras = told.mapping(location.get("extras"))
    alarms = (location.get("alarm"), extras.get("alarm"), whole.get("alarm"))
    return DeviceStatus(
        app=NAME,
        at_ms=told.since(location.get("timestamp"), received_ms),
        battery=told.share(battery.get("level")),
        charging=told.flag(battery.get("is_charging")),
        sos=any(map(is_sos, alarms)),
    )


def _accepted(incoming: Incoming, reading: Reading, verdicts: tuple[PingVerdict, ...]) -> Reply:
    del incoming, reading
    return FORM.unauthenticated if told.is_stranger(verdicts) else NO_BODY


FORM: Final = Form(
    name=NAME,
    path="/v1/ingest/osmand",
    methods=frozenset({"GET", "POST"}),
    summary="Take what Traccar Client and OsmAnd send.",
    read=read,
    accepted=_accepted,
    unauthenticated=Reply(400, _UNKNOWN_DEVICE, NO_BODY.content_type),
    busy=Reply(503, b"", NO_BODY.content_type),
    body_schema={
        "type": "object",
        "description": "From version 9 of Traccar Client; others send query or form fields.",
        "properties": {
            "device_id": {"type": "string"},
            "location": {
                "type": "object",
                "properties": {
                    "timestamp": {"type": "string"},
                    "coords": {
                        "type": "object",
                        "properties": {
                            "latitude": {"type": "number"},
                            "longitude": {"type": "number"},
                            "accuracy": {"type": "number"},
                            "speed": {"type": "number", "description": "Metres per second."},
                            "heading": {"type": "number"},
                        },
                        "additionalProperties": True,
                    },
                    "battery": {"type": "object"},
                },
                "additionalProperties": True,
            },
        },
        "additionalProperties": True,
    },
    examples=(
        {
            "device_id": "748320",
            "location": {
                "timestamp": "2026-03-02T09:00:00.000Z",
                "coords": {"latitude": 47.141, "longitude": 9.5209, "accuracy": 8, "speed": 10},
                "battery": {"level": 0.8, "is_charging": False},
            },
        },
    ),
)
