"""Load: work and driving per territory, and how even it is."""

import numpy as np
import pytest

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.territory.balance import loads, median_drives_ms, spread
from tests.support.shapes import square, territory

WEST = territory("West", square(0, 0))
EAST = territory("East", square(1, 0))
MINUTE = 60_000


def test_drives_start_in_the_middle_of_the_territory_s_work():
    # three visits on one street, 1 and 2 minutes apart; a fourth elsewhere on its own
    along = np.array([0, 1, 3, 9]) * MINUTE
    matrix = np.abs(along[:, None] - along).astype(np.int32)
    drives = median_drives_ms(matrix, ["west", "west", "west", "east"])
    assert drives.tolist() == [1 * MINUTE, 0, 2 * MINUTE, 0]


def test_sums_of_unreachable_pairs_do_not_overflow():
    matrix = np.full((9, 9), UNREACHABLE_MS, dtype=np.int32)
    np.fill_diagonal(matrix, 0)
    matrix[4] = np.where(np.arange(9) == 4, 0, MINUTE)
    assert median_drives_ms(matrix, ["west"] * 9).tolist() == [MINUTE] * 4 + [0] + [MINUTE] * 4


def test_load_is_work_and_driving_and_counts_what_no_road_reaches():
    found = loads(
        [WEST, EAST],
        ["west", "west", "east", None],
        np.array([30.0, 60.0, 45.0, 10.0]),
        np.array([2 * MINUTE, UNREACHABLE_MS, 3 * MINUTE, 0], dtype=np.int32),
    )
    assert [(x.name, x.visits, x.work_min, x.drive_min, x.unreachable) for x in found] == [
        ("West", 2, 90.0, 2.0, 1),
        ("East", 1, 45.0, 3.0, 0),
        ("", 1, 10.0, 0.0, 0),
    ]
    assert found[0].total_min == 92.0


def test_spread_compares_with_the_average_territory():
    found = loads(
        [WEST, EAST], ["west", "east"], np.array([90.0, 30.0]), np.zeros(2, dtype=np.int32)
    )
    even = spread(found)
    assert (even.max_to_mean, even.min_to_mean, even.sd_min) == pytest.approx((1.5, 0.5, 30.0))


def test_no_work_at_all_is_even():
    nothing = loads([WEST, EAST], [], np.array([]), np.array([], dtype=np.int32))
    assert spread(nothing).max_to_mean == 1.0
