"""Overland: batches of GeoJSON features, kept by the app until it reads ``{"result": "ok"}``.

Stands on the app's README and its `GLManager`. In its OwnTracks mode it sends one object whose
seconds count from 2001, as Apple's do, and expects its own answer all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.ingest import told
from api.ingest.forms import Form, Incoming, Reading, Reply, Unreadable
from api.ingest.owntracks import location
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus

NAME: Final = "overland"

_SECONDS_TO_2001: Final = 978_307_200
_CHARGING: Final = {"charging": True, "full": True, "unplugged": False}


def read(incoming: Incoming) -> Reading:
    """The points of a batch; its trips, actions and the point under way are left out."""
    try:
        body = told.json_of(incoming.body)
    except ValueError as error:
        return told.no_json(incoming, error)
    whole = told.mapping(body)
    if whole.get("_type") == "location":
        return _one(whole, incoming)
    found = whole.get("locations")
    if body is None or (found is None and whole):
        return Reading()
    if not isinstance(found, list):
        return told.unreadable(
            f"locations is not a list of features: {told.shown(body)}", incoming.technician_id
        )
    items: list[Ping | Unreadable] = []
    statuses: list[tuple[str, DeviceStatus]] = []
    for feature in found:
        about = told.mapping(told.mapping(feature).get("properties"))
        who = incoming.technician_id or told.text(about.get("device_id"))
        item = _item(feature, about, who)
        if item is not None:
            items.append(item)
        statuses.append((who, _status(about, incoming.received_ms)))
    return Reading(tuple(items), told.newest(statuses))


def _item(feature: object, about: Mapping[str, Any], who: str) -> Ping | Unreadable | None:
    geometry = told.mapping(feature).get("geometry")
    if geometry is None and isinstance(feature, dict):
        return None
    place = told.mapping(geometry).get("coordinates")
    if not isinstance(place, list) or len(place) < 2:  # noqa: PLR2004 - lon and lat
        return Unreadable(f"no point with coordinates: {told.shown(feature)}", who)
    return told.ping(
        who,
        ("timestamp", about.get("timestamp")),
        ("coordinates[0]", place[0]),
        ("coordinates[1]", place[1]),
        accuracy_m=told.positive(about.get("horizontal_accuracy")),
        speed_mps=told.not_negative(about.get("speed")),
        heading_deg=told.not_negative(about.get("course")),
    )


def _status(about: Mapping[str, Any], received_ms: int) -> DeviceStatus:
    return DeviceStatus(
        app=NAME,
        at_ms=told.since(about.get("timestamp"), received_ms),
        battery=told.share(about.get("battery_level")),
        charging=_CHARGING.get(told.text(about.get("battery_state"))),
    )


def _one(message: Mapping[str, Any], incoming: Incoming) -> Reading:
    who = incoming.technician_id or told.text(message.get("topic")).split("/")[-1]
    tst = told.number(message.get("tst"))
    if tst is not None:
        now = incoming.received_ms / 1000
        tst = min(tst, tst + _SECONDS_TO_2001, key=lambda seconds: abs(seconds - now))
    status = DeviceStatus(
        app=NAME,
        at_ms=told.since(tst, incoming.received_ms),
        battery=told.share(message.get("batt"), told.PERCENT),
    )
    item = location(message, who, message.get("tst") if tst is None else tst)
    return Reading((item,), told.newest([(who, status)]))


def _accepted(incoming: Incoming, reading: Reading, verdicts: tuple[PingVerdict, ...]) -> Reply:
    del incoming, reading
    return FORM.unauthenticated if told.is_stranger(verdicts) else Reply(200, b'{"result":"ok"}')


FORM: Final = Form(
    name=NAME,
    path="/v1/ingest/overland",
    methods=frozenset({"POST"}),
    summary="Take the batches that Overland sends.",
    read=read,
    accepted=_accepted,
    unauthenticated=Reply(
        401, b'{"error":"this key is not known here; ask the office for a new set-up link"}'
    ),
    busy=Reply(503, b'{"error":"the server is busy; the points stay on the phone and come later"}'),
    body_schema={
        "type": "object",
        "properties": {
            "locations": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "type": {"const": "Feature"},
                        "geometry": {"type": ["object", "null"]},
                        "properties": {
                            "type": "object",
                            "properties": {
                                "timestamp": {"type": "string"},
                                "speed": {"type": "number", "description": "Metres per second."},
                                "course": {"type": "number"},
                                "horizontal_accuracy": {"type": "number"},
                                "battery_level": {"type": "number", "description": "0 to 1."},
                                "battery_state": {"type": "string"},
                            },
                            "additionalProperties": True,
                        },
                    },
                },
            }
        },
        "additionalProperties": True,
    },
    examples=(
        {
            "locations": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [9.5209, 47.141]},
                    "properties": {
                        "timestamp": "2026-03-02T09:00:00Z",
                        "speed": 4,
                        "horizontal_accuracy": 8,
                        "battery_level": 0.8,
                        "battery_state": "unplugged",
                    },
                }
            ]
        },
    ),
)
