"""Pings: position reports as they came in, what became of each, and those that were refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from geo_dispatch.adapters.live_redis.records import Packed, pack
from geo_dispatch.tracking.fixes import DEGREE_SCALE


class Ping(msgspec.Struct, frozen=True, gc=False):
    """One position report as it came in, unchecked.

    Attributes
    ----------
    accuracy_m, speed_mps, heading_deg
        None, negative or not finite: not told.
    """

    technician_id: str
    at_ms: int
    lon: float
    lat: float
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    mock: bool = False


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """An item that holds no position that could be kept: it goes to quarantine.

    Attributes
    ----------
    message
        What is wrong with it, naming the field and the value.
    """

    message: str
    technician_id: str = ""


@dataclass(frozen=True, slots=True)
class PingVerdict:
    """What became of a ping. ``code`` and ``message`` say why one was rejected.

    ``private`` ones are acknowledged and kept nowhere.
    """

    verdict: Literal["accepted", "late", "duplicate", "rejected", "private"]
    code: str = ""
    message: str = ""


PRIVATE: Final = PingVerdict("private")
"""Off shift or in a private time: acknowledged and kept nowhere, neither here nor in quarantine."""


def packed(ping: Ping) -> Packed:
    """A good ping as Redis keeps it."""
    heading_deg = _told(ping.heading_deg)
    return pack(
        ping.technician_id,
        ping.at_ms,
        round(ping.lon * DEGREE_SCALE),
        round(ping.lat * DEGREE_SCALE),
        accuracy_m=_told(ping.accuracy_m),
        speed_mps=_told(ping.speed_mps),
        heading_deg=None if heading_deg is None else heading_deg % 360.0,
        mock=ping.mock,
    )


def _told(value: float | None) -> float | None:
    return value if value is not None and 0 <= value < math.inf else None
