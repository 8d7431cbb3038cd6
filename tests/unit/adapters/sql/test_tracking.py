"""Fixes, states and shard positions in SQL."""

import itertools
from dataclasses import replace

import pytest

from geo_dispatch.adapters.sql.tracking import ShardPosition
from geo_dispatch.kernel.errors import Conflict
from geo_dispatch.tracking.fixes import each_once
from geo_dispatch.tracking.track import REMEMBERED_MS, TrackState, fold
from tests.support.databases import sqlite_store
from tests.support.fixes import a_visit, fix_at, standing
from tests.unit.tracking.test_trips import stop


@pytest.fixture
def unit(tmp_path):
    with sqlite_store(tmp_path) as store, store.write() as unit:
        yield unit


def test_a_shard_moves_on_from_where_it_stands_only(unit):
    start, one, two = unit.tracking.position(0), ShardPosition("5-0", 3), ShardPosition("6-1", 3)
    unit.tracking.advance(0, start, one)
    assert unit.tracking.position(0) == one
    for before, after in ((start, two), (one, ShardPosition("6-0", 2))):
        with pytest.raises(Conflict, match="no longer ours"):
            unit.tracking.advance(0, before, after)
    unit.tracking.advance(0, one, two)
    assert unit.tracking.position(0) == two
    assert unit.tracking.position(1) == ShardPosition()


def test_a_fix_is_in_history_once_and_told_back_when_it_is_new(unit):
    fixes = standing(0, 0, 0, 5000)
    assert unit.tracking.add_fixes([*reversed(fixes), *fixes], 7) == fixes
    assert unit.tracking.add_fixes([*fixes, fix_at(1, 0, 0)], 8) == [fix_at(1, 0, 0)]
    found = unit.tracking.fixes("te_1", 0)
    assert sorted([*fixes, fix_at(1, 0, 0)], key=lambda fix: fix.key) == found
    assert unit.tracking.fixes("te_1", fixes[3].at_ms, fixes[5].at_ms) == fixes[4:6]
    assert unit.tracking.fixes("te_1", fixes[3].at_ms, limit=3) == fixes[4:7]


REPORTS = [
    fix_at(0, 0, 0, accuracy_m=accuracy_m, speed_mps=speed_mps, heading_deg=heading_deg, mock=mock)
    for accuracy_m in (5.0, 20.0, None)
    for speed_mps in (0.0, None)
    for heading_deg in (90.0, None)
    for mock in (False, True)
]
"""What a phone may tell of one fix when it sends it again; the least rank first."""


def test_of_several_reports_of_a_fix_the_same_one_counts_in_whatever_order_they_come(unit):
    least = REPORTS[0]
    assert least.rank == min(report.rank for report in REPORTS)
    for number, reports in enumerate(itertools.permutations(REPORTS[::5])):
        own = [replace(one, technician_id=f"te_{number}") for one in reports]
        for one in own:
            unit.tracking.add_fixes([one], 7)
        (kept,) = unit.tracking.fixes(f"te_{number}", 0)
        assert kept == replace(least, technician_id=f"te_{number}")
        (together,) = each_once(own)
        assert together == kept


@pytest.mark.parametrize(("worse", "better"), [*itertools.pairwise(reversed(REPORTS))])
def test_only_a_report_of_lesser_rank_changes_a_fix(unit, worse, better):
    assert worse.rank > better.rank
    assert unit.tracking.add_fixes([worse], 7) == [worse]
    assert unit.tracking.add_fixes([better], 8) == [better]
    assert unit.tracking.add_fixes([worse, better], 9) == []


def test_a_state_comes_back_as_it_was(unit):
    state = fold(TrackState(), a_visit(), [stop()])
    assert state.stop("as_1").fence.attendances
    assert unit.tracking.state("te_1") is None
    unit.tracking.save_states({"te_1": TrackState(), "te_2": state})
    unit.tracking.save_states({"te_1": state})
    assert unit.tracking.states(["te_1", "te_2", "te_3"]) == {"te_1": state, "te_2": state}


def test_the_snapshot_before_a_time_holds_older_fixes_only(unit):
    states = [TrackState(seen_ms=ms) for ms in (100, 200, 300)]
    unit.tracking.add_snapshots({"te_1": states, "te_2": states[:1]})
    assert unit.tracking.snapshot_before("te_1", 200).seen_ms == 100
    assert unit.tracking.snapshot_before("te_1", 201).seen_ms == 200
    assert unit.tracking.snapshot_before("te_1", 50) == TrackState()
    unit.tracking.forget_snapshots("te_1", 100)
    unit.tracking.add_snapshots({"te_1": [TrackState(seen_ms=250)]})
    assert unit.tracking.snapshot_before("te_1", 999).seen_ms == 250
    assert unit.tracking.snapshot_before("te_1", 250).seen_ms == 100


def test_snapshots_that_no_fix_can_need_go_but_for_the_newest_of_them(unit):
    later = 300 + REMEMBERED_MS
    both = {one: [TrackState(seen_ms=ms) for ms in (100, 200)] for one in ("te_1", "te_2")}
    unit.tracking.add_snapshots(both)
    unit.tracking.add_snapshots({"te_1": [TrackState(seen_ms=later)]})
    assert unit.tracking.snapshot_before("te_1", 150) == TrackState()
    assert unit.tracking.snapshot_before("te_1", 300).seen_ms == 200
    assert unit.tracking.snapshot_before("te_2", 150).seen_ms == 100
