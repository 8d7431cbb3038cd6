"""Which territory a place lies in: H3 cells answer at once, exact polygons judge at the borders.

The cells that touch any territory are known beforehand, each either wholly inside one of them or
at a border. Only places in border cells, a few per cent, meet a polygon.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import METRES_PER_DEGREE, LonLat
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.territory.model import Territory, area_m2

_MAX_CELLS: Final = 50_000
"""Cells per set of territories; larger areas get coarser cells."""

_MARGIN: Final = 0.01
"""Of a cell's edge. Cells have great circles for edges, polygons straight lines in degrees; the
bulge between them is e^2/8R, 2e-4 of the edge e of the coarsest cells used: well inside."""

_COARSEST: Final = 4


class Assigner:
    """Says which territory a place lies in.

    A place on a border belongs to the first of its territories in the order of ids, so that the
    answer does not depend on the order of a file.

    Parameters
    ----------
    territories
        Valid ones, as `territory.check` passes them.
    resolution
        Of the H3 cells; None chooses the finest up to the index resolution that keeps the table
        small.
    """

    def __init__(self, territories: Sequence[Territory], resolution: int | None = None) -> None:
        self._territories = sorted(territories, key=lambda territory: territory.id)
        self._areas = np.array([t.area for t in self._territories], dtype=object)
        shapely.prepare(self._areas)
        self.resolution = _resolution(self._areas) if resolution is None else resolution
        candidates = _candidates(self._areas, self.resolution)
        self._inside = _inside(self._areas, candidates, self.resolution)
        self._border = {
            cell: tuple(owners) for cell, owners in candidates.items() if cell not in self._inside
        }

    def territory_of(self, place: LonLat) -> TerritoryId | None:
        """The territory that the place lies in; None outside all."""
        cell = cells.lonlat_to_cell(place, self.resolution)
        owner = self._inside.get(cell)
        if owner is not None:
            return self._territories[owner].id
        for candidate in self._border.get(cell, ()):
            if shapely.intersects_xy(self._areas[candidate], *place):
                return self._territories[candidate].id
        return None

    def territories_of(self, lonlats: NDArray[np.float64]) -> list[TerritoryId | None]:
        """The territory of each place (n, 2), as `territory_of` says; one polygon test for many."""
        owners = np.full(len(lonlats), -1, dtype=np.int64)
        undecided: dict[int, list[int]] = defaultdict(list)
        for number, (lon, lat) in enumerate(lonlats.tolist()):
            cell = cells.lonlat_to_cell(LonLat(lon, lat), self.resolution)
            owners[number] = self._inside.get(cell, -1)
            for candidate in self._border.get(cell, ()):
                undecided[candidate].append(number)
        for candidate in sorted(undecided, reverse=True):  # the first in the order has the last say
            rows = np.array(undecided[candidate])
            held = shapely.intersects_xy(self._areas[candidate], lonlats[rows])
            owners[rows[held]] = candidate
        return [None if owner < 0 else self._territories[owner].id for owner in owners.tolist()]

    @property
    def border_share(self) -> float:
        """Share of the cells where a polygon must judge."""
        total = len(self._inside) + len(self._border)
        return len(self._border) / total if total else 0.0


def _resolution(areas: NDArray[np.object_]) -> int:
    size_m2 = sum(area_m2(area) for area in areas)
    for resolution in range(cells.INDEX_RESOLUTION, _COARSEST, -1):
        if size_m2 < _MAX_CELLS * cells.cell_area_m2(resolution):
            return resolution
    return _COARSEST


def _margin_deg(resolution: int) -> float:
    return _MARGIN * cells.edge_m(resolution) / METRES_PER_DEGREE


def _candidates(areas: NDArray[np.object_], resolution: int) -> dict[int, list[int]]:
    """Cell to the territories that may touch it, in order."""
    owners: dict[int, list[int]] = defaultdict(list)
    wide = shapely.buffer(areas, _margin_deg(resolution), quad_segs=1)
    for number, area in enumerate(wide):
        for cell in cells.overlapping_cells(area, resolution):
            owners[cell].append(number)
    return owners


def _inside(
    areas: NDArray[np.object_], candidates: dict[int, list[int]], resolution: int
) -> dict[int, int]:
    """Cell to territory, for the cells that lie in one territory with every point."""
    by_owner: dict[int, list[int]] = defaultdict(list)
    for cell, owners in candidates.items():
        if len(owners) == 1:
            by_owner[owners[0]].append(cell)
    inside: dict[int, int] = {}
    for owner, own_cells in by_owner.items():
        outlines = np.array([cells.cell_to_polygon(cell) for cell in own_cells], dtype=object)
        wide = shapely.buffer(outlines, _margin_deg(resolution), quad_segs=1)
        covered = shapely.covers(areas[owner], wide)
        inside.update(
            (cell, owner) for cell, whole in zip(own_cells, covered, strict=True) if whole
        )
    return inside
