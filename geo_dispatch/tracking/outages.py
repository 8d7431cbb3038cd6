"""Why no positions come, or soon won't: what the app says, and what follows from its silence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from geo_dispatch.tracking.devices import DeviceStatus

LOW_BATTERY: Final = 0.15
"""Phones save on location below it, and may be off within the hour."""


class OutageCode(StrEnum):
    """What keeps positions from coming. Stable."""

    NO_PERMISSION = "no_permission"
    LOCATION_OFF = "location_off"
    PAUSED = "paused"
    CLOCK_WRONG = "clock_wrong"
    LOW_BATTERY = "low_battery"
    APP_SILENT = "app_silent"


_SAID: Final = {
    OutageCode.NO_PERMISSION: "the app may not use the location: allow it in the phone's settings",
    OutageCode.LOCATION_OFF: "location is switched off on the phone",
    OutageCode.PAUSED: "the technician paused the app",
}


@dataclass(frozen=True, slots=True)
class ClockAhead:
    """Fixes that were refused, as their times lay in the future.

    Attributes
    ----------
    at_ms
        When the last one came, by our clock.
    ahead_ms
        How far ahead of it the device's clock is.
    """

    at_ms: int
    ahead_ms: int


@dataclass(frozen=True, slots=True)
class Outage:
    """One reason, since when it is known, and what it means in words."""

    code: OutageCode
    since_ms: int
    text: str


def outages(
    status: DeviceStatus | None,
    seen_ms: int | None,
    now_ms: int,
    *,
    silent_s: float,
    clock: ClockAhead | None = None,
) -> tuple[Outage, ...]:
    """What keeps a technician's positions from coming, the app's own word first.

    Parameters
    ----------
    status
        What the app told last; a reason that it gave ends with the next position.
    seen_ms
        Event time of the last position; None when there never was one.
    silent_s
        So long without any sign of life is silence.
    """
    found = []
    seen = seen_ms or 0
    if status is not None and status.outage is not None and status.at_ms >= seen:
        code = OutageCode(status.outage)
        found.append(Outage(code, status.at_ms, _SAID[code]))
    if clock is not None and clock.at_ms >= seen:
        found.append(
            Outage(
                OutageCode.CLOCK_WRONG,
                clock.at_ms,
                f"its clock is {clock.ahead_ms / 60_000:.0f} min ahead: set it by the network",
            )
        )
    if status is not None and _runs_low(status, now_ms, silent_s):
        battery = status.battery or 0.0
        found.append(Outage(OutageCode.LOW_BATTERY, status.at_ms, f"battery at {battery:.0%}"))
    heard = max(
        seen, status.at_ms if status is not None else 0, clock.at_ms if clock is not None else 0
    )
    if heard and now_ms - heard > silent_s * 1000:
        found.append(Outage(OutageCode.APP_SILENT, heard, "nothing came from the app since"))
    return tuple(found)


def _runs_low(status: DeviceStatus, now_ms: int, silent_s: float) -> bool:
    """Whether the battery was low when it was told last, and that may be why nothing comes now."""
    low = status.battery is not None and status.battery <= LOW_BATTERY and not status.charging
    return low and now_ms - status.at_ms <= 4 * silent_s * 1000
