"""Moving or still, mileage, and setting out."""

from dataclasses import replace

import pytest

from geo_dispatch.tracking.fences import circle_fence
from geo_dispatch.tracking.track import Stop, TrackState, fold
from geo_dispatch.tracking.trips import TripRule
from tests.support.fixes import SITE, START_MS, a_visit, driving, fix_at, noisy, standing

HERE = circle_fence(SITE, 60.0)


def stop(name="as_1", from_s=0.0, until_s=None, sequence=1, fence=HERE):
    until_ms = None if until_s is None else START_MS + round(until_s * 1000)
    return Stop(
        name, f"wo_{name}", "si_1", START_MS + round(from_s * 1000), until_ms, sequence, fence
    )


def motion(fixes):
    return fold(TrackState(), fixes, []).motion


def test_the_jitter_of_a_parked_van_is_neither_a_trip_nor_mileage():
    moved = motion(noisy(standing(0, 0, 0, 3600), 15.0))
    assert not moved.moving
    assert moved.odometer_m == 0.0


@pytest.mark.parametrize("sigma_m", [0.01, 8.0])
def test_mileage_is_what_was_driven(sigma_m):
    fixes = standing(0, 0, 0, 300) + driving((0, 0), (10_000, 0), 300)
    moved = motion(noisy(fixes + standing(10_000, 0, 1025, 600), sigma_m))
    assert not moved.moving
    assert moved.odometer_m == pytest.approx(10_000, rel=0.02)


def test_a_trip_begins_when_the_van_was_last_where_it_stood():
    moved = motion(standing(0, 0, 0, 300) + driving((0, 0), (2000, 0), 300))
    assert moved.moving
    assert START_MS + 295_000 <= moved.since_ms <= START_MS + 310_000


def test_the_technician_sets_out_for_the_job_that_is_next():
    plan = [stop("as_2", sequence=2), stop("as_1", sequence=1)]
    state = fold(TrackState(), standing(-4000, 0, 0, 60) + driving((-4000, 0), (-900, 0), 60), plan)
    assert state.stop("as_1").set_out_ms == pytest.approx(START_MS + 60_000, abs=10_000)
    assert state.stop("as_2").set_out_ms is None


def test_who_drives_when_a_job_comes_sets_out_then():
    fixes = standing(-9000, 0, 0, 60) + driving((-9000, 0), (-900, 0), 60)
    state = fold(TrackState(), fixes, [stop(from_s=300)])
    assert state.stop("as_1").set_out_ms == START_MS + 300_000


def test_a_walk_around_the_van_is_no_setting_out():
    fixes = noisy(standing(-3000, 0, 0, 600) + standing(-2950, 0, 600, 600), 10.0)
    assert fold(TrackState(), fixes, [stop()]).stop("as_1").set_out_ms is None


def test_the_next_job_waits_until_the_visit_is_over():
    far = circle_fence(fix_at(9000, 0, 0).place, 60.0)
    plan = [stop("as_1"), stop("as_2", sequence=2, fence=far)]
    state = fold(TrackState(), a_visit(), plan)
    left_ms = state.stop("as_1").fence.attendances[0].left_ms
    assert state.stop("as_2").set_out_ms == pytest.approx(left_ms, abs=30_000)


def test_who_is_at_another_job_was_not_on_the_way_and_sets_out_after_it():
    far = circle_fence(fix_at(9000, 0, 0).place, 60.0)
    plan = [stop("as_1", fence=far), stop("as_2", sequence=2)]
    fixes = a_visit()
    arrived_s = 60 + 2000 / (50 / 3.6)
    on_the_way = fold(TrackState(), [fix for fix in fixes if fix.at_ms < START_MS + 150_000], plan)
    assert on_the_way.stop("as_1").set_out_ms is not None
    there_ms = START_MS + round((arrived_s + 400) * 1000)
    there = fold(TrackState(), [fix for fix in fixes if fix.at_ms < there_ms], plan)
    assert there.stop("as_2").fence.inside
    assert there.stop("as_1").set_out_ms is None
    after = fold(TrackState(), fixes, plan)
    left_ms = after.stop("as_2").fence.attendances[0].left_ms
    assert after.stop("as_1").set_out_ms == pytest.approx(left_ms, abs=30_000)


def test_a_word_that_one_is_at_another_job_counts_from_then_until_it_ends():
    told_ms = START_MS + 300_000
    far, beside = (circle_fence(fix_at(*at, 0).place, 60.0) for at in ((9000, 0), (300, 900)))
    told = replace(stop("as_2", until_s=900, sequence=2, fence=beside), told_ms=told_ms)
    plan = [stop("as_1", fence=far), told]
    fixes = a_visit(stays_s=900)
    state = TrackState()
    seen = {}
    for fix in fixes:
        state = fold(state, [fix], plan)
        seen[fix.at_ms] = state.stop("as_1").set_out_ms
    assert all(since is None for at_ms, since in seen.items() if told_ms <= at_ms < told.until_ms)
    assert any(since is not None for at_ms, since in seen.items() if at_ms < told_ms)
    assert seen[fixes[-1].at_ms] > told.until_ms


def test_a_rule_without_distances_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        TripRule(step_m=0)
