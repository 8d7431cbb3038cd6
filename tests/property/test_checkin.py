"""Arrivals on a simulated field, in small: `tests.bench.checkin` is the same at full size.

The trips are fixed; a rule that became worse at any of it fails here.
"""

import statistics

import pytest

from tests.bench.checkin import next_door
from tests.support.checkin import KINDS, Score, each, in_circle, ours, proof
from tests.support.simulated_field import trip

SEEDS = range(30)


def score(rule, radius_m, sky, every_s=5.0):
    found = Score()
    for kind in KINDS:
        for seed in SEEDS:
            made = trip(kind, sky, seed, every_s)
            found.count(made, *rule(made, [radius_m]))
    return found


@pytest.mark.capability("FA-047")
@pytest.mark.parametrize("sky", ["open sky", "street canyon"])
@pytest.mark.parametrize(("radius_m", "every_s"), [(60.0, 5.0), (100.0, 15.0), (60.0, 30.0)])
def test_every_visit_is_confirmed_once_and_nothing_else_is(radius_m, every_s, sky):
    found = score(ours, radius_m, sky, every_s)
    assert found.shares() == (0.0, 0.0, 0.0, 0.0)
    assert abs(statistics.median(found.late_s)) <= 30
    assert abs(statistics.median(found.left_late_s)) <= 60
    assert len(found.left_late_s) == len(SEEDS)


def test_the_field_is_hard_enough_to_fool_a_circle():
    _, doubled, drive_bys, _ = score(each(in_circle), 60.0, "street canyon").shares()
    assert doubled > 0.2
    assert drive_bys > 0.5


@pytest.mark.capability("BO-081")
def test_a_stay_at_any_place_is_proved_as_surely_without_a_fence():
    assert score(proof, 100.0, "street canyon", 15.0).shares() == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("sky", ["open sky", "street canyon"])
def test_stops_next_door_are_confirmed_by_a_polygon_or_an_assignment_only(sky):
    found = next_door(sky, 12, lambda: None)
    assert found["jobs at both"] == (0, 0)
    assert found["a job of another day here"] == (0, 0)
    assert found["that, and one of today there"] == (0, 12)
    wrong, right = found["jobs at both, parcels drawn"]
    assert wrong == 0
    assert right >= 11
