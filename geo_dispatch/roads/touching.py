"""Which streets an area touches and how much of them lies in it, and which an OSM way became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.roads.graph import RoadGraph

MOST_DRAWN: Final = 5000
"""Points of what is drawn of a change; what has more is drawn more roughly, then in part."""

_ROUGH_DEG: Final = (0.0, 0.00002, 0.0001, 0.001)
"""About 2, 10 and 100 metres that a street may be drawn beside itself."""

_LAST_ID: Final = 2**63 - 1
_NO_ID: Final = 0
"""OSM counts from 1 and has 64 bits."""

_TINY_DEG: Final = 1e-12

_Ints = NDArray[np.int64]

Along = tuple[_Ints, NDArray[np.float64]]
"""(k,) streets, and (k,) shares of their lengths."""


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """Streets of a graph that something on the road is about.

    Attributes
    ----------
    streets
        (k,) ascending, each once.
    share
        (k,) of each that lies inside; 1 for the ways of a table.
    by_way
        Of each OSM way that was named, in that order, its streets and how much of each runs along
        it; empty for an area.
    lacking
        OSM ways that were named and are no streets of the graph.
    """

    streets: _Ints
    share: NDArray[np.float64]
    by_way: tuple[Along, ...] = ()
    lacking: tuple[int, ...] = ()

    @property
    def directed(self) -> _Ints:
        """(2k,) both directions of each street, side by side."""
        both: _Ints = (2 * self.streets[:, None] + np.array([0, 1])).ravel()
        return both


def streets_of_way(graph: RoadGraph, way_ids: Sequence[int]) -> list[Along]:
    """The streets that run along each OSM way, ascending, and how much of each does.

    None for a way that isn't in the graph.
    """
    wanted = np.array([way if 0 < way <= _LAST_ID else _NO_ID for way in way_ids], np.int64)
    found = np.flatnonzero(np.isin(graph.ways, wanted))
    found = found[np.argsort(graph.ways[found], kind="stable")]
    ways = graph.ways[found]
    begin, end = (np.searchsorted(ways, wanted, side) for side in ("left", "right"))
    streets = np.searchsorted(graph.way_start, found, side="right") - 1
    ends_m = np.append(graph.way_m[1:], 0.0)[found]
    last = found + 1 == graph.way_start[streets + 1]
    ends_m[last] = graph.street_m[streets[last]]
    long_m = graph.street_m[streets]  # 0 between two nodes that are drawn at one place
    share = np.divide(ends_m - graph.way_m[found], long_m, np.ones(len(long_m)), where=long_m > 0)
    return [(streets[a:b], share[a:b]) for a, b in zip(begin.tolist(), end.tolist(), strict=True)]


def on_ways(graph: RoadGraph, way_ids: Sequence[int]) -> Touched:
    """The streets of OSM ways."""
    by_way = streets_of_way(graph, way_ids)
    streets = np.unique(np.concatenate([np.empty(0, np.int64), *(one for one, _ in by_way)]))
    lacking = [way for way, (found, _) in zip(way_ids, by_way, strict=True) if not len(found)]
    return Touched(
        streets, np.ones(len(streets)), tuple(by_way), tuple(dict.fromkeys(lacking).keys())
    )


def inside(
    graph: RoadGraph, area: shapely.Polygon | shapely.MultiPolygon, *, in_part: bool
) -> Touched:
    """The streets that touch a valid polygon, lon, lat.

    Parameters
    ----------
    in_part
        Find out how much of each lies in it; else each counts as a whole.
    """
    west, south, east, north = area.bounds
    begin = graph.shape_start[:-1]
    low = np.minimum.reduceat(graph.shape_lonlats, begin)
    high = np.maximum.reduceat(graph.shape_lonlats, begin)
    near = np.flatnonzero((low <= (east, north)).all(axis=1) & (high >= (west, south)).all(axis=1))
    lines = _lines(graph, near)
    shapely.prepare(area)
    touching = np.flatnonzero(shapely.intersects(lines, area))
    streets, lines = near[touching], lines[touching]
    share = np.ones(len(streets))
    if in_part:
        across = ~shapely.covers(area, lines)  # few, and only they have to be cut
        cut = lines[across]
        within = shapely.length(shapely.intersection(cut, area))
        share[across] = within / np.maximum(shapely.length(cut), _TINY_DEG)
    return Touched(streets, share)


def drawn(graph: RoadGraph, streets: _Ints) -> shapely.MultiLineString:
    """The streets as lines, at most `MOST_DRAWN` points of them: the longest, if not all."""
    longest = streets[np.argsort(-graph.street_m[streets], kind="stable")][: MOST_DRAWN // 2]
    lines = _lines(graph, longest)
    for rough_deg in _ROUGH_DEG:
        rougher = shapely.simplify(lines, rough_deg)
        points = shapely.get_num_coordinates(rougher)
        if points.sum() <= MOST_DRAWN:
            break
    return shapely.MultiLineString(rougher[np.cumsum(points) <= MOST_DRAWN].tolist())


def _lines(graph: RoadGraph, streets: _Ints) -> NDArray[np.object_]:
    """(k,) shapely lines of some streets."""
    begin, size = graph.shape_start[streets], np.diff(graph.shape_start)[streets]
    row = np.repeat(np.arange(len(streets)), size)
    at = np.arange(size.sum()) + np.repeat(begin - (np.cumsum(size) - size), size)
    lines: NDArray[np.object_] = np.asarray(
        shapely.linestrings(graph.shape_lonlats[at], indices=row)
    )
    return lines
