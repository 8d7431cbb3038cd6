"""How many technicians are where: counts by H3 cell, in place of positions where those are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from geo_dispatch.kernel import cells
from geo_dispatch.tracking.positions import Position

_DIGITS: Final = 5
"""Of degrees in outlines: a metre."""

_FINE: Final = 11
"""Cells of finer resolutions are drawn to the centimetre."""

Outline = list[list[float]]


@dataclass(frozen=True, slots=True)
class CellCount:
    """Technicians last seen in a cell, and how many of them have a live position."""

    cell: int
    count: int
    live: int

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"cell": cells.cell_to_str(self.cell), "count": self.count, "live": self.live}

    @property
    def outline(self) -> Outline:
        """The cell's corners, lon, lat; the last is the first."""
        corners = cells.cell_to_polygon(self.cell).exterior.coords
        digits = _DIGITS if cells.cell_resolution(self.cell) <= _FINE else _DIGITS + 2
        return [[round(lon, digits), round(lat, digits)] for lon, lat in corners]


def counts(
    positions: Sequence[Position], resolution: int, is_live: Callable[[Position], bool]
) -> list[CellCount]:
    """How many of the positions lie in each cell, by cell; empty ones are left out."""
    everybody: Counter[int] = Counter()
    live: Counter[int] = Counter()
    for position in positions:
        if resolution <= cells.INDEX_RESOLUTION:
            cell = cells.cell_to_parent(position.cell, resolution)
        else:
            cell = cells.lonlat_to_cell(position.place, resolution)
        everybody[cell] += 1
        live[cell] += is_live(position)
    return [CellCount(cell, count, live[cell]) for cell, count in sorted(everybody.items())]


def resolution_for(positions: Sequence[Position], most: int) -> int:
    """The finest resolution at which they lie in no more than so many cells."""
    for resolution in range(cells.INDEX_RESOLUTION, 0, -1):
        if len({cells.cell_to_parent(one.cell, resolution) for one in positions}) <= most:
            return resolution
    return 0
