"""A territory: a named area that planners draw and technicians work in."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from geo_dispatch.kernel.geo import METRES_PER_DEGREE, LonLat
from geo_dispatch.kernel.ids import TerritoryId

SLIVER_M: Final = 0.05
"""Pieces thinner than this come from rounding to 1e-7 degree, about 1 cm, not from a planner."""


@dataclass(frozen=True, slots=True)
class Territory:
    """A named area, of one part or of several: exclaves are normal.

    Attributes
    ----------
    area
        Lon, lat. May be invalid until `territory.check` has passed it.
    colour
        ``"#4e79a7"``, or empty to leave it to the map.
    """

    id: TerritoryId
    name: str
    area: shapely.MultiPolygon
    colour: str = ""

    @property
    def label(self) -> str:
        """What messages call it: its name, or else its id."""
        return self.name.strip() or self.id


def name_to_id(name: str) -> TerritoryId:
    """A stable id from a name: ``"Région Nord" -> "region-nord"``."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return TerritoryId("-".join(re.findall(r"[^\W_]+", _without_marks(decomposed))))


def polygonal(shape: BaseGeometry) -> shapely.MultiPolygon:
    """The parts of the shape that have an area."""
    parts = shapely.get_parts(shape)
    if any(part.geom_type == "GeometryCollection" for part in parts):
        parts = shapely.get_parts(parts)
    return shapely.MultiPolygon([p for p in parts if isinstance(p, shapely.Polygon)])


def area_m2(shape: BaseGeometry) -> float:
    """Area in square metres, on a plane at the shape's own latitude; 0.1 % within 50 km."""
    if shape.is_empty:
        return 0.0
    return shape.area * METRES_PER_DEGREE**2 * math.cos(math.radians(shape.centroid.y))


def is_sliver(shape: BaseGeometry) -> bool:
    """Whether the shape is so thin that only rounding can have made it."""
    if shape.is_empty:
        return True
    half_length_m = shape.length * METRES_PER_DEGREE / 2
    return area_m2(shape) < SLIVER_M * half_length_m


def without_slivers(shape: BaseGeometry) -> shapely.MultiPolygon:
    """The shape without the parts and holes that only rounding can have made."""
    return shapely.MultiPolygon(
        [
            shapely.Polygon(
                part.exterior,
                [ring for ring in part.interiors if not is_sliver(shapely.Polygon(ring))],
            )
            for part in polygonal(shape).geoms
            if not is_sliver(part)
        ]
    )


def total_bounds(territories: Sequence[Territory]) -> tuple[float, float, float, float]:
    """West, south, east, north of them all."""
    west, south, east, north = shapely.total_bounds([t.area for t in territories])
    return float(west), float(south), float(east), float(north)


def some_place(shape: BaseGeometry) -> LonLat:
    """A place inside the largest part of the shape, where a person can look."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    point = largest.representative_point()
    return LonLat(round(point.x, 6), round(point.y, 6))


def _without_marks(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.combining(letter))
