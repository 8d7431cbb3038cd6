"""Territories as GeoJSON files (RFC 7946) that read well in a diff.

One feature per line, ordered by id; rings right-handed and begun at their south-westernmost
corner; seven decimals, which is one centimetre.
"""

from __future__ import annotations

import json
import math
import reprlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry.polygon import orient

from geo_dispatch.kernel.errors import Fault, InvalidFile, InvalidGeometry
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.territory.model import Territory, name_to_id

DECIMALS: Final = 7

_WGS84: Final = ("CRS84", "EPSG::4326", "EPSG:4326")
_MIN_RING: Final = 3
"""Corners of the smallest ring, the closing one not counted."""

_Point = tuple[float, float]


def read_territories(path: Path) -> list[Territory]:
    """The territories of a file, in its order; their shapes are not judged yet.

    A feature's id is its ``id``, or its property ``id``, or made from its name.

    Raises
    ------
    InvalidFile
        The file is missing, not JSON, not a FeatureCollection, or not in longitude and latitude.
    InvalidGeometry
        Features that are not polygons; ``faults`` has each.
    """
    features = _read_features(path)
    faults: list[Fault] = []
    territories = []
    for number, feature in enumerate(features):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        properties = properties if isinstance(properties, dict) else {}
        name = str(properties.get("name") or "")
        where = f"features[{number}]" + (f" ({name})" if name else "")
        try:
            area = _area(feature)
        except ValueError as error:
            faults.append(Fault(where, str(error)))
            continue
        id_ = str(feature.get("id") or properties.get("id") or name_to_id(name))
        colour = str(properties.get("colour") or "")
        territories.append(Territory(TerritoryId(id_), name, area, colour))
    if faults:
        raise InvalidGeometry(
            f"{path}: {len(faults)} of {len(features)} features are no territories; "
            f"the first, {faults[0]}",
            faults,
        )
    return territories


def write_territories(path: Path, territories: Iterable[Territory]) -> None:
    """Write the file, whole or not at all."""
    lines = [
        json.dumps(_feature(territory), ensure_ascii=False, separators=(",", ":"))
        for territory in sorted(territories, key=lambda territory: territory.id)
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        written = Path(folder) / path.name
        written.write_text(text, encoding="utf-8")
        written.replace(path)


def _read_features(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise InvalidFile(f"there is no file {path}") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidFile(f"{path} is not a GeoJSON file: {error}") from error
    found = content.get("type") if isinstance(content, dict) else type(content).__name__
    if found != "FeatureCollection" or not isinstance(content.get("features"), list):
        raise InvalidFile(
            f"{path} is not GeoJSON territories: it holds {found!r}, not a FeatureCollection "
            "with a list of features"
        )
    crs = content.get("crs")
    if crs and not json.dumps(crs).rstrip('"}').endswith(_WGS84):
        raise InvalidFile(
            f"{path} is in the coordinate system {json.dumps(crs)}; "
            "export it in WGS84 (EPSG:4326), longitude and latitude"
        )
    features: list[Any] = content["features"]
    return features


def _area(feature: object) -> shapely.MultiPolygon:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ValueError("is not a GeoJSON Feature")
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in {"Polygon", "MultiPolygon"} or not isinstance(geometry, dict):
        raise ValueError(f"has the geometry {kind!r}; draw a Polygon or MultiPolygon")
    parts = geometry.get("coordinates")
    if kind == "Polygon":
        parts = [parts]
    return shapely.MultiPolygon([_polygon(part) for part in _listed(parts, "polygons")])


def _polygon(rings: object) -> shapely.Polygon:
    shell, *holes = (_ring(ring) for ring in _listed(rings, "rings"))
    return shapely.Polygon(shell, holes)


def _ring(points: object) -> list[_Point]:
    ring = [_point(point) for point in _listed(points, "positions")]
    if len(set(ring)) < _MIN_RING:
        raise ValueError(f"has a ring of {len(set(ring))} corners; it takes three or more")
    return ring


def _listed(value: object, of: str) -> list[Any]:
    match value:
        case [_, *_]:
            return list(value)
        case _:
            raise ValueError(f"has coordinates {reprlib.repr(value)}; a list of {of} is wanted")


def _point(point: object) -> _Point:
    match point:
        case [int() | float() as lon, int() | float() as lat, *_] if math.isfinite(
            lon
        ) and math.isfinite(lat):
            return float(lon), float(lat)
        case _:
            raise ValueError(
                f"has the position {reprlib.repr(point)}; [longitude, latitude] is wanted"
            )


def _feature(territory: Territory) -> dict[str, Any]:
    properties = {"name": territory.name}
    if territory.colour:
        properties["colour"] = territory.colour
    parts = sorted(_rings(part) for part in territory.area.geoms)
    geometry: dict[str, Any] = {"type": "MultiPolygon", "coordinates": parts}
    if len(parts) == 1:
        geometry = {"type": "Polygon", "coordinates": parts[0]}
    return {
        "type": "Feature",
        "id": territory.id,
        "properties": properties,
        "geometry": geometry,
    }


def _rings(part: shapely.Polygon) -> list[list[_Point]]:
    right_handed = orient(part)
    shell, *holes = (
        _from_smallest([(round(x, DECIMALS), round(y, DECIMALS)) for x, y, *_ in ring.coords])
        for ring in (right_handed.exterior, *right_handed.interiors)
    )
    return [shell, *sorted(holes)]


def _from_smallest(ring: list[_Point]) -> list[_Point]:
    """The closed ring, begun at its smallest corner."""
    corners = ring[:-1]
    start = corners.index(min(corners))
    begun = corners[start:] + corners[:start]
    return [*begun, begun[0]]
