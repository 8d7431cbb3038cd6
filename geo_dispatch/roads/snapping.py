"""Points to places on streets: the nearest segment of any street, both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import METRES_PER_DEGREE
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.grid import Grid, around, grid_of, nearest


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
    """Finds the nearest street segments."""

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        street_of = np.repeat(np.arange(graph.n_streets), np.diff(graph.shape_start))
        inner = street_of[:-1] == street_of[1:]
        self._segment = np.flatnonzero(inner & graph.snappable[street_of[:-1]])
        self._street = street_of[self._segment].astype(np.int32)

    @cached_property
    def _grid(self) -> Grid:
        points = self._graph.shape_lonlats
        return grid_of(points[self._segment], points[self._segment + 1])

    def snap(self, lonlats: NDArray[np.float64], max_distance_m: float) -> Snaps:
        """Each point's place on the nearest street within ``max_distance_m``."""
        points = np.array(lonlats, dtype=np.float64).reshape(-1, 2)
        snaps = _nowhere(points)
        if not len(points) or not len(self._segment):
            return snaps
        found, _ = nearest(self._grid, points, float(max_distance_m))
        row = np.flatnonzero(found >= 0)
        street, along, distance, places = self._onto(points[row], found[row])
        snaps.street[row], snaps.along[row] = street, along
        snaps.distance_m[row], snaps.lonlats[row] = distance, places
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
        points = np.array(lonlats, dtype=np.float64).reshape(-1, 2)
        found = _nowhere(np.repeat(points, most, axis=0))
        if not len(points) or not len(self._segment):
            return found
        row, segment = around(self._grid, points, np.array(radius_m, dtype=np.float64))
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

    def _onto(
        self, points: NDArray[np.float64], segment: NDArray[np.int32]
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
