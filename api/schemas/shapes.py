"""Areas that people draw, as GeoJSON geometries."""

from __future__ import annotations

from typing import Any, Literal

import shapely
from pydantic import Field

from api.schemas.common import Piece
from geo_dispatch.kernel.errors import Fault, InvalidGeometry

_UNREADABLE = (ValueError, TypeError, LookupError, shapely.errors.ShapelyError)
"""What shapely raises for coordinates that are something else."""

_FARTHEST = 1e6
"""No degrees and no metres above the sea are beyond; what is, shapely can't reckon with."""

_LEVELS = 4
"""Polygons, their rings, places, numbers."""


class ShapeIn(Piece):
    """A GeoJSON geometry with an inside."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any] = Field(
        description="Rings of [lon, lat].",
        examples=[[[[9.52, 47.14], [9.521, 47.14], [9.521, 47.141], [9.52, 47.14]]]],
    )

    def shape(self, name: str) -> shapely.Polygon | shapely.MultiPolygon:
        """The polygon; whether it crosses itself is for others to judge.

        Parameters
        ----------
        name
            What it is in the body.

        Raises
        ------
        InvalidGeometry
            The coordinates are none.
        """
        try:
            _refuse_no_numbers(self.coordinates)
            shape = shapely.geometry.shape(self.model_dump())
        except _UNREADABLE as error:
            raise InvalidGeometry(
                f"the {name} is not a GeoJSON {self.type}",
                [
                    Fault(
                        f"{name}.coordinates",
                        "are not rings of at least four [lon, lat] in numbers, the last the same "
                        "as the first; see RFC 7946",
                    )
                ],
            ) from error
        assert isinstance(shape, shapely.Polygon | shapely.MultiPolygon)
        return shape


def _refuse_no_numbers(coordinates: list[Any]) -> None:
    """Raise `ValueError` for text, nothing, NaN and infinity, some of which shapely takes.

    And for lists that go on in lists without end, in which it would get lost.
    """
    level = coordinates
    for _ in range(_LEVELS):
        numbers = (one for one in level if not isinstance(one, list))
        if not all(type(one) in {int, float} and abs(one) <= _FARTHEST for one in numbers):
            raise ValueError(coordinates)
        level = [inner for one in level if isinstance(one, list) for inner in one]
    if level:
        raise ValueError(coordinates)
