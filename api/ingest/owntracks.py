"""OwnTracks over HTTP: one JSON object per request, answered with a JSON array.

Stands on the OwnTracks booklet, `tech/json` and `tech/http`. Android before 2.6 sends for ever what
isn't answered with an array, so every body is, whatever it holds. The array may hold commands: the
fences of the day's jobs go to the phone so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from api.ingest import told
from api.ingest.forms import FencesTold, Form, Incoming, Reading, Reply, Unreadable
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus
from geo_dispatch.tracking.phone_fences import FenceNews, PhoneFence

NAME: Final = "owntracks"

_CHARGING: Final = {1: False, 2: True, 3: True}
"""`bs`: unplugged, charging, full; 0 is unknown."""

_PAUSED: Final = frozenset({-1, 0})
"""`m`: quiet and manual, in which the app sends nothing by itself."""

_NOT_ALLOWED: Final = (
    "kCLAuthorizationStatusDenied",
    "kCLAuthorizationStatusRestricted",
    "kCLAuthorizationStatusNotDetermined",
)
"""What an iPhone's ``status`` says when the app may not know where it is."""


_FIRST_STAMP_S: Final = 1_788_999_000
"""An order's fence is known by this and its number as its time: Android goes by that alone."""

_NOWHERE: Final = -1_000_000
"""A place that an iPhone takes for the wish to forget the fence."""


def read(incoming: Incoming) -> Reading:
    """Positions are ``location`` and such ``transition`` as were measured; the rest is left out."""
    try:
        messages = told.listed(told.json_of(incoming.body))
    except ValueError as error:
        return told.no_json(incoming, error)
    items: list[Ping | Unreadable] = []
    statuses: list[tuple[str, DeviceStatus]] = []
    for message in messages:
        who = _who(incoming, told.mapping(message))
        item = _item(message, who)
        if item is not None:
            items.append(item)
        status = _status(told.mapping(message), incoming.received_ms)
        if status is not None:
            statuses.append((who, status))
    return Reading(tuple(items), told.newest(statuses))


def location(message: Mapping[str, Any], who: str, tst: object) -> Ping | Unreadable:
    """The ping of a ``location`` or ``transition``."""
    return told.ping(
        who,
        ("tst", tst),
        ("lon", message.get("lon")),
        ("lat", message.get("lat")),
        accuracy_m=told.positive(message.get("acc")),
        speed_mps=told.not_negative(message.get("vel"), told.KMH_MPS),
        heading_deg=told.not_negative(message.get("cog")),
    )


def _item(message: object, who: str) -> Ping | Unreadable | None:
    if not isinstance(message, dict) or "_type" not in message:
        return Unreadable(f"no OwnTracks message, which has a _type: {told.shown(message)}", who)
    match message["_type"]:
        case "location":
            return location(message, who, message.get("tst"))
        case "transition" if told.positive(message.get("acc")) is not None:
            # with an accuracy of 0 the place is the region's own middle: nobody measured it
            return location(message, who, message.get("tst"))
        case "encrypted":
            return Unreadable(
                "the app encrypts what it sends and nobody here has the key; clear the encryption "
                "key in its settings and send over https instead",
                who,
            )
    return None


def _who(incoming: Incoming, message: Mapping[str, Any]) -> str:
    """For whom: by the key, else the device as the app names it, in a header or at its topic."""
    if incoming.technician_id:
        return incoming.technician_id
    return (
        _device(incoming) or told.text(message.get("topic")).removesuffix("/event").split("/")[-1]
    )


def _device(incoming: Incoming) -> str:
    return told.text(incoming.headers.get("x-limit-d") or incoming.query().get("d"))


def _status(message: Mapping[str, Any], received_ms: int) -> DeviceStatus | None:
    if message.get("_type") not in ("location", "status"):
        return None
    plugged = told.number(message.get("bs"))
    return DeviceStatus(
        app=NAME,
        at_ms=told.since(message.get("created_at", message.get("tst")), received_ms),
        battery=told.share(message.get("batt"), told.PERCENT),
        charging=None if plugged is None else _CHARGING.get(int(plugged)),
        outage=_outage(message),
    )


def _outage(message: Mapping[str, Any]) -> str | None:
    allowed = told.mapping(message.get("iOS")).get("locationManagerAuthorizationStatus")
    if allowed in _NOT_ALLOWED:
        return "no_permission"
    return "paused" if told.number(message.get("m")) in _PAUSED else None


def _accepted(incoming: Incoming, reading: Reading, verdicts: tuple[PingVerdict, ...]) -> Reply:
    del incoming, reading, verdicts
    return Reply(200, b"[]")


def _with_fences(incoming: Incoming, news: FenceNews) -> Reply:
    """Commands that leave the phone with these fences.

    Android adds and replaces, and forgets only all at once; an iPhone forgets one by one.
    """
    commands: list[dict[str, object]] = []
    waypoints = [_waypoint(fence) for fence in news.fences]
    if news.gone and "android" in incoming.headers.get("user-agent", "").lower():
        commands.append({"_type": "cmd", "action": "clearWaypoints"})
    else:
        nowhere = {"lat": _NOWHERE, "lon": _NOWHERE}
        waypoints += [_waypoint(fence) | nowhere for fence in news.gone]
    if waypoints:
        told_all = {"_type": "waypoints", "waypoints": waypoints}
        commands.append({"_type": "cmd", "action": "setWaypoints", "waypoints": told_all})
    return Reply(200, msgspec.json.encode(commands))


def _waypoint(fence: PhoneFence) -> dict[str, object]:
    return {
        "_type": "waypoint",
        "desc": fence.name,
        "lat": fence.lat,
        "lon": fence.lon,
        "rad": fence.radius_m,
        "tst": _FIRST_STAMP_S + int(fence.name.rpartition("-")[2]),
        "rid": fence.order_id,
    }


FORM: Final = Form(
    name=NAME,
    path="/v1/ingest/owntracks",
    methods=frozenset({"POST"}),
    summary="Take what OwnTracks sends in its HTTP mode.",
    read=read,
    accepted=_accepted,
    unauthenticated=Reply(401, b"[]"),
    busy=Reply(503, b"[]"),
    body_schema={
        "type": "object",
        "required": ["_type"],
        "properties": {
            "_type": {"type": "string", "examples": ["location", "transition", "status"]},
            "lat": {"type": "number"},
            "lon": {"type": "number"},
            "tst": {"type": "integer", "description": "Seconds since 1970."},
            "acc": {"type": "number", "description": "Metres."},
            "vel": {"type": "number", "description": "Kilometres per hour."},
            "cog": {"type": "number"},
            "batt": {"type": "number", "description": "Percent."},
            "bs": {"type": "integer", "description": "1 unplugged, 2 charging, 3 full."},
            "m": {"type": "integer", "description": "-1 quiet, 0 manual, 1 significant, 2 move."},
        },
        "additionalProperties": True,
    },
    examples=(
        {
            "_type": "location",
            "lat": 47.141,
            "lon": 9.5209,
            "tst": 1772442000,
            "acc": 8,
            "vel": 36,
            "batt": 71,
        },
    ),
    fences=FencesTold(_device, _with_fences),
)
