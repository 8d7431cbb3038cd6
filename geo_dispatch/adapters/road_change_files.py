"""Areas and tables of speeds for changes on the road, from people's files."""

from __future__ import annotations

from pathlib import Path

import shapely

from geo_dispatch.adapters.csv_files import read_rows, read_text
from geo_dispatch.kernel.errors import Fault, InvalidFile
from geo_dispatch.roads.changes import Direction, WaySpeed
from geo_dispatch.territory.model import polygonal

_COLUMNS = ("way_id", "kmh", "direction")
_SHOWN = 40


def read_area(path: Path) -> shapely.MultiPolygon:
    """All polygons of a GeoJSON file, together: a geometry, a Feature, or a FeatureCollection.

    They may touch and overlap. One that crosses itself stays as it is, for others to refuse.

    Raises
    ------
    InvalidFile
        It cannot be read, is no GeoJSON, or has no polygon.
    """
    try:
        area = polygonal(shapely.from_geojson(read_text(path)))
    except shapely.errors.GEOSException as error:
        raise InvalidFile(f"{path} is no GeoJSON: {error}") from error
    if area.is_empty:
        raise InvalidFile(f"{path} has no polygon; draw the area that it is about")
    parts = shapely.get_parts(area)
    return polygonal(shapely.union_all(parts)) if shapely.is_valid(parts).all() else area


def read_speeds(path: Path) -> list[WaySpeed]:
    """A CSV table with the columns way_id, kmh and, if it matters, direction.

    Raises
    ------
    InvalidFile
        It cannot be read as one; every fault found.
    """
    rows = read_rows(read_text(path), str(path), required=_COLUMNS[:2], known=_COLUMNS)
    speeds, faults = [], []
    for row in rows:
        cells = row.cells
        try:
            direction = Direction(cells.get("direction", Direction.BOTH))
            speeds.append(WaySpeed(int(cells["way_id"]), float(cells["kmh"]), direction))
        except (KeyError, ValueError):
            said = ", ".join(f"{name} {cells.get(name, '')[:_SHOWN]!r}" for name in _COLUMNS)
            wanted = "an OSM way id, a number of km/h, and both, forward, backward or nothing"
            faults.append(Fault(f"line {row.line}", f"{said}: needed are {wanted}"))
    if faults:
        raise InvalidFile(f"{path} is no table of speeds: {faults[0]}", faults)
    return speeds
