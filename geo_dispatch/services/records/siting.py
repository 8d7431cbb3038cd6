"""Which territory in force a new or moved site lies in."""

from __future__ import annotations

import shapely

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TerritoryId


def territory_at(unit: Unit, area: str, place: LonLat) -> TerritoryId | None:
    """The first territory, in the order of ids, that covers the place; None outside all.

    One place against a few polygons needs no index; `territory.cover.Assigner` gives the same
    answer for many places.
    """
    point = shapely.Point(place)
    covering = [
        territory.id
        for territory in unit.territories.in_force(area)
        if shapely.covers(territory.area, point)
    ]
    return min(covering, default=None)
