"""What can be reached within a time: the streets that can, and the ground beside them.

Streets are sampled onto a grid of square cells; the area is the cells that a reached point lies in
and their neighbours, rounded off. It holds every reached place, and nothing farther than three
cells from one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import LonLat, local_m_to_lonlat, lonlat_to_local_m
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.snapping import Snaps

if TYPE_CHECKING:
    from geo_dispatch.roads.hierarchy.planner import Planner

CELL_M = 60.0
"""Side of a cell: about the depth of a plot along a street."""

_Floats = NDArray[np.float64]


def reach_polygon(
    graph: RoadGraph, planner: Planner, source: Snaps, within_s: float
) -> shapely.MultiPolygon:
    """The area reached from one place within ``within_s`` seconds, WGS84."""
    places = _reached_places(graph, planner, source, within_s * 1000)
    if not len(places):
        return shapely.MultiPolygon()
    west, south, east, north = graph.bounds
    origin = LonLat((west + east) / 2, (south + north) / 2)
    area = _ground(lonlat_to_local_m(places, origin))
    ring: shapely.MultiPolygon = shapely.transform(area, lambda xy: local_m_to_lonlat(xy, origin))
    return ring


def _reached_places(graph: RoadGraph, planner: Planner, source: Snaps, within_ms: float) -> _Floats:
    """Points every half cell along all that is reached, (k, 2) lon, lat."""
    start = planner.points(source)
    times = planner.to_all(start)
    drive = graph.drive_ms.astype(np.float64)
    entry = np.full(len(drive), np.inf)
    np.minimum.at(entry, graph.vertex_directed, times)
    entry -= drive
    # A street that the source lies on is entered at the source; a time at its end says nothing
    # of its beginning, unless one came round to it through a turn.
    on = np.flatnonzero(start.own[0] >= 0)
    own, own_before = planner.vertices(start.own[0, on]), start.before_ms[0, on]
    entry[own] = [_entry_ms(graph, times, edge) for edge in own.tolist()]
    vertex = np.concatenate([np.arange(len(drive)), own])
    begin = np.concatenate([np.zeros(len(drive)), own_before / drive[own]])
    left = within_ms - np.concatenate([entry, -own_before])
    end = np.minimum(1.0, left / drive[vertex])
    driven = (drive[vertex] < FORBIDDEN_MS) & (end >= begin) & np.isfinite(end)
    return _sampled(graph, vertex[driven], begin[driven], end[driven])


def _entry_ms(graph: RoadGraph, times: _Floats, directed: int) -> float:
    """The time at the beginning of a directed street, through the turns into it."""
    arcs = np.flatnonzero(graph.vertex_directed[graph.arc_head] == directed)
    tails = np.searchsorted(graph.arc_start, arcs, side="right") - 1
    return float((times[tails] + graph.arc_ms[arcs]).min(initial=np.inf))


def _sampled(graph: RoadGraph, vertex: NDArray[np.int64], begin: _Floats, end: _Floats) -> _Floats:
    """Points from ``begin`` to ``end`` of each directed street, both included."""
    street, against = vertex >> 1, (vertex & 1).astype(bool)
    low, high = np.where(against, 1 - end, begin), np.where(against, 1 - begin, end)
    metres = graph.street_m[street]
    pieces = np.ceil((high - low) * metres / (CELL_M / 2)).astype(np.int64) + 1
    row = np.repeat(np.arange(len(street)), pieces + 1)
    step = np.arange(len(row)) - np.repeat(np.cumsum(pieces + 1) - (pieces + 1), pieces + 1)
    share = low[row] + (high - low)[row] * step / pieces[row]
    # All shapes on one axis, so that one search places every sample on its segment.
    offset = np.concatenate([[0.0], np.cumsum(graph.street_m + 1.0)])
    street_of = np.repeat(np.arange(graph.n_streets), np.diff(graph.shape_start))
    axis = graph.shape_m + offset[street_of]
    at = offset[street[row]] + share * metres[row]
    lon, lat = graph.shape_lonlats.T
    return np.stack([np.interp(at, axis, lon), np.interp(at, axis, lat)], axis=1)


def _ground(local_m: _Floats) -> shapely.MultiPolygon:
    """The cells of the points and their neighbours as one rounded area, metres."""
    cells = np.unique(np.floor(local_m / CELL_M).astype(np.int64), axis=0)
    around = np.array([(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
    cells = np.unique((cells[:, None] + around).reshape(-1, 2), axis=0)
    # Cells come sorted by column, then row: each unbroken run up a column is one rectangle.
    fresh = np.ones(len(cells), bool)
    fresh[1:] = (np.diff(cells[:, 0]) != 0) | (np.diff(cells[:, 1]) != 1)
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(cells)) - 1
    west, south = cells[first].T * CELL_M
    top = (cells[last, 1] + 1) * CELL_M
    area = shapely.union_all(shapely.box(west, south, west + CELL_M, top))
    rounding = CELL_M / 2
    smooth = area.buffer(rounding, quad_segs=2).buffer(-rounding, quad_segs=2)
    smooth = shapely.simplify(smooth, CELL_M / math.sqrt(32))
    return shapely.MultiPolygon(list(getattr(smooth, "geoms", [smooth])))
