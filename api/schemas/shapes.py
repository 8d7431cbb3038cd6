"""Areas that people draw, as GeoJSON geometries."""

from __future__ import annotations

from typing import Any, Literal

import shapely
from pydantic import Field

from api.schemas.common import Piece
from geo_dispatch.kernel.errors import Fault, InvalidGeometry

_UNREADABLE = (ValueError, TypeError, LookupError, shapely.errors.ShapelyError)
"""What shapely raises for coordinates that are something else."""


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
            shape = shapely.geometry.shape(self.model_dump())
        except _UNREADABLE as error:
            raise InvalidGeometry(
                f"the {name} is not a GeoJSON {self.type}",
                [
                    Fault(
                        f"{name}.coordinates",
                        "are not rings of at least four [lon, lat], the last the same as the "
                        "first; see RFC 7946",
                    )
                ],
            ) from error
        assert isinstance(shape, shapely.Polygon | shapely.MultiPolygon)
        return shape
