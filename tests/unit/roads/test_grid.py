from __future__ import annotations

import numpy as np
import pytest

from geo_dispatch.kernel.geo import METRES_PER_DEGREE
from geo_dispatch.roads.grid import around, grid_of, nearest

CORNER = np.array([9.5, 47.1])


def segments(rng: np.random.Generator, n: int, metres: float):
    begin = CORNER + rng.uniform(0, 0.05, (n, 2))
    return begin, begin + rng.normal(0, metres / METRES_PER_DEGREE, (n, 2))


def distances_m(place, begin, end):
    """To every segment, without a grid."""
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(place[1])), 1.0])
    run, rise = (end - begin) * scale, (place - begin) * scale
    squared = np.maximum((run**2).sum(axis=1), 1e-12)
    share = np.clip((run * rise).sum(axis=1) / squared, 0.0, 1.0)
    return np.hypot(*(rise - share[:, None] * run).T)


@pytest.mark.parametrize("metres", [0.0, 30.0, 2000.0])
@pytest.mark.parametrize("n", [1, 20, 2000])
def test_the_nearest_of_all_segments_is_found(n: int, metres: float) -> None:
    rng = np.random.default_rng(7)
    begin, end = segments(rng, n, metres)
    places = CORNER + rng.uniform(-0.02, 0.07, (100, 2))
    found, far_m = nearest(grid_of(begin, end), places, 1500.0)
    for place, segment, far in zip(places, found, far_m, strict=True):
        apart = distances_m(place, begin, end)
        if apart.min() > 1500.0:
            assert segment == -1
            assert far == np.inf
        else:
            assert apart[segment] == pytest.approx(apart.min(), abs=1e-6)
            assert far == pytest.approx(apart.min(), abs=1e-6)


def test_of_segments_equally_near_the_first_is_taken() -> None:
    begin = np.array([[9.5, 47.1], [9.5, 47.1], [9.6, 47.2]])
    end = np.array([[9.51, 47.1], [9.51, 47.1], [9.61, 47.2]])
    found, _ = nearest(grid_of(begin, end), np.array([[9.505, 47.101]]), 1000.0)
    assert found.tolist() == [0]


def test_what_is_no_place_has_nothing_near() -> None:
    grid = grid_of(*segments(np.random.default_rng(1), 10, 100.0))
    nowhere = np.array([[np.nan, 47.1], [9.5, np.inf], [-170.0, -80.0]])
    assert nearest(grid, nowhere, 1000.0)[0].tolist() == [-1, -1, -1]
    assert around(grid, nowhere, np.full(3, 1000.0))[0].tolist() == []


def test_all_segments_within_a_radius_are_around() -> None:
    rng = np.random.default_rng(9)
    begin, end = segments(rng, 500, 300.0)
    places = CORNER + rng.uniform(-0.01, 0.06, (50, 2))
    row, segment = around(grid_of(begin, end), places, np.full(50, 400.0))
    for i, place in enumerate(places):
        near = np.flatnonzero(distances_m(place, begin, end) <= 400.0)
        assert set(near.tolist()) <= set(segment[row == i].tolist())
