"""How each tracking app is set up to send to us: a link for the phone, steps, sometimes a file.

The links are as the apps document them: OwnTracks' booklet (remote configuration), Overland's
README, Traccar Client's QR code, GPSLogger's profiles. All are set to tell where they are every
half minute, also at a standstill: an arrival is proven by fixes that stay.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode

from geo_dispatch.dispatch.records.technicians import Technician

INTERVAL_S: Final = 30
_DISTANCE_M: Final = 50
_HEARTBEAT_S: Final = 120
_GPSLOGGER_FIELDS: Final = (
    "lat=%LAT&lon=%LON&timestamp=%TIMESTAMP&acc=%ACC&spd=%SPD&dir=%DIR&batt=%BATT"
    "&ischarging=%ISCHARGING"
)


class App(StrEnum):
    """The apps whose set-up is known."""

    OWNTRACKS = "owntracks"
    TRACCAR = "traccar"
    OVERLAND = "overland"
    GPSLOGGER = "gpslogger"


@dataclass(frozen=True, slots=True)
class SetUp:
    """How one app is set up.

    Attributes
    ----------
    link
        Opened or scanned on the phone; it holds the key.
    steps
        What a person does, in order.
    profile
        A file that the app takes; empty where it takes none.
    """

    app: App
    title: str
    link: str
    steps: tuple[str, ...]
    profile: str = ""


def owntracks(url: str, key: str, technician: Technician) -> SetUp:
    """OwnTracks in HTTP mode, for Android and iPhone."""
    letters = [one for one in technician.call_sign if one.isascii() and one.isalnum()]
    told = {
        "_type": "configuration",
        "mode": 3,
        "url": f"{url}/v1/ingest/owntracks",
        "auth": True,
        "cmd": True,
        "username": technician.id,
        "password": key,
        "deviceId": "phone",
        "tid": "".join(letters[-2:]) or "gd",
        "monitoring": 2,
        "locatorInterval": INTERVAL_S,
        "moveModeLocatorInterval": INTERVAL_S,
        "locatorDisplacement": _DISTANCE_M,
    }
    inline = base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()
    return SetUp(
        App.OWNTRACKS,
        "OwnTracks (Android, iPhone)",
        f"owntracks:///config?inline={quote(inline, safe='')}",
        (
            "Install OwnTracks, and let it use the location always.",
            "Android from 2.6: allow external configuration in its settings first.",
            "Open the link on the phone, or scan the code with the phone's camera.",
            "See that the mode is 'move', and press the button that sends the position.",
        ),
    )


def traccar(url: str, key: str, technician: Technician) -> SetUp:
    """Traccar Client, for Android and iPhone; and OsmAnd, by its URL."""
    endpoint = f"{url}/v1/ingest/osmand/{key}"
    options = {
        "id": technician.id,
        "accuracy": "high",
        "distance": _DISTANCE_M,
        "interval": INTERVAL_S,
        "heartbeat": _HEARTBEAT_S,
        "buffer": "true",
        "stop_detection": "false",
    }
    return SetUp(
        App.TRACCAR,
        "Traccar Client (Android, iPhone)",
        f"{endpoint}?{urlencode(options)}",
        (
            "Install Traccar Client, and let it use the location always.",
            "Scan the code from within the app: settings, then the QR code.",
            f"Or set by hand the server URL {endpoint} and the device identifier {technician.id}.",
            "Switch on continuous tracking.",
        ),
    )


def overland(url: str, key: str, technician: Technician) -> SetUp:
    """Overland, for iPhone."""
    told = {
        "url": f"{url}/v1/ingest/overland",
        "token": key,
        "device_id": technician.id,
        "unique_id": "yes",
    }
    return SetUp(
        App.OVERLAND,
        "Overland (iPhone)",
        f"overland://setup?{urlencode(told, quote_via=quote, safe='')}",
        (
            "Install Overland, and let it use the location always.",
            "Open the link on the phone, or scan the code with the phone's camera.",
            "Switch tracking on, and set the sending interval to 30 seconds or less.",
        ),
    )


def gpslogger(url: str, key: str, technician: Technician) -> SetUp:
    """GPSLogger, for Android."""
    endpoint = f"{url}/v1/ingest/gpslogger"
    profile = {
        "current_profile_name": technician.id,
        "log_customurl_enabled": "true",
        "log_customurl_url": endpoint,
        "log_customurl_method": "POST",
        "log_customurl_body": _GPSLOGGER_FIELDS,
        "log_customurl_headers": "Content-Type: application/x-www-form-urlencoded",
        "log_customurl_basicauth_username": technician.id,
        "log_customurl_basicauth_password": key,
        "log_customurl_discard_offline_locations_enabled": "false",
        "time_before_logging": str(INTERVAL_S),
        "distance_before_logging": "0",
        "startonbootup": "true",
    }
    return SetUp(
        App.GPSLOGGER,
        "GPSLogger (Android)",
        f"{endpoint}/{key}?{_GPSLOGGER_FIELDS}",
        (
            "Install GPSLogger, and let it use the location always and without battery limits.",
            "Put the profile on the phone as a file ending in .properties.",
            "Load it in the app: profiles, then from file.",
            "Or scan the code, and paste its text as the URL to log to; the method is POST.",
            "Start logging.",
        ),
        "".join(f"{name}={value}\n" for name, value in profile.items()),
    )


APPS: Final[dict[App, Callable[[str, str, Technician], SetUp]]] = {
    App.OWNTRACKS: owntracks,
    App.TRACCAR: traccar,
    App.OVERLAND: overland,
    App.GPSLOGGER: gpslogger,
}
