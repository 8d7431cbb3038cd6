"""Geofences, and how sure it is that a fix lies inside one.

A fix is a two-dimensional normal distribution around its place; its accuracy is the radius of
68 %, which is 1.51 sigma.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import chndtr

from geo_dispatch.kernel.geo import LonLat, haversine_m, lonlat_to_local_m

SIGMAS_IN_ACCURACY: Final = math.sqrt(-2.0 * math.log(1.0 - 0.68))
_SURE_SIGMAS: Final = 6.0
_PARKING_M: Final = 15.0
"""A polygon is a parcel; vans stop at the kerb beside it."""

_SAMPLES: Final = 256


@dataclass(frozen=True, slots=True)
class Fence:
    """A circle around ``centre``, or the polygon ``area`` in metres east and north of it.

    Attributes
    ----------
    radius_m
        Of the circle, or of the circle around ``centre`` that holds the polygon.
    size_m
        Of the circle, or of the circle with the polygon's area.
    drawn
        The polygon as it was drawn, without the room for vans around it; None for a circle.
    """

    centre: LonLat
    radius_m: float
    size_m: float
    area: shapely.Polygon | shapely.MultiPolygon | None = None
    drawn: Fence | None = None

    def grown(self, scale: float) -> Fence:
        """The fence with its border moved out by ``scale - 1`` times its size."""
        return _grown(self, scale)

    def distance_m(self, place: LonLat) -> float:
        """From the place to the centre, metres."""
        return haversine_m(self.centre, place)

    def probability(self, place: LonLat, sigma_m: float) -> float:
        """How likely the true place is inside when it was measured here with this sigma.

        Exact for circles (the non-central chi-squared distribution); for polygons the share of
        256 points spread evenly by probability, good to about 0.01.
        """
        distance_m = self.distance_m(place)
        if distance_m > self.radius_m + _SURE_SIGMAS * sigma_m:
            return 0.0
        if self.area is None:
            if distance_m < self.radius_m - _SURE_SIGMAS * sigma_m:
                return 1.0
            inside = chndtr((self.radius_m / sigma_m) ** 2, 2.0, (distance_m / sigma_m) ** 2)
            return float(inside)
        at = lonlat_to_local_m(np.asarray(place), self.centre) + _spread() * sigma_m
        return float(shapely.contains_xy(self.area, at[:, 0], at[:, 1]).mean())


def circle_fence(centre: LonLat, radius_m: float) -> Fence:
    """A circle."""
    return Fence(centre, radius_m, radius_m)


def polygon_fence(area: shapely.Polygon | shapely.MultiPolygon) -> Fence:
    """A polygon, lon, lat, with room for a van at the kerb."""
    middle = area.centroid
    centre = LonLat(middle.x, middle.y)
    local = shapely.transform(area, lambda lonlats: lonlat_to_local_m(lonlats, centre))
    return _around(centre, local.buffer(_PARKING_M), _around(centre, local))


def _around(
    centre: LonLat,
    local: shapely.Polygon | shapely.MultiPolygon,
    drawn: Fence | None = None,
) -> Fence:
    shapely.prepare(local)
    corners = shapely.get_coordinates(local)
    return Fence(
        centre,
        radius_m=float(np.hypot(corners[:, 0], corners[:, 1]).max()),
        size_m=math.sqrt(local.area / math.pi),
        area=local,
        drawn=drawn,
    )


@lru_cache(maxsize=1024)
def _grown(fence: Fence, scale: float) -> Fence:
    extra_m = (scale - 1.0) * fence.size_m
    area = None
    if fence.area is not None:
        area = fence.area.buffer(extra_m)
        shapely.prepare(area)
    return Fence(fence.centre, fence.radius_m + extra_m, fence.size_m + extra_m, area)


@lru_cache(maxsize=1)
def _spread() -> NDArray[np.float64]:
    """Points (256, 2) that stand for the standard normal distribution: a sunflower's spiral."""
    number = np.arange(_SAMPLES) + 0.5
    radius = np.sqrt(-2.0 * np.log(1.0 - number / _SAMPLES))
    angle = number * math.pi * (3.0 - math.sqrt(5.0))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
