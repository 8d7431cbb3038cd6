"""Ways cut into streets: at junctions, at closed barriers, and where the extract lacks a node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import haversines_m
from geo_dispatch.roads.driving import NodeDriving
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
    delay_s
        (n, 2) seconds lost at nodes within the street, along and against it.
    """

    way: NDArray[np.int64]
    shape_start: NDArray[np.int64]
    shape_node: NDArray[np.int64]
    shape_m: NDArray[np.float64]
    delay_s: NDArray[np.float64]

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
    extract: Extract, ways: NDArray[np.int64], nodes: dict[int, NodeDriving]
) -> tuple[Streets, int]:
    """The streets of the given ways, and how many of their nodes the extract lacks.

    Parameters
    ----------
    ways
        (d,) rows of the extract's ways that are driven.
    nodes
        What nodes do to drivers, by OSM id.
    """
    way, node, missing = _points(extract, ways)
    closed = np.isin(node, [_row(extract, osm) for osm, at in nodes.items() if at.closed])
    uses = np.bincount(node[node >= 0], minlength=len(extract.node_ids))
    junction = (uses[node] > 1) | closed
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
    delay_s = _delays_s(extract, nodes, shape_node, shape_start)
    return Streets(way[begin], shape_start, shape_node, metres, delay_s), missing


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


def _row(extract: Extract, osm_id: int) -> int:
    return int(np.searchsorted(extract.node_ids, osm_id))


def _metres(lonlats: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Metres of each point from the beginning of its street."""
    hops = np.zeros(len(lonlats))
    hops[1:] = haversines_m(lonlats[:-1], lonlats[1:])
    hops[start[:-1]] = 0.0
    total = np.cumsum(hops)
    return np.asarray(total - np.repeat(total[start[:-1]], np.diff(start)))


def _delays_s(
    extract: Extract,
    nodes: dict[int, NodeDriving],
    shape_node: NDArray[np.int64],
    start: NDArray[np.int64],
) -> NDArray[np.float64]:
    """(n, 2) seconds lost at the inner points of each street, each way."""
    slow = {_row(extract, osm): at for osm, at in nodes.items() if at.forward_s or at.backward_s}
    inner = np.ones(len(shape_node), bool)
    inner[start[:-1]] = inner[start[1:] - 1] = False
    street = np.repeat(np.arange(len(start) - 1), np.diff(start))
    at = np.flatnonzero(inner & np.isin(shape_node, list(slow)))
    lost = np.zeros((len(start) - 1, 2))
    for point in at.tolist():
        node = slow[int(shape_node[point])]
        lost[street[point]] += node.forward_s, node.backward_s
    return lost
