"""Places on the earth. Longitude first, always; WGS84 degrees.

Arrays of places have shape (n, 2), dtype float64, columns lon, lat.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.errors import Fault, InvalidPosition

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius of the earth (IUGG)."""

METRES_PER_DEGREE: Final = math.radians(1.0) * EARTH_RADIUS_M

_MAX_LON: Final = 180
_MAX_LAT: Final = 90


class LonLat(NamedTuple):
    """A place: longitude and latitude in degrees, WGS84."""

    lon: float
    lat: float


class Box(NamedTuple):
    """A box on the map, degrees; across the antimeridian where ``west`` is beyond ``east``."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, place: LonLat) -> bool:
        """Whether the place lies in it, or on its border."""
        beside = self.west <= place.lon <= self.east
        if self.west > self.east:
            beside = place.lon >= self.west or place.lon <= self.east
        return beside and self.south <= place.lat <= self.north


def is_on_earth(lon: float, lat: float) -> bool:
    """Whether those are a longitude and a latitude; NaN is neither."""
    return -_MAX_LON <= lon <= _MAX_LON and -_MAX_LAT <= lat <= _MAX_LAT


def checked_lonlat(lon: float, lat: float, where: str = "position") -> LonLat:
    """Return the place, or say what is wrong with it.

    Raises
    ------
    InvalidPosition
        A coordinate is not finite, or lies off the earth.
    """
    if is_on_earth(lon, lat):
        return LonLat(float(lon), float(lat))
    faults = [
        Fault(f"{where}.{name}", f"{value!r} is not between -{limit} and {limit} degrees")
        for name, value, limit in (("lon", lon, _MAX_LON), ("lat", lat, _MAX_LAT))
        if not (math.isfinite(value) and -limit <= value <= limit)
    ]
    hint = "; are longitude and latitude swapped?" if abs(lon) <= _MAX_LAT < abs(lat) else ""
    raise InvalidPosition(f"{where} ({lon}, {lat}) is not on the earth{hint}", faults)


def haversine_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in metres."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    h = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def haversines_m(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle distances in metres; ``a`` and ``b`` (..., 2) broadcast against each other."""
    lon1, lat1 = np.radians(a[..., 0]), np.radians(a[..., 1])
    lon2, lat2 = np.radians(b[..., 0]), np.radians(b[..., 1])
    h = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    distance: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, h)))
    return distance


def bearing_deg(a: LonLat, b: LonLat) -> float:
    """Initial compass bearing from ``a`` to ``b``, 0 to 360, north 0, east 90."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    y = math.sin(lon2 - lon1) * math.cos(lat2)
    x = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return math.degrees(math.atan2(y, x)) % 360.0


def lonlat_to_local_m(lonlats: NDArray[np.float64], origin: LonLat) -> NDArray[np.float64]:
    """Flat metres east and north of ``origin`` (..., 2); good to 0.1 % within 50 km."""
    scale = np.array([METRES_PER_DEGREE * math.cos(math.radians(origin.lat)), METRES_PER_DEGREE])
    local: NDArray[np.float64] = (lonlats - np.asarray(origin)) * scale
    return local


def local_m_to_lonlat(local_m: NDArray[np.float64], origin: LonLat) -> NDArray[np.float64]:
    """Inverse of `lonlat_to_local_m`."""
    scale = np.array([METRES_PER_DEGREE * math.cos(math.radians(origin.lat)), METRES_PER_DEGREE])
    lonlats: NDArray[np.float64] = local_m / scale + np.asarray(origin)
    return lonlats
