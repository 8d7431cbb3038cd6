"""H3 cells. The only module that meets h3, whose API is latitude first.

Cells are 64-bit ints. Of a cell at resolution 9 the low 52 bits order cells so that all
descendants of any coarser cell are one range: the score in Redis' sorted set.
"""

from __future__ import annotations

from typing import Final

import h3.api.basic_int as h3i
import shapely
from shapely.geometry.base import BaseGeometry

from geo_dispatch.kernel.geo import LonLat

INDEX_RESOLUTION: Final = 9
"""Resolution of positions in the index: cells of 0.1 km2, edges of 200 m."""

MAX_RESOLUTION: Final = 15
"""Cells of 1 m2."""

_SCORE_MASK: Final = (1 << 52) - 1
_DIGIT_BITS: Final = 3


def lonlat_to_cell(place: tuple[float, float], resolution: int = INDEX_RESOLUTION) -> int:
    """The cell that the place, longitude and latitude, lies in."""
    lon, lat = place
    cell: int = h3i.latlng_to_cell(lat, lon, resolution)
    return cell


def cell_to_lonlat(cell: int) -> LonLat:
    """The centre of the cell."""
    lat, lon = h3i.cell_to_latlng(cell)
    return LonLat(lon, lat)


def cell_to_str(cell: int) -> str:
    """The cell as the world writes it: ``"891f8d7a96fffff"``."""
    return str(h3i.int_to_str(cell))


def str_to_cell(text: str) -> int:
    """The cell from its written form.

    Raises
    ------
    ValueError
        The text is not a cell.
    """
    cell = int(h3i.str_to_int(text))
    if not h3i.is_valid_cell(cell):
        raise ValueError(f"{text!r} is not an H3 cell")
    return cell


def cell_resolution(cell: int) -> int:
    """The resolution of the cell, 0 to 15."""
    return int(h3i.get_resolution(cell))


def cell_to_parent(cell: int, resolution: int) -> int:
    """The coarser cell that holds it."""
    return int(h3i.cell_to_parent(cell, resolution))


def cell_to_polygon(cell: int) -> shapely.Polygon:
    """The cell's outline, lon, lat."""
    return shapely.Polygon([(lon, lat) for lat, lon in h3i.cell_to_boundary(cell)])


def ring(cell: int, k: int) -> list[int]:
    """The cells exactly ``k`` steps away; ``k`` 0 is the cell itself."""
    return [int(c) for c in h3i.grid_ring(cell, k)]


def edge_m(resolution: int) -> float:
    """Average length of a cell's edge, metres."""
    return float(h3i.average_hexagon_edge_length(resolution, unit="m"))


def cell_area_m2(resolution: int) -> float:
    """Average area of a cell, square metres."""
    return float(h3i.average_hexagon_area(resolution, unit="m^2"))


def overlapping_cells(area: BaseGeometry, resolution: int) -> set[int]:
    """Every cell that shares any point with the area: no point of it is missed.

    H3's own overlap mode loses a cell whose centre lies in a hole smaller than the cell, so
    holes are cut out here.
    """
    parts = getattr(area, "geoms", [area])
    cells: set[int] = set()
    for part in parts:
        shape = h3i.LatLngPoly([(lat, lon) for lon, lat in part.exterior.coords])
        found = [
            int(c) for c in h3i.h3shape_to_cells_experimental(shape, resolution, contain="overlap")
        ]
        if part.interiors:
            shapely.prepare(part)
            found = [cell for cell in found if part.intersects(cell_to_polygon(cell))]
        cells.update(found)
    return cells


def cell_to_score(cell: int) -> int:
    """The 52-bit score of a cell at `INDEX_RESOLUTION`; exact in a double."""
    return cell & _SCORE_MASK


def score_range(cell: int) -> tuple[int, int]:
    """Lowest and highest score of the cell's descendants at `INDEX_RESOLUTION`, both inclusive."""
    coarse_bits = _DIGIT_BITS * (MAX_RESOLUTION - cell_resolution(cell))
    fine_bits = _DIGIT_BITS * (MAX_RESOLUTION - INDEX_RESOLUTION)
    stem = (cell & _SCORE_MASK) >> coarse_bits << coarse_bits
    unused = (1 << fine_bits) - 1
    low = stem | unused
    high = stem | ((1 << coarse_bits) - 1)
    return low, high
