"""Trips by road: what is known, and what is told where no way is."""

from datetime import date

import numpy as np
import pytest

from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.services.tracking.by_road import trips
from geo_dispatch.services.tracking.driven import Mileage, _days
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.ascii_map import AsciiMap, Town
from tests.support.fixes import START_MS

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    """Two kilometres of street, straight to the east."""
    return Town(AsciiMap("A" + 99 * "-" + "B"), tmp_path_factory.mktemp("road"))


def drive(road, metres, times_s):
    """Fixes so many metres along the road."""
    places = [road.map.between("A", "B", east_m / 2000) for east_m in metres]
    return [
        Fix("te_1", START_MS + round(at_s * 1000), *map(round, np.array(place) * DEGREE_SCALE), 8.0)
        for at_s, place in zip(times_s, places, strict=True)
    ]


def test_a_gap_is_told_between_what_is_known_and_counts_only_as_unknown(road):
    metres = [*range(0, 700, 100), *range(1300, 2000, 100)]
    times_s = [*range(0, 70, 10), *range(370, 440, 10)]
    (trip,) = trips(road.engine, iter(drive(road, metres, times_s)))
    assert [one.reason for one in trip.stretches] == ["", "gap", ""]
    assert trip.road_m == pytest.approx(600 + 600, abs=2)
    assert trip.unmatched_m == pytest.approx(700, abs=2)
    assert Mileage(DAY, (trip,)).matched == pytest.approx(1200 / 1900, abs=0.01)
    known, unknown, _ = trip.stretches
    assert len(unknown.lonlats) == len(unknown.times) == 2
    assert (known.since, unknown.since) == (trip.since, known.until)


def test_times_along_the_line_are_those_of_the_fixes(road):
    (trip,) = trips(road.engine, iter(drive(road, [0, 100, 300, 600], [0, 10, 20, 30])))
    (stretch,) = trip.stretches
    assert [stretch.times[0], stretch.times[-1]] == [stretch.since, stretch.until]
    assert (stretch.until - stretch.since).total_seconds() == 30
    assert stretch.length_m == pytest.approx(600, abs=1)
    assert [step.name for step in stretch.streets] == ["AB"]


def test_driving_leaves_out_the_stops_between_drives(road):
    metres = [*range(0, 700, 100), *[600] * 6, *range(600, 1300, 100)]
    fixes = drive(road, metres, [*range(0, 70, 10), *range(120, 480, 60), *range(480, 550, 10)])
    two = tuple(trips(road.engine, fixes))
    day = Mileage(DAY, two)
    assert len(two) == 2
    assert day.driving_s == sum((one.until - one.since).total_seconds() for one in two) < 300
    assert day.road_m == pytest.approx(1200, abs=40)


def test_a_day_without_drives_is_known_whole():
    day = Mileage(DAY, ())
    assert (day.road_m, day.odometer_m, day.matched) == (0, 0, 1)


def test_all_that_is_wrong_with_days_is_told_at_once():
    with pytest.raises(InvalidInput) as refused:
        _days(date(1, 1, 1), date(9999, 12, 31))
    assert [fault.where for fault in refused.value.faults] == ["from", "to", "to"]
    assert len(_days(DAY, DAY)) == 1
