"""What is wrong with a change on the road, on the streets that it is for."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.geo import is_on_earth
from geo_dispatch.roads.changes import Area, RoadChange, touched
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.touching import Touched

MOST_CORNERS: Final = 2000
"""Of an area: streets at its edge are cut along all of them, in every process, within a second."""

MOST_WAYS: Final = 10_000

FACTORS: Final = (0.1, 100.0)
KMH: Final = (1.0, 200.0)

_NOTHING: Final = Touched(np.empty(0, np.int64), np.empty(0))


def change_faults(graph: RoadGraph, change: RoadChange) -> tuple[list[Fault], Touched]:
    """All that is wrong with the change, and the streets that it is about."""
    faults = [*_numbers(change), *_subject(change)]
    shape = area_fault(graph.bounds, change.area) if change.area is not None else ""
    if shape:
        return [*faults, Fault("area", shape)], _NOTHING
    if any(fault.where in {"area", "way_ids", "speeds"} for fault in faults):
        return faults, _NOTHING
    on = touched(graph, change)
    if on.lacking:
        where = "way_ids[{}]" if change.way_ids else "speeds[{}].way_id"
        of = f"is no street of area {graph.info.area}; correct its id"
        faults += [
            Fault(where.format(row), f"OSM way {way} {of}")
            for row, way in enumerate(change.ways)
            if way in on.lacking
        ]
    elif not len(on.streets):
        faults.append(Fault("area", f"touches no street: {_NO_STREET[change.kind]}"))
    return faults, on


def area_fault(bounds: tuple[float, float, float, float], area: Area) -> str:
    """What keeps an area from being one of the streets within the bounds; empty if nothing."""
    corners = int(shapely.get_num_coordinates(area))
    if corners > MOST_CORNERS:
        return f"has {corners} corners, more than {MOST_CORNERS}; simplify it"
    if area.is_empty:
        return "is empty; draw at least three corners"
    lonlats, streets = shapely.get_coordinates(area), shapely.box(*bounds)
    if not streets.intersects(shapely.box(*_extent(lonlats))):
        return _elsewhere(streets, lonlats)
    if not _on_earth(lonlats):
        return _BEYOND
    return "" if area.is_valid else f"is no valid polygon: {shapely.is_valid_reason(area)}"


def _elsewhere(streets: shapely.Polygon, lonlats: NDArray[np.float64]) -> str:
    if streets.intersects(shapely.box(*_extent(lonlats[:, ::-1]))):
        return "has latitude and longitude swapped; write longitude first, as GeoJSON does"
    if not _on_earth(lonlats):
        return _BEYOND
    west, south, east, north = streets.bounds
    return (
        f"lies outside of the streets, which are between {west:.4f},{south:.4f} and "
        f"{east:.4f},{north:.4f}"
    )


def _on_earth(lonlats: NDArray[np.float64]) -> bool:
    return all(is_on_earth(lon, lat) for lon, lat in lonlats.tolist())


def _extent(lonlats: NDArray[np.float64]) -> tuple[float, float, float, float]:
    return (*lonlats.min(axis=0).tolist(), *lonlats.max(axis=0).tolist())


def _numbers(change: RoadChange) -> list[Fault]:
    faults = []
    factor, (low, high) = change.factor, FACTORS
    if factor is not None and not (math.isfinite(factor) and low <= factor <= high):
        remedy = f"; close the streets if nobody can drive there, else give one from {low:g} to"
        faults.append(
            Fault("factor", f"{factor:g} is no factor that one drives by{remedy} {high:g}")
        )
    slow, fast = KMH
    faults += [
        Fault(f"speeds[{row}].kmh", f"{one.kmh:g} is not from {slow:g} to {fast:g} km/h")
        for row, one in enumerate(change.speeds)
        if not (math.isfinite(one.kmh) and slow <= one.kmh <= fast)
    ]
    return faults


def _subject(change: RoadChange) -> list[Fault]:
    """Neither or both of an area and ways, or too many of them."""
    where = "speeds" if change.kind == "speeds" else "way_ids"
    ways = len(change.ways)
    if ways > MOST_WAYS:
        return [Fault(where, f"are {ways} ways, more than {MOST_WAYS}; draw an area")]
    if change.area is not None and ways:
        return [Fault("area", "comes with way_ids; give one of the two")]
    if change.area is None and not ways:
        message = "is empty; name OSM ways" + ("" if where == "speeds" else ", or give an area")
        return [Fault(where, message)]
    return []


_BEYOND: Final = "reaches beyond the earth; write longitude, latitude in degrees"

_NO_STREET: Final = {
    "closure": "there is nothing to close there",
    "factor": "nobody drives there",
}
