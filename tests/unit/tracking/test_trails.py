"""Trails: broken where nobody knows, thinned without lying about time or place."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_dispatch.kernel.geo import lonlat_to_local_m
from geo_dispatch.tracking import trails
from tests.support.fixes import SITE, a_visit, driving, fix_at, noisy, standing


def test_a_pause_breaks_a_trail_and_no_fix_is_lost():
    morning, later = standing(0, 0, 0, 600), driving((0, 0), (3000, 0), 1300)
    found = list(trails.pieces([*morning, *later]))
    assert found == [morning, later]


def test_a_jump_and_what_the_phone_makes_up_are_no_part_of_a_trail():
    drive = driving((0, 0), (2000, 0), 0)
    jump = fix_at(50_000, 0, 12.0)
    made_up = fix_at(100, 500, 13.0, mock=True)
    fixes = sorted([*drive, jump, made_up], key=lambda fix: fix.key)
    assert list(trails.pieces(fixes)) == [drive]


def test_long_pieces_are_cut_and_go_on_from_the_same_fix():
    count = 2 * trails.LONGEST_PIECE + 100
    fixes = standing(0, 0, 0, count, every_s=1.0)
    found = list(trails.pieces(fixes))
    assert all(len(piece) <= trails.LONGEST_PIECE + 1 for piece in found)
    assert [fix for piece in found for fix in piece[1:]] == fixes[1:]
    assert all(a[-1] == b[0] for a, b in itertools.pairwise(found))


TRACKS = st.lists(
    st.tuples(st.integers(-500, 500), st.integers(-500, 500), st.integers(1, 60)),
    min_size=1,
    max_size=40,
)


@given(steps=TRACKS, tolerance_m=st.sampled_from([0.0, 5.0, 30.0, 200.0]))
def test_what_is_left_out_was_at_its_time_within_the_tolerance_of_the_line(steps, tolerance_m):
    at_s, fixes = 0, []
    for east, north, after_s in steps:
        at_s += after_s
        fixes.append(fix_at(east, north, at_s))
    kept = trails.thinned(fixes, tolerance_m)
    assert (kept[0], kept[-1]) == (fixes[0], fixes[-1])
    assert set(kept) <= set(fixes)
    at_ms = [fix.at_ms for fix in kept]
    lines = lonlat_to_local_m(trails.lonlats_of(kept), SITE)
    places = lonlat_to_local_m(trails.lonlats_of(fixes), SITE)
    for fix, place in zip(fixes, places, strict=True):
        on_line = [np.interp(fix.at_ms, at_ms, lines[:, axis]) for axis in (0, 1)]
        assert np.hypot(*(place - on_line)) <= tolerance_m + 0.05


def test_a_drive_without_error_needs_few_points_and_a_halt_keeps_both_its_ends():
    drive, halt = driving((0, 0), (3000, 0), 0), standing(3000, 0, 216, 600)
    kept = trails.thinned([*drive, *halt], 10.0)
    assert 3 <= len(kept) <= 5
    assert any(abs(fix.at_ms - halt[0].at_ms) <= 5000 for fix in kept)


def test_a_stay_is_told_and_a_red_light_is_none():
    visit = noisy(a_visit(stays_s=1200), 6.0)
    found = trails.stays(visit)
    assert [round((one.until_ms - one.since_ms) / 60_000) for one in found] == [20]
    drive = [*driving((0, 0), (2000, 0), 0), *standing(2000, 0, 144, 90)]
    onwards = driving((2000, 0), (4000, 0), 234)
    assert trails.stays([*drive, *onwards]) == []


@pytest.mark.parametrize("count", [1, 2])
def test_the_smallest_pieces_stay_as_they_are(count):
    piece = standing(0, 0, 0, 5 * count)
    assert trails.thinned(piece, 100.0) == piece
    assert trails.length_m(piece) == 0.0


def test_fixes_of_one_moment_do_not_divide_by_zero():
    fixes = [replace(fix_at(east, 0, 0), at_ms=1) for east in (0, 100, 0)]
    assert trails.thinned(fixes, 10.0) == fixes
