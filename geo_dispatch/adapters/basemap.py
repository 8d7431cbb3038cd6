"""The base map: one PMTiles file of vector tiles, drawn by us from the same OSM extract.

One layer, ``base``, with three fields: ``kind`` and ``cls`` as in `osm_features`, and ``name``.
Pieces of street are merged by class and name, for a label needs a line that is long enough.
"""

from __future__ import annotations

import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import geopandas as gpd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from geo_dispatch.adapters.osm_features import Feature, read_features
from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.kernel.progress import Progress, silent

LAYER: Final = "base"
MIN_ZOOM: Final = 8
MAX_ZOOM: Final = 15
"""protomaps-leaflet asks no deeper and magnifies from there on."""

DRAWN: Final = (
    "built_up", "farmland", "green", "forest", "water", "waterway", "building", "rail", "road",
    "boundary", "place",
)  # fmt: skip
"""The kinds on the map, bottom first."""

_MERGED: Final = {"waterway", "rail", "road"}
_NAMED: Final = {"water", "waterway", "road", "place"}


def build_basemap(extract: Path, out: Path, progress: Progress = silent) -> int:
    """Write the base map of an OSM extract to ``out``, whole or not at all.

    Returns
    -------
    int
        Features drawn.

    Raises
    ------
    InvalidFile
        The extract can't be read, or there is nothing to draw in it.
    """
    frame = _frame(read_features(extract, progress))
    if frame.empty:
        raise InvalidFile(f"{extract} has nothing to draw: no street, water, building or place")
    progress("drawing base map", 0, len(frame))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        drawn = Path(folder) / "drawn.pmtiles"
        with warnings.catch_warnings():
            # a crowded tile is drawn more roughly, which is what it should be
            warnings.filterwarnings("ignore", "At least one tile exceeded", RuntimeWarning)
            pyogrio.write_dataframe(
                frame, drawn, driver="PMTiles", layer=LAYER, MINZOOM=MIN_ZOOM, MAXZOOM=MAX_ZOOM
            )
        drawn.replace(out)
    progress("drawing base map", len(frame), len(frame))
    return len(frame)


def _frame(features: Iterable[Feature]) -> gpd.GeoDataFrame:
    """One row per thing drawn, bottom first."""
    shapes: list[tuple[str, str, str, BaseGeometry]] = []
    streets: dict[tuple[str, str, str], list[shapely.LineString]] = defaultdict(list)
    borders: dict[str, list[BaseGeometry]] = defaultdict(list)
    for feature in features:
        kind, cls = feature.kind, feature.cls
        name = feature.name if kind in _NAMED else ""
        if kind in _MERGED and isinstance(feature.geometry, shapely.LineString):
            streets[kind, cls, name].append(feature.geometry)
        elif kind == "boundary":
            borders[cls].append(feature.geometry.boundary)
        elif kind in DRAWN:
            shapes.append((kind, cls, name, feature.geometry))
    for key, lines in streets.items():
        shapes.extend((*key, line) for line in _merged(shapely.MultiLineString(lines)))
    shapes.extend(_borders(borders))
    shapes.sort(key=lambda row: (DRAWN.index(row[0]), row[1], row[2]))
    kinds, classes, names, geometries = zip(*shapes, strict=True) if shapes else ((), (), (), ())
    return gpd.GeoDataFrame(
        {"kind": kinds, "cls": classes, "name": names}, geometry=list(geometries), crs=4326
    )


def _borders(
    rings_by_level: dict[str, list[BaseGeometry]],
) -> Iterator[tuple[str, str, str, BaseGeometry]]:
    """Each stretch of border once, under the highest level that it divides."""
    drawn: BaseGeometry = shapely.MultiLineString()
    for level in sorted(rings_by_level, key=lambda text: (len(text), text)):
        lines = shapely.union_all(rings_by_level[level]).difference(drawn)
        drawn = drawn.union(lines)
        yield from (("boundary", level, "", line) for line in _merged(lines))


def _merged(lines: BaseGeometry) -> list[BaseGeometry]:
    """The longest lines that the pieces make, none where there is nothing."""
    return [] if lines.is_empty else list(shapely.get_parts(shapely.line_merge(lines)))
