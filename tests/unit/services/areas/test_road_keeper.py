"""Each process keeps its roads by itself: on time, without Redis, whatever becomes of SQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.live.log_tail import end_of_log, read_log
from geo_dispatch.kernel.errors import GraphUnavailable
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.areas.road_keeper import RoadKeeper, keeping
from tests.support.records import DISPATCHER
from tests.support.road_works import close, seconds, told
from tests.support.waiting import until

STREET = """
A----B----C
|         |
D---------E
"""


def other_process(desk):
    """The same records, seen by a process that has just begun."""
    return replace(desk.ctx, live_roads=LiveRoads(desk.town.engine))


def drive_s(ctx, desk):
    return ctx.roads.drive_times(desk.town.at("A"), [desk.town.at("C")])[0]


def test_a_process_notices_changes_and_their_end_by_itself(desk):
    ctx, before = other_process(desk), seconds(desk, "A", "C")
    with keeping(ctx):
        assert drive_s(ctx, desk) == before
        closure = close(desk, "AB")
        until(lambda: drive_s(ctx, desk) > before, 10, "the other process to notice")
        road_changes.undo(desk.ctx, closure.record.id, actor=DISPATCHER)
        until(lambda: drive_s(ctx, desk) == before, 10, "the other process to notice its end")


def test_a_change_holds_in_its_window_and_the_log_tells_both_ends_once(desk):
    before, now = seconds(desk, "A", "C"), desk.clock.now
    hour = timedelta(hours=1)
    planned = close(desk, "AB", starts_at=now + hour, ends_at=now + 2 * hour).record
    keepers = [RoadKeeper(desk.ctx), RoadKeeper(other_process(desk))]

    def turn():
        for keeper in keepers * 2:
            keeper.turn()
        return [drive_s(keeper.ctx, desk) for keeper in keepers]

    assert turn() == [before, before]
    assert told(desk) == [(planned.id, False)]
    desk.clock.go_on(hours=1)
    assert all(one > before for one in turn())
    assert told(desk) == [(planned.id, False), (planned.id, True)]
    desk.clock.go_on(hours=1)
    assert turn() == [before, before]
    assert told(desk) == [(planned.id, False), (planned.id, True), (planned.id, False)]
    RoadKeeper(other_process(desk)).turn()
    assert len(told(desk)) == 3, "nor does a process tell it again that begins later"


def test_a_process_whose_clock_is_behind_doesnt_tell_that_a_change_ended_that_begins(desk):
    planned = close(desk, "AB", starts_at=desk.clock.now + timedelta(hours=1)).record
    behind = replace(other_process(desk), clock=lambda start=desk.clock.now: start)
    desk.clock.go_on(hours=1)
    RoadKeeper(desk.ctx).turn()
    RoadKeeper(behind).turn()
    assert told(desk) == [(planned.id, False), (planned.id, True)]


def test_an_end_that_nobody_saw_is_told_by_whoever_comes_next(desk):
    planned = close(desk, "AB", ends_at=desk.clock.now + timedelta(hours=1)).record
    desk.clock.go_on(hours=5)
    RoadKeeper(other_process(desk)).turn()
    assert told(desk) == [(planned.id, True), (planned.id, False)]


def test_a_process_drives_by_a_change_before_it_tells_its_pages(desk):
    before = seconds(desk, "A", "C")
    closure = close(desk, "AB").record
    ctx = other_process(desk)
    assert drive_s(ctx, desk) == before
    assert read_log(ctx, 0)[-1].body["id"] == closure.id
    assert drive_s(ctx, desk) > before


def test_a_page_that_begins_behind_a_change_meets_a_process_that_drives_by_it(desk):
    before, ctx = seconds(desk, "A", "C"), other_process(desk)
    close(desk, "AB")
    end_of_log(ctx)
    assert drive_s(ctx, desk) > before


def test_while_sql_is_away_the_roads_stay_and_readiness_says_so(desk):
    close(desk, "AB")
    ctx, slow = other_process(desk), seconds(desk, "A", "C")
    RoadKeeper(ctx).turn()
    with keeping(ctx):
        ctx.live_roads.require()
        with desk.ctx.store.write() as unit:
            unit.connection.exec_driver_sql("ALTER TABLE road_changes RENAME TO road_changes_away")
            unit.commit()
        until(lambda: ctx.live_roads.trouble, 10, "the process to miss the records")
        assert drive_s(ctx, desk) == slow
        with pytest.raises(GraphUnavailable, match="changes on the road may be missing"):
            ctx.live_roads.require()
        with desk.ctx.store.write() as unit:
            unit.connection.exec_driver_sql("ALTER TABLE road_changes_away RENAME TO road_changes")
            unit.commit()
        until(lambda: not ctx.live_roads.trouble, 10, "the records to be back")
        ctx.live_roads.require()
