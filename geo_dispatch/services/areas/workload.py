"""What planners weigh territories with: visits, their work, and the driving between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.adapters.osm_features import read_features
from geo_dispatch.adapters.recipes import read_recipe
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.errors import InvalidFile, NotFound
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.territory.balance import Load, loads, median_drives_ms
from geo_dispatch.territory.cover import Assigner
from geo_dispatch.territory.model import Territory

_DURATIONS_MIN: Final = (30, 45, 60, 90, 120)
_SHARES: Final = (0.25, 0.3, 0.25, 0.15, 0.05)


@dataclass(frozen=True, slots=True)
class Workload:
    """Visits to places.

    Attributes
    ----------
    origin
        Where they come from, for people: ``"made-up visits to real buildings"``.
    lonlats
        (n, 2) float64.
    work_min
        (n,) float64 minutes on site.
    """

    origin: str
    lonlats: NDArray[np.float64]
    work_min: NDArray[np.float64]


def recorded(store: Store) -> Workload | None:
    """The visits of all work orders that were not cancelled; None where there are none."""
    with store.read() as unit:
        orders = [o for o in unit.orders.list(retired=True) if o.status is not Status.CANCELLED]
        sites = unit.sites.many(order.site_id for order in orders)
    if not orders:
        return None
    lonlats = np.array([sites[order.site_id].location for order in orders], dtype=np.float64)
    work_min = np.array([order.duration_s / 60 for order in orders])
    return Workload("visits of the work orders on record", lonlats, work_min)


def synthetic(settings: Settings, visits: int, seed: int) -> Workload:
    """Visits drawn at random from the buildings of the area's extract, the same for each seed.

    Each H3 cell with buildings is as likely as another, for extracts often have all the buildings
    of one town and few of the next.

    Raises
    ------
    NotFound
        The area has no recipe.
    InvalidFile
        The extract can't be read, or has fewer buildings.
    """
    recipe = read_recipe(settings.recipe_dir)
    if recipe is None:
        raise NotFound("recipe of area", settings.area, "build it with `geo-dispatch roads build`")
    extract = settings.recipe_dir / recipe.source
    buildings = [f.geometry for f in read_features(extract) if f.kind == "building"]
    if len(buildings) < visits:
        raise InvalidFile(f"{extract} has {len(buildings)} buildings, fewer than {visits} visits")
    places = [building.representative_point() for building in buildings]
    lonlats = np.array([(place.x, place.y) for place in places])
    held_in = [lonlat_to_cell(LonLat(*lonlat)) for lonlat in lonlats.tolist()]
    crowd = Counter(held_in)
    weights = np.array([1 / crowd[cell] for cell in held_in])
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(buildings), visits, replace=False, p=weights / weights.sum())
    return Workload(
        "made-up visits to real buildings",
        lonlats[drawn],
        rng.choice(_DURATIONS_MIN, visits, p=_SHARES).astype(np.float64),
    )


def drive_matrix(roads: RoadEngine, workload: Workload) -> NDArray[np.int32]:
    """(n, n) int32 drive times between all visits, milliseconds."""
    snaps = roads.snap(workload.lonlats, name=None)
    return roads.matrix(snaps, snaps)


def weigh(
    territories: Sequence[Territory], workload: Workload, matrix_ms: NDArray[np.int32]
) -> tuple[list[TerritoryId | None], list[Load]]:
    """The territory of each visit, and the load of each territory.

    Parameters
    ----------
    matrix_ms
        From `drive_matrix`: it depends on the visits alone, so one serves many plans.
    """
    owners = Assigner(territories).territories_of(workload.lonlats)
    drives_ms = median_drives_ms(matrix_ms, owners)
    return owners, loads(territories, owners, workload.work_min, drives_ms)
