"""Points to places on streets: the nearest segment of any street, both directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import METRES_PER_DEGREE
from geo_dispatch.roads.graph import RoadGraph

_SLACK = 1.05
"""The tree searches in one flat projection of the area; exact distances are judged after."""


@dataclass(frozen=True, slots=True)
class Snaps:
    """Places of n points on streets.

    Attributes
    ----------
    street
        (n,) int32; -1 where no street is within reach.
    along
        (n,) float64, 0 at the beginning of the street as drawn, 1 at its end, by length.
    distance_m
        (n,) float64 from the point to the street; inf where there is none.
    lonlats
        (n, 2) float64 the place on the street; the point itself where there is none.
    """

    street: NDArray[np.int32]
    along: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    lonlats: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.street)

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> Snaps:
        """Those of some points, in that order."""
        at = np.asarray(rows, dtype=np.intp)
        return Snaps(self.street[at], self.along[at], self.distance_m[at], self.lonlats[at])


class Snapper:
    """Finds the nearest street segment through an STR tree over all segments."""

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        street_of = np.repeat(np.arange(graph.n_streets), np.diff(graph.shape_start))
        inner = street_of[:-1] == street_of[1:]
        starts = np.flatnonzero(inner & graph.snappable[street_of[:-1]])
        self._segment = starts
        self._street = street_of[starts].astype(np.int32)
        _, south, _, north = graph.bounds
        self._scale = METRES_PER_DEGREE * np.array([math.cos(math.radians((south + north) / 2)), 1])
        flat = graph.shape_lonlats * self._scale
        lines = np.asarray(shapely.linestrings(np.stack([flat[starts], flat[starts + 1]], axis=1)))
        self._tree = shapely.STRtree(lines)

    def snap(self, lonlats: NDArray[np.float64], max_distance_m: float) -> Snaps:
        """Each point's place on the nearest street within ``max_distance_m``."""
        points = np.asarray(lonlats, dtype=np.float64).reshape(-1, 2)
        snaps = _nowhere(points)
        asked = np.flatnonzero(np.isfinite(points).all(axis=1))
        if not len(asked) or not len(self._segment):
            return snaps
        which, found = self._tree.query_nearest(
            shapely.points(points[asked] * self._scale), max_distance=max_distance_m * _SLACK
        )
        if not len(which):
            return snaps
        order = np.lexsort((found, which))
        which, first = np.unique(which[order], return_index=True)
        row, segment = asked[which], found[order][first]
        self._place(snaps, points, row, segment, max_distance_m)
        return snaps

    def near(self, lonlats: NDArray[np.float64], radius_m: NDArray[np.float64], most: int) -> Snaps:
        """The nearest streets around each of n points: each street once, the nearest first.

        Parameters
        ----------
        radius_m
            (n,) how far to look from each point.

        Returns
        -------
        Snaps
            Of n x ``most`` places, row by row, with -1 for the street where there are no more.
        """
        points = np.asarray(lonlats, dtype=np.float64).reshape(-1, 2)
        found = _nowhere(np.repeat(points, most, axis=0))
        row, segment = self._tree.query(
            shapely.points(points * self._scale), predicate="dwithin", distance=radius_m * _SLACK
        )
        street, along, distance, places = self._onto(points[row], segment)
        order = np.lexsort((along, distance, street, row))
        order = order[distance[order] <= radius_m[row[order]]]
        nearest = np.ones(len(order), bool)
        nearest[1:] = (np.diff(street[order]) != 0) | (np.diff(row[order]) != 0)
        order = order[nearest]
        order = order[np.lexsort((street[order], distance[order], row[order]))]
        begin = np.searchsorted(row[order], np.arange(len(points)))
        rank = np.arange(len(order)) - begin[row[order]]
        order, rank = order[rank < most], rank[rank < most]
        at = row[order] * most + rank
        found.street[at], found.along[at] = street[order], along[order]
        found.distance_m[at], found.lonlats[at] = distance[order], places[order]
        return found

    def _place(
        self,
        snaps: Snaps,
        points: NDArray[np.float64],
        row: NDArray[np.intp],
        segment: NDArray[np.intp],
        max_distance_m: float,
    ) -> None:
        """Put the points of ``row`` onto their segments, and write that into ``snaps``."""
        street, along, distance, places = self._onto(points[row], segment)
        near = distance <= max_distance_m
        row = row[near]
        snaps.street[row], snaps.along[row] = street[near], along[near]
        snaps.distance_m[row], snaps.lonlats[row] = distance[near], places[near]

    def _onto(
        self, points: NDArray[np.float64], segment: NDArray[np.intp]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Each point's street, place along it, distance and place on its own segment."""
        graph, at = self._graph, self._segment[segment]
        a, b, street = graph.shape_lonlats[at], graph.shape_lonlats[at + 1], self._street[segment]
        scale = METRES_PER_DEGREE * np.stack(
            [np.cos(np.radians(points[:, 1])), np.ones(len(points))], axis=1
        )
        run, rise = (b - a) * scale, (points - a) * scale
        squared = np.maximum((run**2).sum(axis=1), 1e-12)
        share = np.clip((run * rise).sum(axis=1) / squared, 0.0, 1.0)
        distance = np.hypot(*(rise - share[:, None] * run).T)
        metres = graph.shape_m[at] + share * (graph.shape_m[at + 1] - graph.shape_m[at])
        along = np.clip(metres / np.maximum(graph.street_m[street], 1e-9), 0.0, 1.0)
        return street, along, distance, a + share[:, None] * (b - a)


def _nowhere(points: NDArray[np.float64]) -> Snaps:
    n = len(points)
    return Snaps(np.full(n, -1, np.int32), np.zeros(n), np.full(n, np.inf), points.copy())
