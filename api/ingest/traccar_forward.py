"""Positions and events that a Traccar server forwards: its 200 kinds of trackers, by one key.

Takes `forward.type=json`, `event.forward.url` and `forward.type=url`. A device is named by its
unique id, which is a technician's id, external id or call sign. Stands on Traccar's `forward`
package.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.ingest import told
from api.ingest.forms import NO_BODY, Form, Incoming, Reading, Reply, Unreadable
from api.ingest.osmand import is_heartbeat, is_sos
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus

NAME: Final = "traccar"

_QUERY_NAMES: Final = {
    "lat": "latitude",
    "lon": "longitude",
    "timestamp": "fixTime",
    "bearing": "course",
}
"""Shorter names that a URL may use, and Traccar's own."""


def read(incoming: Incoming) -> Reading:
    """The positions of a request, each with the device that it is of."""
    try:
        bodies = told.listed(told.json_of(incoming.body))
    except ValueError as error:
        return told.no_json(incoming, error)
    if not bodies and incoming.query_string:
        bodies = [_body_of(incoming.query())]
    items: list[Ping | Unreadable] = []
    statuses: list[tuple[str, DeviceStatus]] = []
    for body in bodies:
        whole = told.mapping(body)
        position = told.mapping(whole.get("position"))
        who = told.text(told.mapping(whole.get("device")).get("uniqueId"))
        item = _item(body, position, who)
        if item is not None:
            items.append(item)
        if position:
            statuses.append((who, _status(whole, position, incoming.received_ms)))
    return Reading(tuple(items), told.newest(statuses))


def _item(body: object, position: Mapping[str, Any], who: str) -> Ping | Unreadable | None:
    if not isinstance(body, dict) or not (position or "event" in body):
        return Unreadable(f"no position and no event of Traccar's: {told.shown(body)}", who)
    lat, lon = position.get("latitude"), position.get("longitude")
    outdated = told.flag(position.get("outdated"))
    if is_heartbeat(lat, lon) or told.flag(position.get("valid")) is False or outdated:
        return None
    return told.ping(
        who,
        ("fixTime", position.get("fixTime")),
        ("longitude", lon),
        ("latitude", lat),
        accuracy_m=told.positive(position.get("accuracy")),
        speed_mps=told.not_negative(position.get("speed"), told.KNOT_MPS),
        heading_deg=told.not_negative(position.get("course")),
        mock=told.flag(_attributes(position).get("mock")) is True,
    )


def _status(
    whole: Mapping[str, Any], position: Mapping[str, Any], received_ms: int
) -> DeviceStatus:
    about = _attributes(position)
    event = told.mapping(told.mapping(whole.get("event")).get("attributes"))
    at = position.get("deviceTime") or position.get("fixTime")
    return DeviceStatus(
        app=NAME,
        at_ms=told.since(at, received_ms),
        battery=told.share(about.get("batteryLevel"), told.PERCENT),
        charging=told.flag(about.get("charge")),
        sos=is_sos(about.get("alarm")) or is_sos(event.get("alarm")),
    )


def _attributes(position: Mapping[str, Any]) -> Mapping[str, Any]:
    """A position's attributes; in a URL they come as JSON in text."""
    attributes = position.get("attributes")
    if isinstance(attributes, str):
        try:
            attributes = told.json_of(attributes.encode("utf-8", "replace"))
        except ValueError:
            return {}
    return told.mapping(attributes)


def _body_of(query: Mapping[str, str]) -> dict[str, Any]:
    """A URL's fields as JSON would have them."""
    position = {_QUERY_NAMES.get(name, name): value for name, value in query.items()}
    unique = query.get("uniqueId") or query.get("id") or query.get("deviceid")
    return {"position": position, "device": {"uniqueId": unique}}


def _accepted(incoming: Incoming, reading: Reading, verdicts: tuple[PingVerdict, ...]) -> Reply:
    del incoming, reading, verdicts
    return NO_BODY


FORM: Final = Form(
    name=NAME,
    path="/v1/ingest/traccar",
    methods=frozenset({"GET", "POST"}),
    summary="Take positions and events that a Traccar server forwards.",
    read=read,
    accepted=_accepted,
    unauthenticated=Reply(401, b"", NO_BODY.content_type),
    busy=Reply(503, b"", NO_BODY.content_type),
    body_schema={
        "type": "object",
        "properties": {
            "position": {
                "type": "object",
                "properties": {
                    "fixTime": {"type": ["string", "integer"]},
                    "latitude": {"type": "number"},
                    "longitude": {"type": "number"},
                    "speed": {"type": "number", "description": "Knots."},
                    "course": {"type": "number"},
                    "accuracy": {"type": "number", "description": "Metres; 0 is unknown."},
                    "valid": {"type": "boolean"},
                    "attributes": {"type": "object"},
                },
                "additionalProperties": True,
            },
            "device": {
                "type": "object",
                "properties": {"uniqueId": {"type": "string"}},
                "additionalProperties": True,
            },
            "event": {"type": "object"},
        },
        "additionalProperties": True,
    },
    examples=(
        {
            "position": {
                "fixTime": "2026-03-02T09:00:00.000+00:00",
                "valid": True,
                "latitude": 47.141,
                "longitude": 9.5209,
                "speed": 19.4,
                "course": 90,
                "accuracy": 0,
                "attributes": {"batteryLevel": 80},
            },
            "device": {"uniqueId": "Van 07"},
        },
    ),
)
