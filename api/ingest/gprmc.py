"""The NMEA 0183 sentence RMC: a fix in one line of text, with a checksum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from typing import Final

from api.ingest.told import KNOT_MPS, not_negative, number, shown

_FIELDS: Final = 9
_MINUTE_S: Final = 60
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rmc:
    """What a sentence says.

    Attributes
    ----------
    place
        Longitude and latitude, degrees; None while the receiver had no fix.
    """

    at_ms: int
    place: tuple[float, float] | None
    speed_mps: float | None
    heading_deg: float | None


def gprmc_to_rmc(sentence: str) -> Rmc:
    """Read ``$GPRMC,hhmmss,A,ddmm.mmm,N,dddmm.mmm,E,knots,course,ddmmyy,…*CS``.

    Raises
    ------
    ValueError
        It is no such sentence, or its checksum is another.
    """
    line, star, told = sentence.strip().removeprefix("$").partition("*")
    if star and f"{reduce(xor, line.encode(), 0):02X}" != told.strip().upper()[:2]:
        raise ValueError(f"the checksum of {shown(sentence)} is not {told.strip()[:2]}")
    kind, *fields = line.split(",")
    if not kind.endswith("RMC") or len(fields) < _FIELDS:
        raise ValueError(f"no RMC sentence: {shown(sentence)}")
    time, status, lat, south, lon, west, knots, course, date = fields[:_FIELDS]
    try:
        day = datetime.strptime(date, "%d%m%y").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"its date {shown(date)} is no ddmmyy") from None
    at = day + _time_of_day(time)
    place = None
    if status == "A":
        east, north = _degrees(lon, 3), _degrees(lat, 2)
        place = (-east if west == "W" else east, -north if south == "S" else north)
    return Rmc(
        at_ms=round((at - _EPOCH) / timedelta(milliseconds=1)),
        place=place,
        speed_mps=not_negative(knots, KNOT_MPS),
        heading_deg=not_negative(course),
    )


def _degrees(told: str, digits: int) -> float:
    whole, minutes = number(told[:digits]), number(told[digits:])
    if whole is None or minutes is None:
        raise ValueError(f"{shown(told)} is no degrees and minutes")
    return whole + minutes / 60


def _time_of_day(told: str) -> timedelta:
    hours, minutes, seconds = (number(part) for part in (told[:2], told[2:4], told[4:]))
    if hours is None or minutes is None or seconds is None or not 0 <= seconds <= _MINUTE_S:
        raise ValueError(f"its time {shown(told)} is no hhmmss")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
