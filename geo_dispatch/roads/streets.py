"""Ways cut into streets: at junctions, at barriers and signals, and where a node is lacking."""

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
    way
        (n,) rows of the drivings that they were cut with.
    shape_start, shape_node, shape_m
        (n + 1,), (p,), (p,): rows of the extract's nodes, and metres from the beginning.
    """

    way: NDArray[np.int64]
    shape_start: NDArray[np.int64]
    shape_node: NDArray[np.int64]
    shape_m: NDArray[np.float64]

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
    extract: Extract, ways: NDArray[np.int64], cuts: Iterable[int]
) -> tuple[Streets, int]:
    """The streets of the given ways, and how many of their nodes the extract lacks.

    Parameters
    ----------
    ways
        (d,) rows of the extract's ways that are driven.
    cuts
        OSM ids of more nodes where streets end: barriers, signals.
    """
    way, node, missing = _points(extract, ways)
    cut = np.isin(node, np.searchsorted(extract.node_ids, list(cuts)))
    uses = np.bincount(node[node >= 0], minlength=len(extract.node_ids))
    junction = (uses[node] > 1) | cut
    # A segment joins a point to the next; a street is an unbroken run of them.
    segment = np.flatnonzero((way[1:] == way[:-1]) & (node[1:] >= 0) & (node[:-1] >= 0))
    fresh = np.ones(len(segment), bool)
    fresh[1:] = (np.diff(segment) != 1) | junction[segment[1:]]
    begin = segment[fresh]
    counts = np.diff(np.append(np.flatnonzero(fresh), len(segment))) + 1
    shape_start = np.concatenate([[0], np.cumsum(counts)])
    within = np.arange(shape_start[-1]) - np.repeat(shape_start[:-1], counts)
    shape_node = node[np.repeat(begin, counts) + within]
    metres = _metres(extract.node_lonlats[shape_node], shape_start)
    return Streets(way[begin], shape_start, shape_node, metres), missing


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
