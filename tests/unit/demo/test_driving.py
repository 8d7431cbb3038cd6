"""Driving: on the line, at the route's pace, seen through a receiver that errs like a real one."""

import statistics
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from geo_dispatch.demo.driving import Drive, Motion, Receiver, drive_to
from geo_dispatch.kernel.geo import LonLat, haversine_m

START = datetime(2026, 7, 1, 5, 45, tzinfo=UTC)
A, B, C = LonLat(9.50, 47.10), LonLat(9.51, 47.10), LonLat(9.51, 47.11)
DRIVE = Drive(START, (A, B, C), (0.0, 60.0, 180.0))


def after(seconds):
    return START + timedelta(seconds=seconds)


def test_the_van_is_where_the_route_says_when_it_says():
    assert DRIVE.at(after(30)).place == pytest.approx((9.505, 47.10))
    assert DRIVE.at(after(120)).place == pytest.approx((9.51, 47.105))
    assert DRIVE.end == after(180)


def test_speed_and_heading_are_those_of_the_leg():
    motion = DRIVE.at(after(30))
    assert motion.speed_mps == pytest.approx(haversine_m(A, B) / 60)
    assert motion.heading_deg == pytest.approx(90, abs=0.1)


@pytest.mark.parametrize(("seconds", "place"), [(-5, A), (180, C), (999, C)])
def test_the_van_stands_before_and_after(seconds, place):
    assert DRIVE.at(after(seconds)) == Motion(place)


def test_two_places_at_the_same_time_are_no_division_by_zero():
    drive = Drive(START, (A, A, B), (0.0, 0.0, 60.0))
    assert drive.at(START).place == A


def test_one_walks_between_the_street_and_the_door():
    door = LonLat(9.5102, 47.1101)
    drive = drive_to(START, A, [B, C], [0.0, 120.0], door)
    assert drive.at(drive.end).place == door
    assert drive.at(drive.end - timedelta(seconds=1)).speed_mps == pytest.approx(1.2, rel=0.01)


def test_a_drive_that_goes_back_in_time_is_refused():
    with pytest.raises(ValueError, match="must not fall"):
        Drive(START, (A, B), (5.0, 0.0))


def test_errors_have_the_receivers_spread_and_wander_slowly():
    receiver = Receiver(seed=1)
    reports = [receiver.report(after(i), Motion(A)) for i in range(5000)]
    errors_m = [haversine_m(A, LonLat(r.lon, r.lat)) for r in reports]
    steps_m = [
        haversine_m(LonLat(a.lon, a.lat), LonLat(b.lon, b.lat)) for a, b in pairwise(reports)
    ]
    # the mean length of a two-dimensional normal error is sigma times the root of pi/2
    assert statistics.mean(errors_m) == pytest.approx(3.5 * 1.2533, rel=0.15)
    assert statistics.mean(steps_m) < 0.4 * statistics.mean(errors_m)


def test_the_same_seed_reports_the_same():
    motion = DRIVE.at(after(30))
    assert Receiver(7).report(after(30), motion) == Receiver(7).report(after(30), motion)
