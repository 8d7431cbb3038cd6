"""Simulated drives on a road graph: the true way, and the fixes that a phone makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import METRES_PER_DEGREE
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.routes import follow
from geo_dispatch.roads.snapping import Snapper
from tests.support.plain_search import Search, stops


@dataclass(frozen=True)
class Drive:
    """A drive and its fixes.

    ``streets`` are directed streets in order; ``line`` (k, 2) is where the vehicle really was
    between its first and its last fix; ``lonlats`` (n, 2) and ``times_s`` (n,) are the fixes,
    ``true`` (n, 2) their true places.
    """

    streets: tuple[int, ...]
    line: NDArray[np.float64]
    lonlats: NDArray[np.float64]
    true: NDArray[np.float64]
    times_s: NDArray[np.float64]


def random_drive(
    graph: RoadGraph,
    seed: int,
    *,
    every_s: float = 15.0,
    noise_m: float = 8.0,
    least_m: float = 1500.0,
    most_m: float = 12000.0,
) -> Drive:
    """A drive between two places, the fastest for a driver who has their own idea of each street.

    Speeds differ from the profile's street by street, and are two thirds of it on the whole.
    """
    rng = np.random.default_rng(seed)
    mood = rng.lognormal(0.0, 0.25, graph.n_streets).repeat(2)
    free = graph.drive_ms < FORBIDDEN_MS
    drive_ms = np.where(free, np.maximum(1, graph.drive_ms * mood * 1.5), FORBIDDEN_MS)
    driven = replace(graph, drive_ms=drive_ms.astype(np.int32))
    search, snapper = Search(driven), Snapper(driven)
    west, south, east, north = graph.bounds
    while True:
        ends = snapper.snap(rng.uniform((west, south), (east, north), (2, 2)), 500.0)
        if (ends.street < 0).any():
            continue
        apart = (ends.lonlats[1] - ends.lonlats[0]) * scale(ends.lonlats)
        if not least_m < np.hypot(*apart) < most_m:
            continue
        vertices = fastest(search, stops(driven, ends.take([0])), stops(driven, ends.take([1])))
        streets = driven.vertex_directed[vertices].tolist()
        if len(streets) > 1:
            break
    along = [float(ends.along[i]) for i in (0, 1)]
    route = follow(driven, streets, *along)
    times = np.arange(rng.uniform(0, every_s), route.duration_s, every_s)
    true = at_times(route.times_s, route.lonlats, times)
    inside = (route.times_s > times[0]) & (route.times_s < times[-1])
    line = np.concatenate([true[:1], route.lonlats[inside], true[-1:]])
    noise = rng.normal(0.0, noise_m, true.shape) / scale(true)
    return Drive(tuple(streets), line, true + noise, true, times)


def fastest(search: Search, start, goal) -> list[int]:
    """The vertices of the fastest way; empty when there is none."""
    times, before = search.tree(start)
    row, tail, turn_ms = search.entries(goal.vertex[0])
    arrival = times[tail] + turn_ms + goal.before_ms[0][row]
    best = int(np.argmin(arrival)) if len(arrival) else -1
    if best < 0 or not np.isfinite(arrival[best]):
        return []
    path, vertex = [int(goal.vertex[0][row[best]])], int(tail[best])
    while vertex != len(times) - 1:
        path.append(vertex)
        vertex = int(before[vertex])
    return path[::-1]


def at_times(
    known_s: NDArray[np.float64], lonlats: NDArray[np.float64], times_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Places at some times, by those at others."""
    return np.stack([np.interp(times_s, known_s, lonlats[:, i]) for i in (0, 1)], axis=1)


def scale(lonlats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres per degree to the east and the north."""
    middle = np.radians(lonlats[:, 1].mean())
    return METRES_PER_DEGREE * np.array([np.cos(middle), 1.0])
