"""Which fixes can be true: at the door by the clock, and in the track by the laws of motion."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from geo_dispatch.kernel.geo import checked_lonlat, haversine_m, is_on_earth
from geo_dispatch.tracking.fixes import Fix

MAX_AHEAD_MS: Final = 30_000
"""A device's clock may run ahead by so much; one fix from the future would freeze the position."""

MAX_AGE_MS: Final = 48 * 3_600_000
"""Older fixes are refused: the day's visits and mileage are settled."""

UNKNOWN_ACCURACY_M: Final = 20.0
"""Taken for the accuracy of a fix that doesn't tell."""

_MAX_SPEED_MPS: Final = 70.0
"""Nobody drives 250 km/h; a jump beyond both accuracies at more is an error of the receiver."""


@dataclass(frozen=True, slots=True)
class Implausible:
    """Why a fix was refused at the door; ``code`` is stable."""

    code: str
    message: str


def refusal(lon: float, lat: float, at_ms: int, now_ms: int) -> Implausible | None:
    """Why a fix that comes in now can't be taken; None when it can.

    Raises
    ------
    InvalidPosition
        The place is not on the earth.
    """
    if is_plausible(lon, lat, at_ms, now_ms):
        return None
    checked_lonlat(lon, lat)
    if at_ms > now_ms:
        return Implausible(
            "future",
            f"its time is {(at_ms - now_ms) / 1000:.0f} s in the future, more than "
            f"{MAX_AHEAD_MS // 1000} s; set the device's clock",
        )
    return Implausible(
        "too_old",
        f"it is {(now_ms - at_ms) / 3_600_000:.0f} h old; fixes older than "
        f"{MAX_AGE_MS // 3_600_000} h are not taken",
    )


def is_plausible(lon: float, lat: float, at_ms: int, now_ms: int) -> bool:
    """Whether `refusal` has nothing against it."""
    on_time = now_ms - MAX_AGE_MS <= at_ms <= now_ms + MAX_AHEAD_MS
    return on_time and is_on_earth(lon, lat)


@dataclass(frozen=True, slots=True)
class Trust:
    """What plausibility remembers of a track.

    Attributes
    ----------
    last
        The newest fix that was believed.
    suspect
        A fix that jumped; believed after all when the next one agrees with it.
    refused
        How many fixes were not believed, made up ones included.
    mock_ms, jump_ms
        When the device last said that a fix was made up, and when one last jumped; None never.
    """

    last: Fix | None = None
    suspect: Fix | None = None
    refused: int = 0
    mock_ms: int | None = None
    jump_ms: int | None = None

    def signs(self, since_ms: int) -> tuple[str, ...]:
        """What was odd since then: ``"mock"``, ``"jump"``."""
        odd = (("mock", self.mock_ms), ("jump", self.jump_ms))
        return tuple(name for name, ms in odd if ms is not None and ms >= since_ms)


def believe(trust: Trust, fix: Fix) -> tuple[Trust, tuple[Fix, ...]]:
    """Take the next fix in event time; return those that are now believed, oldest first.

    A fix that would need more than 70 m/s beyond both accuracies is held back until a second one
    agrees with it. Fixes that the device calls made up are never believed.
    """
    if fix.mock:
        return replace(trust, refused=trust.refused + 1, mock_ms=fix.at_ms), ()
    refused = trust.refused + (trust.suspect is not None)
    if trust.last is None or _agree(trust.last, fix):
        return replace(trust, last=fix, suspect=None, refused=refused), (fix,)
    if trust.suspect is not None and _agree(trust.suspect, fix):
        return replace(trust, last=fix, suspect=None), (trust.suspect, fix)
    return replace(trust, suspect=fix, refused=refused, jump_ms=fix.at_ms), ()


def accuracy_m(fix: Fix) -> float:
    """The fix's accuracy, or what is taken for it."""
    return UNKNOWN_ACCURACY_M if fix.accuracy_m is None else fix.accuracy_m


def beyond_accuracy_m(a: Fix, b: Fix) -> float:
    """How far apart two fixes are for sure, metres: the distance less both accuracies."""
    apart_m = haversine_m(a.place, b.place) - math.fsum((accuracy_m(a), accuracy_m(b)))
    return max(0.0, apart_m)


def _agree(before: Fix, after: Fix) -> bool:
    elapsed_s = (after.at_ms - before.at_ms) / 1000
    return beyond_accuracy_m(before, after) <= _MAX_SPEED_MPS * elapsed_s
