"""Arrivals: drive-bys make none, parked vans make one, and the proof is kept."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo_dispatch.kernel.geo import lonlat_to_local_m
from geo_dispatch.tracking.arrival_rule import ArrivalRule
from geo_dispatch.tracking.fences import circle_fence, polygon_fence
from geo_dispatch.tracking.geofence import FenceState, transitions
from geo_dispatch.tracking.track import Stop, TrackState, fold
from tests.support.fixes import SITE, START_MS, a_visit, driving, fix_at, noisy, standing

FENCE = circle_fence(SITE, 100.0)


def attendances(fixes, fence=FENCE, until_s=None):
    until_ms = None if until_s is None else START_MS + round(until_s * 1000)
    stop = Stop("as_1", "wo_1", "si_1", START_MS - 60_000, until_ms, 1, fence)
    return fold(TrackState(), fixes, [stop]).stop("as_1").fence.attendances


@pytest.mark.capability("FA-047")
@pytest.mark.parametrize("told", [True, False], ids=["speed told", "speed not told"])
def test_a_drive_by_at_50_kmh_is_no_arrival(told):
    fields = {"speed_mps": 50 / 3.6} if told else {}
    assert attendances(driving((-900, 30), (900, 30), 0, **fields)) == ()


def test_a_drive_by_with_a_red_light_at_the_door_is_no_arrival():
    fixes = driving((-900, 20), (0, 20), 0) + standing(0, 20, 65, 110)
    assert attendances(fixes + driving((0, 20), (900, 20), 175)) == ()


@pytest.mark.parametrize("seed", range(5))
def test_an_hour_parked_with_25_m_of_noise_is_one_arrival_and_one_departure(seed):
    fixes = noisy(a_visit(stays_s=3600), 25.0, seed)
    (visit,) = attendances(fixes)
    assert visit.arrived_ms == pytest.approx(START_MS + 204_000, abs=30_000)
    assert visit.left_ms == pytest.approx(START_MS + 204_000 + 3_600_000, abs=60_000)


def test_the_arrival_is_back_dated_to_the_first_fix_inside_and_proved():
    (visit,) = attendances(a_visit())
    enters_s, stops_s = 60 + 1900 / (50 / 3.6), 60 + 2000 / (50 / 3.6)
    assert enters_s <= (visit.arrived_ms - START_MS) / 1000 <= stops_s + 5
    proof = visit.evidence
    assert proof.rule == "dwell/2"
    assert proof.fixes[0].at_ms == visit.arrived_ms
    assert proof.dwell_s >= 150
    assert proof.probability > 0.95
    assert all(fix.distance_m < 100 and fix.probability >= 0.8 for fix in proof.fixes)


def test_a_stop_at_the_neighbours_is_no_arrival():
    assert attendances(noisy(standing(190, 0, 0, 1800), 8.0)) == ()


def test_fixes_that_are_made_up_or_useless_prove_nothing():
    assert attendances(standing(0, 0, 0, 1800, mock=True)) == ()
    assert attendances(standing(0, 0, 0, 1800, accuracy_m=400.0)) == ()


def test_useless_fixes_do_not_end_a_visit():
    fixes = standing(0, 0, 0, 600) + standing(800, 0, 600, 300, accuracy_m=900.0)
    (visit,) = attendances(fixes + standing(0, 0, 900, 300))
    assert visit.left_ms is None


def test_silence_freezes_a_visit_and_does_not_end_it():
    fixes = standing(0, 0, 0, 600) + standing(0, 0, 7200, 300)
    (visit,) = attendances(fixes)
    assert visit.left_ms is None


def test_silence_does_not_count_as_dwell():
    fixes = [fix_at(0, 0, 0), fix_at(0, 0, 700), fix_at(0, 0, 760)]
    assert attendances(fixes) == ()
    (visit,) = attendances([*fixes, *standing(0, 0, 765, 100)])
    assert visit.arrived_ms == START_MS


def test_a_fetch_from_the_van_outside_the_fence_does_not_split_a_visit():
    fixes = standing(0, 0, 0, 600) + standing(200, 0, 600, 60) + standing(0, 0, 660, 600)
    assert len(attendances(fixes)) == 1


def test_who_comes_back_makes_a_second_visit():
    fixes = a_visit() + a_visit(from_s=4000)
    first, second = attendances(fixes)
    assert first.left_ms < second.arrived_ms


def test_arrivals_count_only_while_the_job_is_in_hand_but_departures_also_after():
    assert attendances(a_visit(), until_s=100) == ()
    (visit,) = attendances(a_visit(), until_s=900)
    assert visit.left_ms is not None


def test_fixes_that_are_only_likely_inside_suggest_an_arrival():
    fence = circle_fence(SITE, 60.0)
    state = FenceState()
    for fix in standing(0, 50, 0, 300, accuracy_m=35.0):
        state = transitions(state, fence, fix, 0.0)
    assert state.attendances == ()
    assert state.suggested


def test_a_parcel_confirms_an_arrival_at_its_far_end_where_a_circle_would_not():
    corners = [(-20, -15), (180, -15), (180, 15), (-20, 15)]
    parcel = shapely.Polygon([fix_at(east, north, 0).place for east, north in corners])
    far_end = standing(165, 0, 0, 600)
    assert attendances(far_end, circle_fence(SITE, 60.0)) == ()
    assert len(attendances(far_end, polygon_fence(parcel))) == 1


def test_a_polygons_probability_is_that_of_the_circle_it_draws():
    rim = [
        fix_at(85 * math.cos(a / 32 * math.pi), 85 * math.sin(a / 32 * math.pi), 0).place
        for a in range(64)
    ]
    polygon = polygon_fence(shapely.Polygon(rim))
    for east in (0, 60, 90, 120, 160):
        for sigma in (7.0, 20.0, 40.0):
            place = fix_at(east, 0, 0).place
            assert polygon.probability(place, sigma) == pytest.approx(
                FENCE.probability(place, sigma), abs=0.02
            )


def test_a_circles_probability_is_the_share_of_many_drawn_places():
    draw = np.random.default_rng(3).normal(0, 30.0, (200_000, 2))
    place = fix_at(70, 0, 0).place
    at = lonlat_to_local_m(np.asarray(place), SITE) + draw
    inside = (np.hypot(at[:, 0], at[:, 1]) <= 100).mean()
    assert FENCE.probability(place, 30.0) == pytest.approx(inside, abs=0.005)


def test_a_rule_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="arrive_p"):
        replace(ArrivalRule(), arrive_p=0.5)
    with pytest.raises(ValueError, match="times"):
        ArrivalRule(dwell_s=0)


def test_what_is_odd_about_the_fixes_is_told_and_decides_nothing():
    still = standing(5, 5, 0, 1200)
    moving = noisy(still, 3.0)
    (visit,) = attendances(moving)
    assert visit.evidence.signs == ()
    (visit,) = attendances(still)
    assert visit.evidence.signs == ("frozen",)
    mock = fix_at(900, 900, 101, mock=True)
    jump = fix_at(20_000, 0, 102)
    odd = sorted([*moving, mock, jump], key=lambda fix: fix.key)
    (visit,) = attendances(odd)
    assert visit.evidence.signs == ("mock", "jump")


def test_a_departure_is_proved_like_an_arrival():
    (visit,) = attendances(noisy(a_visit(), 5.0))
    proof = visit.left_evidence
    assert proof.rule == "dwell/2"
    assert proof.probability >= 0.95
    assert proof.dwell_s >= 90
    assert proof.fixes[0].at_ms == visit.left_ms
    assert min(fix.distance_m for fix in proof.fixes) > 100


def test_a_long_wait_at_the_border_keeps_a_proof_of_bounded_size():
    fence = circle_fence(SITE, 60.0)
    state = FenceState()
    for fix in standing(0, 50, 0, 3000, accuracy_m=35.0):
        state = transitions(state, fence, fix, 0.0)
    assert state.attendances == ()
    assert len(state.dwell.proof) == ArrivalRule().most_fixes
    assert state.dwell.proof[0].at_ms == state.dwell.since_ms
