"""Moving cells from one territory to another, the polygons cut exactly along the cells.

A territory stays in as many parts as it has: exclaves are normal, but a move must not add one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput, NotFound
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.territory.model import (
    Territory,
    area_m2,
    is_sliver,
    polygonal,
    without_slivers,
)

GRID_DEG: Final = 1e-7
"""New corners lie on the grid that files are written in, so that writing moves nothing."""

_CRUMB: Final = 0.5
"""Of a cell's area: what a cut leaves over below this goes along, rather than stay on its own."""


@dataclass(frozen=True, slots=True)
class Move:
    """What moving cells did.

    Attributes
    ----------
    territories
        The whole set afterwards, in its order.
    piece
        What changed hands.
    """

    territories: tuple[Territory, ...]
    source: TerritoryId
    target: TerritoryId
    piece: shapely.MultiPolygon

    @property
    def piece_m2(self) -> float:
        """Area that changed hands, square metres."""
        return area_m2(self.piece)


def cell_owners(territories: Sequence[Territory], resolution: int) -> dict[int, TerritoryId]:
    """Cell to the territory that holds most of it; the table that planners choose cells from."""
    share: dict[int, tuple[float, TerritoryId]] = {}
    for territory in territories:
        touched = sorted(cells.overlapping_cells(territory.area, resolution))
        sizes = shapely.area(shapely.intersection(_outlines(touched), territory.area)).tolist()
        for cell, size in zip(touched, sizes, strict=True):
            if size > share.get(cell, (0.0, ""))[0]:
                share[cell] = (size, territory.id)
    return {cell: share[cell][1] for cell in sorted(share)}


def border_cells(
    owners: dict[int, TerritoryId], source: TerritoryId, target: TerritoryId
) -> list[int]:
    """Cells of ``source`` beside cells of ``target``: those that can move without an island."""
    return [
        cell
        for cell, owner in owners.items()
        if owner == source and any(owners.get(next_) == target for next_ in cells.ring(cell, 1))
    ]


def move_cells(
    territories: Sequence[Territory],
    cell_set: Collection[int],
    source: TerritoryId,
    target: TerritoryId,
) -> Move:
    """Give the land of ``source`` in the cells to ``target``.

    Other territories' land in the cells stays theirs. What ``source`` holds of neighbouring cells
    that are mostly ``target``'s goes along, or a strip of it would lie between the two; so do
    crumbs that the cut would leave, smaller than half a cell.

    Raises
    ------
    NotFound
        There is no such territory.
    InvalidInput
        There are no cells, or ``source`` has no land in them.
    Conflict
        ``source`` would have no land left, or one of the two would fall into more parts.
    """
    by_id = {territory.id: territory for territory in territories}
    for id_ in (source, target):
        if id_ not in by_id:
            known = ", ".join(sorted(by_id))
            raise NotFound("territory", id_, f"there are {known}")
    giver, taker = by_id[source], by_id[target]
    zone = shapely.union_all(_outlines(_with_border_strip(cell_set, giver, taker)))
    if source == target or not cell_set or is_sliver(_cut(giver.area, zone)):
        raise InvalidInput(
            f"nothing to move from {giver.label} to {taker.label}: choose cells that lie in "
            f"{giver.label}, and another territory to take them"
        )
    crumb_m2 = _CRUMB * cells.cell_area_m2(cells.cell_resolution(min(cell_set)))
    piece = _with_crumbs(giver.area, taker.area, zone, crumb_m2)
    left = without_slivers(shapely.difference(giver.area, piece, grid_size=GRID_DEG))
    grown = without_slivers(shapely.union(taker.area, piece, grid_size=GRID_DEG))
    _refuse_new_parts((giver, left), (taker, grown))
    changed = {source: replace(giver, area=left), target: replace(taker, area=grown)}
    return Move(tuple(changed.get(t.id, t) for t in territories), source, target, piece)


def sites_moved(
    before: Iterable[TerritoryId | None], after: Iterable[TerritoryId | None]
) -> Counter[tuple[TerritoryId | None, TerritoryId | None]]:
    """How many sites went from which territory to which; those that stayed are left out."""
    return Counter((old, new) for old, new in zip(before, after, strict=True) if old != new)


def _with_border_strip(cell_set: Collection[int], giver: Territory, taker: Territory) -> list[int]:
    """The cells, and those beside them that are mostly the taker's."""
    beside = sorted({near for cell in cell_set for near in cells.ring(cell, 1)} - set(cell_set))
    outlines = _outlines(beside)
    given = shapely.area(shapely.intersection(outlines, giver.area))
    taken = shapely.area(shapely.intersection(outlines, taker.area))
    strip = [cell for cell, mostly in zip(beside, taken > given, strict=True) if mostly]
    return [*sorted(cell_set), *strip]


def _outlines(cell_set: Iterable[int]) -> NDArray[np.object_]:
    return np.array([cells.cell_to_polygon(cell) for cell in cell_set], dtype=object)


def _with_crumbs(
    giver: shapely.MultiPolygon, taker: shapely.MultiPolygon, zone: BaseGeometry, crumb_m2: float
) -> shapely.MultiPolygon:
    """The land in the zone, less small bits out of touch with the taker, plus bits left over."""
    reach = taker.buffer(GRID_DEG)
    kept = [
        part
        for part in _cut(giver, zone).geoms
        if area_m2(part) >= crumb_m2 or part.intersects(reach)
    ]
    piece = shapely.union_all(kept)
    touched = shapely.MultiPolygon([part for part in giver.geoms if part.intersects(piece)])
    left = without_slivers(shapely.difference(touched, piece, grid_size=GRID_DEG))
    crumbs = [part for part in left.geoms if area_m2(part) < crumb_m2]
    return polygonal(shapely.union_all([piece, *crumbs], grid_size=GRID_DEG))


def _refuse_new_parts(*changes: tuple[Territory, shapely.MultiPolygon]) -> None:
    faults = []
    for territory, area in changes:
        before, after = len(territory.area.geoms), len(area.geoms)
        if not after:
            faults.append(Fault(territory.id, f"{territory.label} would have no land left"))
        elif after > before:
            message = f"{territory.label} would fall into {after} parts, from {before}"
            faults.append(Fault(territory.id, message))
    if faults:
        reasons = "; ".join(fault.message for fault in faults)
        raise Conflict(f"{reasons}; choose cells along the border, or more of them", faults)


def _cut(area: shapely.MultiPolygon, zone: BaseGeometry) -> shapely.MultiPolygon:
    return polygonal(shapely.intersection(area, zone, grid_size=GRID_DEG))
