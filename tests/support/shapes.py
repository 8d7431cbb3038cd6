"""Territories for tests: squares on a grid, and random ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.territory.model import Territory, polygonal

GRID_ORIGIN = (9.5, 47.1)
GRID_STEP = 0.01


def square(column: float, row: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    """A rectangle on a grid of 0.01 degree whose corner is at 9.5, 47.1."""
    west = round(GRID_ORIGIN[0] + column * GRID_STEP, 9)
    south = round(GRID_ORIGIN[1] + row * GRID_STEP, 9)
    east = round(GRID_ORIGIN[0] + (column + width) * GRID_STEP, 9)
    north = round(GRID_ORIGIN[1] + (row + height) * GRID_STEP, 9)
    return shapely.box(west, south, east, north)


def territory(name: str, *parts: shapely.Polygon) -> Territory:
    """A territory of the parts, its id its name."""
    return Territory(TerritoryId(name.casefold()), name, shapely.MultiPolygon(parts))


def random_territories(seed: int, count: int = 4) -> list[Territory]:
    """Valid territories without overlap, ragged, with holes and exclaves."""
    rng = np.random.default_rng(seed)
    free: shapely.Geometry = shapely.box(9.4, 47.0, 9.7, 47.3)
    territories = []
    for number in range(count):
        blobs = [_blob(rng) for _ in range(rng.integers(1, 4))]
        holes = [_blob(rng, reach=0.01) for _ in range(rng.integers(0, 3))]
        shape = shapely.union_all(blobs).difference(shapely.union_all(holes)).intersection(free)
        area = polygonal(shapely.make_valid(shape))
        if not area.is_empty:
            territories.append(Territory(TerritoryId(f"t{number}"), f"T{number}", area))
            free = free.difference(area)
    return territories


def brute_force(territories: Sequence[Territory], lonlats: np.ndarray) -> list[TerritoryId | None]:
    """The first territory by id whose polygon holds the place: no cells, no index."""
    in_order = sorted(territories, key=lambda t: t.id)
    return [
        next((t.id for t in in_order if t.area.intersects(shapely.Point(place))), None)
        for place in lonlats
    ]


def _blob(rng: np.random.Generator, reach: float = 0.06) -> shapely.Geometry:
    corners = int(rng.integers(3, 25))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(0.1, 1.0, corners) * reach
    centre = rng.uniform((9.42, 47.02), (9.68, 47.28))
    ring = centre + np.c_[np.cos(angles), np.sin(angles)] * radii[:, None]
    return shapely.make_valid(shapely.Polygon(ring))
