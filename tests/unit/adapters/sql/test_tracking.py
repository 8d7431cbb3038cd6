"""Fixes, states and shard positions in SQL."""

import pytest

from geo_dispatch.adapters.sql.tracking import ShardPosition
from geo_dispatch.kernel.errors import Conflict
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


def test_a_fix_is_in_history_once_and_as_it_came_first(unit):
    fixes = standing(0, 0, 0, 5000)
    assert unit.tracking.unknown([*fixes, *fixes]) == fixes
    unit.tracking.add_fixes(fixes, 7)
    unit.tracking.add_fixes([fix_at(0, 0, 0, accuracy_m=99.0), fix_at(1, 0, 0)], 8)
    assert unit.tracking.unknown(fixes) == []
    found = unit.tracking.fixes("te_1", 0)
    assert sorted([*fixes, fix_at(1, 0, 0)], key=lambda fix: fix.key) == found
    assert unit.tracking.fixes("te_1", fixes[3].at_ms, fixes[5].at_ms) == fixes[4:6]


def test_a_state_comes_back_as_it_was(unit):
    state = fold(TrackState(), a_visit(), [stop()])
    assert state.stop("as_1").fence.attendances
    assert unit.tracking.state("te_1") is None
    unit.tracking.save_state("te_1", TrackState())
    unit.tracking.save_state("te_1", state)
    assert unit.tracking.state("te_1") == state


def test_the_snapshot_before_a_time_holds_older_fixes_only(unit):
    states = [TrackState(seen_ms=ms) for ms in (100, 200, 300)]
    unit.tracking.replace_snapshots("te_1", 0, states)
    assert unit.tracking.snapshot_before("te_1", 200).seen_ms == 100
    assert unit.tracking.snapshot_before("te_1", 201).seen_ms == 200
    assert unit.tracking.snapshot_before("te_1", 50) == TrackState()
    unit.tracking.replace_snapshots("te_1", 100, [TrackState(seen_ms=250)])
    assert unit.tracking.snapshot_before("te_1", 999).seen_ms == 250
    assert unit.tracking.snapshot_before("te_1", 250).seen_ms == 100


def test_snapshots_that_no_fix_can_need_go_but_for_the_newest_of_them(unit):
    later = 300 + REMEMBERED_MS
    unit.tracking.replace_snapshots("te_1", 0, [TrackState(seen_ms=ms) for ms in (100, 200)])
    unit.tracking.replace_snapshots("te_1", 200, [TrackState(seen_ms=later)])
    assert unit.tracking.snapshot_before("te_1", 150) == TrackState()
    assert unit.tracking.snapshot_before("te_1", 300).seen_ms == 200
