"""Ways cut into streets: at junctions, at barriers and signals, and where a node is lacking.

Where one way goes on as another, a street does too, if nothing else meets them there and they are
driven alike: maps cut roads at every bridge and bus line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import haversines_m
from geo_dispatch.roads.extract import Extract


@dataclass(frozen=True, slots=True)
class Streets:
    """n streets with p points.

    Attributes
    ----------
    way_start, ways, way_m
        (n + 1,), (w,), (w,): rows of the ways that each street runs along, among those it was cut
        from, and metres from its beginning to each; all of a street's are driven alike.
    shape_start, shape_node, shape_m
        (n + 1,), (p,), (p,): rows of the extract's nodes, and metres from the beginning.
    """

    way_start: NDArray[np.int64]
    ways: NDArray[np.int64]
    way_m: NDArray[np.float64]
    shape_start: NDArray[np.int64]
    shape_node: NDArray[np.int64]
    shape_m: NDArray[np.float64]

    @property
    def way(self) -> NDArray[np.int64]:
        """(n,) the first way of each street."""
        return self.ways[self.way_start[:-1]]

    @property
    def ends(self) -> NDArray[np.int64]:
        """(n, 2) rows of the nodes where each street begins and ends."""
        return np.stack(
            [self.shape_node[self.shape_start[:-1]], self.shape_node[self.shape_start[1:] - 1]], 1
        )

    @property
    def length_m(self) -> NDArray[np.float64]:
        """(n,) metres."""
        return self.shape_m[self.shape_start[1:] - 1]


def cut_streets(
    extract: Extract, ways: NDArray[np.int64], cuts: Iterable[int], alike: NDArray[np.int64]
) -> tuple[Streets, int]:
    """The streets of the given ways, and how many of their nodes the extract lacks.

    Parameters
    ----------
    ways
        (d,) rows of the extract's ways that are driven.
    cuts
        OSM ids of more nodes where streets end: barriers, signals.
    alike
        (d,) equal for ways that may be one street; -1 for a way that is none with any other.
    """
    way, node, missing = _points(extract, ways)
    cut = np.isin(node, np.searchsorted(extract.node_ids, list(cuts)))
    road, (way, node, cut) = _joined((way, node, cut), alike, len(extract.node_ids))
    uses = np.bincount(node[node >= 0], minlength=len(extract.node_ids))
    junction = (uses[node] > 1) | cut
    # A segment joins a point to the next; a street is an unbroken run of them.
    segment = np.flatnonzero((road[1:] == road[:-1]) & (node[1:] >= 0) & (node[:-1] >= 0))
    fresh = np.ones(len(segment), bool)
    fresh[1:] = (np.diff(segment) != 1) | junction[segment[1:]]
    begin = segment[fresh]
    counts = np.diff(np.append(np.flatnonzero(fresh), len(segment))) + 1
    shape_start = np.concatenate([[0], np.cumsum(counts)])
    within = np.arange(shape_start[-1]) - np.repeat(shape_start[:-1], counts)
    shape_node = node[np.repeat(begin, counts) + within]
    metres = _metres(extract.node_lonlats[shape_node], shape_start)
    along = way[segment + 1]
    other = fresh.copy()
    other[1:] |= np.diff(along) != 0
    street = np.cumsum(fresh) - 1
    begins = np.flatnonzero(other)
    way_start = np.searchsorted(street[begins], np.arange(len(begin) + 1))
    way_m = metres[begins + street[begins]]  # a street has one point more than segments
    return Streets(way_start, along[begins], way_m, shape_start, shape_node, metres), missing


_Points = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
"""Of each point of all ways in turn: the way, the node, and whether streets end there anyhow."""


def _joined(
    points: _Points, alike: NDArray[np.int64], n_nodes: int
) -> tuple[NDArray[np.int64], _Points]:
    """The points road by road, a way that goes on from another behind it; and of which road."""
    way, node, cut = points
    rows, first = np.unique(way, return_index=True)
    behind = np.append(first, len(way))[1:]
    onward = _onward(points, (rows, first, behind - 1), alike, n_nodes)
    turn, road = _in_turn(onward)
    counts = (behind - first)[turn]
    within = np.arange(len(way)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(first[turn], counts) + within
    goes_on = np.zeros(len(road), bool)
    goes_on[1:] = np.diff(road) == 0
    kept = (within > 0) | ~np.repeat(goes_on, counts)  # the node that two ways share comes once
    at = at[kept]
    return np.repeat(road, counts)[kept], (way[at], node[at], cut[at])


def _onward(
    points: _Points,
    ends: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    alike: NDArray[np.int64],
    n_nodes: int,
) -> NDArray[np.int64]:
    """Which way each one goes on as, -1 for none; by their number among those with points."""
    _, node, cut = points
    rows, first, last = ends
    uses = np.bincount(node[node >= 0], minlength=n_nodes)
    begins_at = np.full(n_nodes + 1, -1)  # the last is for ways whose first node is lacking
    begins_at[node[first]] = np.arange(len(rows))
    end = node[last]
    onward = np.where((end >= 0) & (uses[end] == 2) & ~cut[last], begins_at[end], -1)  # noqa: PLR2004 - both ways
    goes_on = (onward >= 0) & (onward != np.arange(len(rows)))
    goes_on &= (alike[rows] >= 0) & (alike[rows] == alike[rows[onward]])
    return np.where(goes_on, onward, -1)


def _in_turn(onward: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All ways, those that go on from others right behind them; and which road each is of."""
    begins = np.ones(len(onward), bool)
    begins[onward[onward >= 0]] = False
    turn: list[int] = []
    road: list[int] = []
    seen = np.zeros(len(onward), bool)
    follow = onward.tolist()
    for way in [*np.flatnonzero(begins).tolist(), *np.flatnonzero(~begins).tolist()]:
        at = way  # of a ring, whose ways all go on from another, any may be the first
        while at >= 0 and not seen[at]:
            seen[at] = True
            turn.append(at)
            road.append(way)
            at = follow[at]
    return np.array(turn, np.int64), np.array(road, np.int64)


def _points(
    extract: Extract, ways: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Row of the way and of the node (-1: lacking) of each point, without repeats in a row."""
    counts = np.diff(extract.way_start)[ways]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    ids = extract.way_nodes[np.repeat(extract.way_start[ways], counts) + within]
    way = np.repeat(np.arange(len(ways)), counts)
    node = np.minimum(np.searchsorted(extract.node_ids, ids), len(extract.node_ids) - 1)
    lacking = extract.node_ids[node] != ids
    node[lacking] = -1
    kept = np.ones(len(ids), bool)
    kept[1:] = (ids[1:] != ids[:-1]) | (way[1:] != way[:-1])
    return way[kept], node[kept], int(lacking.sum())


def _metres(lonlats: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Metres of each point from the beginning of its street."""
    hops = np.zeros(len(lonlats))
    hops[1:] = haversines_m(lonlats[:-1], lonlats[1:])
    hops[start[:-1]] = 0.0
    total = np.cumsum(hops)
    return np.asarray(total - np.repeat(total[start[:-1]], np.diff(start)))
