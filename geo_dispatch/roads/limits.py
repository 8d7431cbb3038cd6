"""Speed limits as people write them in OSM: ``50``, ``30 mph``, ``CH:urban``, ``none``, lists.

The forms are those of https://wiki.openstreetmap.org/wiki/Key:maxspeed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

import msgspec

from geo_dispatch.kernel.units import knots_to_kmh, mph_to_kmh

OTHER: Final = "other"
"""The country of default limits for all that do not say their own."""

Kmh = Annotated[float, msgspec.Meta(gt=0, le=1000)]
"""A speed that something moves at."""

_HIGHEST_KMH: Final = 200.0
_UNITS: Final[Mapping[str, Callable[[float], float]]] = {
    "": float,
    "kmh": float,
    "km/h": float,
    "kph": float,
    "mph": mph_to_kmh,
    "knots": knots_to_kmh,
}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z/]*)")
_ZONE = re.compile(r"(?:zone:?)?(\d+)")


class Country(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A country's default limits, by the words that tags use for them.

    Attributes
    ----------
    limits
        Words such as ``urban`` to km/h, or to a text with a unit.
    drive_on
        The side; turns across the other side wait for oncoming traffic.
    zones_in_mph
        Whether the 20 of ``GB:zone20`` is miles per hour.
    """

    limits: dict[str, Kmh | str]
    drive_on: Literal["right", "left"] = "right"
    zones_in_mph: bool = False

    def __post_init__(self) -> None:
        wrong = [text for text in self.limits.values() if not _number(str(text))]
        if wrong:
            raise ValueError(f"limits must be km/h or such as '30 mph', not {wrong}")


def limit_kmh(text: str, country: str, countries: Mapping[str, Country]) -> float | None:
    """The limit that a maxspeed value states in km/h, or None when it states none that makes sense.

    Parameters
    ----------
    text
        The value of the tag. Of a list the lowest limit counts.
    country
        Whose default a bare word such as ``urban`` or ``walk`` means.
    countries
        By code; must hold ``country`` and `OTHER`.
    """
    found = [_one(part.strip(), country, countries) for part in re.split(r"[;|]", text)]
    return min((limit for limit in found if limit and limit <= _HIGHEST_KMH), default=None)


def default_kmh(word: str, country: str, countries: Mapping[str, Country]) -> float | None:
    """A country's limit for a word, else that of `OTHER`, else None."""
    for code in (country, OTHER):
        value = countries[code].limits.get(word) if code in countries else None
        if value is not None:
            return _number(str(value))
    return None


def _one(text: str, country: str, countries: Mapping[str, Country]) -> float | None:
    number = _number(text.lower())
    if number is not None:
        return number
    place, colon, word = text.partition(":")
    code = place.upper() if colon else country
    word = (word if colon else text).lower()
    zone = _ZONE.fullmatch(word) if colon else None
    if zone:
        in_mph = code in countries and countries[code].zones_in_mph
        return mph_to_kmh(float(zone[1])) if in_mph else float(zone[1])
    return default_kmh(word, code, countries)


def _number(text: str) -> float | None:
    match = _NUMBER.fullmatch(text)
    convert = _UNITS.get(match[2]) if match else None
    return convert(float(match[1])) if match and convert else None
