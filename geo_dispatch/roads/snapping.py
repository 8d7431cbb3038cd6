"""Points to places on streets: the nearest segment of any street, both directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import METRES_PER_DEGREE
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.grid import Grid, around, grid_of, nearest
from geo_dispatch.roads.readonly import read_only


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


class _Segments(NamedTuple):
    """Segments of streets: (s,) number of their first points, and street of each; the shapes."""

    first: NDArray[np.int64]
    street: NDArray[np.int32]
    shape_lonlats: NDArray[np.float64]
    shape_m: NDArray[np.float64]
    street_m: NDArray[np.float64]


class Snapper:
    """Finds the nearest street segments."""

    def __init__(self, graph: RoadGraph) -> None:
        street_of = np.repeat(np.arange(graph.n_streets), np.diff(graph.shape_start))
        inner = street_of[:-1] == street_of[1:]
        first = np.flatnonzero(inner & graph.snappable[street_of[:-1]])
        self._segments = _Segments(
            first,
            street_of[first].astype(np.int32),
            read_only(graph.shape_lonlats),
            read_only(graph.shape_m),
            read_only(graph.street_m),
        )

    @property
    def streets(self) -> bool:
        """Whether there is any that places may be on."""
        return len(self._segments.first) > 0

    @cached_property
    def _grid(self) -> Grid:
        points, first = self._segments.shape_lonlats, self._segments.first
        return grid_of(points[first], points[first + 1])

    def snap(self, lonlats: NDArray[np.float64], max_distance_m: float) -> Snaps:
        """Each point's place on the nearest street within ``max_distance_m``."""
        points = np.array(lonlats, dtype=np.float64).reshape(-1, 2)
        if not len(points) or not len(self._segments.first):
            return _nowhere(points)
        found, _ = nearest(self._grid, points, float(max_distance_m))
        return Snaps(*_onto(self._segments, points, found))

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
        if not len(points) or not len(self._segments.first):
            return found
        row, segment = around(self._grid, points, np.array(radius_m, dtype=np.float64))
        street, along, distance, places = _onto(self._segments, points[row], segment)
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


def _nowhere(points: NDArray[np.float64]) -> Snaps:
    n = len(points)
    return Snaps(np.full(n, -1, np.int32), np.zeros(n), np.full(n, np.inf), points.copy())


@compiled
def _onto(
    segments: _Segments, points: NDArray[np.float64], found: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The fields of `Snaps`, each point on the segment that was found for it; -1 for none."""
    n = len(points)
    street, along = np.full(n, -1, np.int32), np.zeros(n)
    distance_m, places = np.full(n, np.inf), points.copy()
    for i in range(n):
        if found[i] < 0:
            continue
        at, street[i] = segments.first[found[i]], segments.street[found[i]]
        a, b = segments.shape_lonlats[at], segments.shape_lonlats[at + 1]
        east_m = METRES_PER_DEGREE * math.cos(math.radians(points[i, 1]))
        run_x, run_y = (b[0] - a[0]) * east_m, (b[1] - a[1]) * METRES_PER_DEGREE
        x, y = (points[i, 0] - a[0]) * east_m, (points[i, 1] - a[1]) * METRES_PER_DEGREE
        share = (run_x * x + run_y * y) / max(run_x * run_x + run_y * run_y, 1e-12)
        share = min(max(share, 0.0), 1.0)
        distance_m[i] = math.hypot(x - share * run_x, y - share * run_y)
        begin_m, end_m = segments.shape_m[at], segments.shape_m[at + 1]
        metres = begin_m + share * (end_m - begin_m)
        along[i] = min(max(metres / max(segments.street_m[street[i]], 1e-9), 0.0), 1.0)
        places[i, 0], places[i, 1] = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
    return street, along, distance_m, places
