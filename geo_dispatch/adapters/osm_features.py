"""What an OSM extract holds besides streets to drive on: buildings, addresses, places, borders.

One pass with pyosmium; each area, line and point becomes at most one `Feature`, by the tables
below. A closed line may be a line and an area: a street around the park that it bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import shapely
from shapely.geometry.base import BaseGeometry

from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.kernel.progress import Progress, silent

_ANY: Final = "*"

AREAS: Final = {
    "building": {_ANY: "building"},
    "natural": {
        "water": "water",
        "wood": "forest",
        "scrub": "green",
        "grassland": "green",
        "heath": "green",
    },
    "waterway": {"riverbank": "water", "dock": "water"},
    "landuse": {
        "forest": "forest",
        "basin": "water",
        "reservoir": "water",
        "grass": "green",
        "meadow": "green",
        "recreation_ground": "green",
        "village_green": "green",
        "cemetery": "green",
        "allotments": "green",
        "orchard": "farmland",
        "vineyard": "farmland",
        "farmland": "farmland",
        "farmyard": "farmland",
        "residential": "built_up",
        "commercial": "built_up",
        "retail": "built_up",
        "industrial": "built_up",
    },
    "leisure": {
        "park": "green",
        "garden": "green",
        "pitch": "green",
        "playground": "green",
        "golf_course": "green",
        "sports_centre": "green",
    },
    "amenity": {_ANY: "venue"},
    "shop": {_ANY: "venue"},
    "tourism": {_ANY: "venue"},
    "office": {_ANY: "venue"},
    "craft": {_ANY: "venue"},
}
"""Key to value to kind, first key first; of areas."""

LINES: Final = {
    "highway": {
        "motorway": "road",
        "trunk": "road",
        "primary": "road",
        "secondary": "road",
        "tertiary": "road",
        "unclassified": "road",
        "residential": "road",
        "living_street": "road",
        "pedestrian": "road",
        "service": "road",
        "track": "road",
        "path": "road",
        "footway": "road",
        "cycleway": "road",
        "bridleway": "road",
        "steps": "road",
    },
    "railway": {"rail": "rail", "light_rail": "rail", "narrow_gauge": "rail", "tram": "rail"},
    "waterway": {"river": "waterway", "stream": "waterway", "canal": "waterway"},
}
"""The same for lines."""

POINTS: Final = {
    "place": dict.fromkeys(
        ("city", "town", "village", "suburb", "hamlet", "neighbourhood", "quarter", "locality"),
        "place",
    ),
    "amenity": {_ANY: "venue"},
    "shop": {_ANY: "venue"},
    "tourism": {_ANY: "venue"},
    "office": {_ANY: "venue"},
    "craft": {_ANY: "venue"},
    "addr:housenumber": {_ANY: "address"},
}
"""The same for single nodes."""

_REPORT_EVERY: Final = 5_000

_Table = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address, each possibly empty."""

    street: str
    house_number: str
    postcode: str
    city: str


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing on the map.

    Attributes
    ----------
    ref
        ``"way/23012345"``: what it is called in OSM.
    kind
        building, water, green, forest, farmland, built_up, venue, road, rail, waterway, place,
        address or boundary.
    cls
        The OSM value behind it: ``"residential"``, ``"village"``; of a boundary its admin_level.
    geometry
        Lon, lat. MultiPolygon of areas, LineString of lines, Point of single nodes.
    address
        None where the object has neither street nor house number.
    """

    ref: str
    kind: str
    cls: str
    name: str
    geometry: BaseGeometry
    address: Address | None


def read_features(extract: Path, progress: Progress = silent) -> Iterator[Feature]:
    """Yield the features of the extract (.osm.pbf, .osm, .osm.gz, .osm.bz2), nodes first.

    Areas whose rings don't close, and lines of a single point, are left out.

    Raises
    ------
    InvalidFile
        The file is missing, or is not OSM data.
    """
    if not extract.is_file():
        raise InvalidFile(f"there is no file {extract}; give an OSM extract such as area.osm.pbf")
    wkb = osmium.geom.WKBFactory()
    keys = osmium.filter.KeyFilter("boundary", *AREAS, *LINES, *POINTS)
    objects = osmium.FileProcessor(str(extract)).with_areas(keys).with_filter(keys)
    try:
        for done, thing in enumerate(objects):
            if done % _REPORT_EVERY == 0:
                progress("reading features", done, 0)
            feature = _feature(thing, wkb)
            if feature is not None:
                yield feature
    except RuntimeError as error:
        raise InvalidFile(
            f"{extract} is not an OSM extract that can be read ({error}); "
            "give .osm.pbf, .osm, .osm.gz or .osm.bz2"
        ) from error


def read_boundaries(extract: Path, admin_level: str) -> list[Feature]:
    """The named administrative areas of one level, by name.

    Raises
    ------
    InvalidFile
        The extract can't be read, or holds no complete boundary of the level.
    """
    boundaries = [f for f in read_features(extract) if f.kind == "boundary" and f.name]
    wanted = sorted((f for f in boundaries if f.cls == admin_level), key=lambda f: (f.name, f.ref))
    if not wanted:
        levels = ", ".join(sorted({f.cls for f in boundaries}, key=lambda v: (len(v), v)))
        raise InvalidFile(
            f"{extract} has no complete boundary of admin_level {admin_level}; "
            + (f"it has {levels}" if levels else "it has none of any level")
        )
    return wanted


def _feature(thing: object, wkb: osmium.geom.WKBFactory) -> Feature | None:
    if isinstance(thing, osmium.osm.Area):
        tags = dict(thing.tags)
        from_way = thing.from_way()
        ref = f"{'way' if from_way else 'relation'}/{thing.orig_id()}"
        if tags.get("boundary") == "administrative":
            kind, cls = ("" if from_way else "boundary"), tags.get("admin_level", "")
        else:
            kind, cls = _classify(tags, AREAS)
        return _drawn(ref, kind, cls, tags, lambda: wkb.create_multipolygon(thing))
    if isinstance(thing, osmium.osm.Way):
        tags = dict(thing.tags)
        kind, cls = _classify(tags, LINES)
        return _drawn(f"way/{thing.id}", kind, cls, tags, lambda: wkb.create_linestring(thing))
    if isinstance(thing, osmium.osm.Node):
        tags = dict(thing.tags)
        kind, cls = _classify(tags, POINTS)
        return _drawn(f"node/{thing.id}", kind, cls, tags, lambda: wkb.create_point(thing))
    return None


def _drawn(
    ref: str, kind: str, cls: str, tags: dict[str, str], draw: Callable[[], str]
) -> Feature | None:
    if not kind:
        return None
    try:
        geometry = shapely.from_wkb(draw())
    except RuntimeError:  # osmium's word for a line or ring that can't be drawn
        return None
    return Feature(ref, kind, cls, tags.get("name", ""), geometry, _address(tags))


def _classify(tags: dict[str, str], table: _Table) -> tuple[str, str]:
    for key, kinds in table.items():
        value = tags.get(key)
        if value and value != "no":
            cls = value.removesuffix("_link")
            kind = kinds.get(cls) or kinds.get(_ANY)
            if kind:
                return kind, cls
    return "", ""


def _address(tags: dict[str, str]) -> Address | None:
    street = tags.get("addr:street") or tags.get("addr:place") or ""
    house_number = tags.get("addr:housenumber", "")
    if not (street or house_number):
        return None
    return Address(street, house_number, tags.get("addr:postcode", ""), tags.get("addr:city", ""))
