"""The system clock, and one that runs faster from a given start, for demos and simulations."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from geo_dispatch.config import Settings
from geo_dispatch.kernel.time import Clock


def system_clock() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def scaled_clock(epoch: datetime, started: datetime, factor: float) -> Clock:
    """A clock that showed ``epoch`` at the real ``started`` and runs ``factor`` times as fast."""

    def now() -> datetime:
        return (epoch + (datetime.now(UTC) - started) * factor).astimezone(UTC)

    return now


def clock_from(settings: Settings) -> Clock:
    """The clock that the settings ask for."""
    if settings.clock_epoch is None or settings.clock_started is None:
        return system_clock
    return scaled_clock(settings.clock_epoch, settings.clock_started, settings.clock_factor)


def random_id(prefix: str) -> str:
    """A fresh id with 80 random bits: ``wo_5q2k…``."""
    number = int.from_bytes(secrets.token_bytes(10))
    digits = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(75, -1, -5))
    return f"{prefix}_{digits}"


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o, u, so that ids can be read out over the phone."""
