"""The board as a whole: its version, and what it says of days that aren't usual."""

from dataclasses import replace
from datetime import timedelta

import shapely

from geo_dispatch.roads.changes import speed_factor
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.dispatching import board
from tests.support.records import DISPATCHER
from tests.support.road_works import close

STREET = "A----B----C----D"


def sheet(desk, **filters):
    return board.sheet(desk.ctx, None, board.Filters(**filters), positions=desk.positions)


def conflicts(desk):
    return board.conflicts(desk.ctx, None, positions=desk.positions)[2]


def test_the_version_lasts_for_a_minute_for_planned_times_move_without_any_event(desk):
    van = desk.technician("Van 01", "A")
    desk.assign(desk.order("C"), van)
    first = sheet(desk)
    desk.clock.now += timedelta(seconds=30)
    assert sheet(desk).version == first.version
    assert board.version_of(desk.ctx, first.on, board.Filters()) == first.version
    desk.clock.now += timedelta(seconds=30)
    later = sheet(desk)
    assert later.lanes[0].visits[0].begin_at > first.lanes[0].visits[0].begin_at
    assert later.version != first.version
    assert sheet(desk, work_class="project").version != later.version


def test_a_board_of_roads_as_they_were_is_not_the_one_of_roads_as_they_are(desk):
    van = desk.technician("Van 01", "A")
    desk.assign(desk.order("C"), van)
    slow = speed_factor(shapely.box(9.0, 46.0, 10.0, 48.0), 50.0)
    road_changes.enter(desk.ctx, slow, road_changes.Note("black ice"), actor=DISPATCHER)
    behind = replace(desk.ctx, live_roads=LiveRoads(desk.town.engine))
    first = board.sheet(behind, None, board.Filters(), positions=desk.positions)
    behind.follow_roads()
    then = board.sheet(behind, None, board.Filters(), positions=desk.positions)
    assert then.lanes[0].visits[0].travel_s > 10 * first.lanes[0].visits[0].travel_s
    assert then.version != first.version
    assert then.version == board.version_of(desk.ctx, first.on, board.Filters())


def test_a_visit_that_a_closure_cuts_off_is_a_conflict_that_names_it(desk):
    van = desk.technician("Van 01", "A")
    for place in "AD":
        desk.assign(desk.order(place), van)
    assert conflicts(desk) == []
    closure = close(desk, "BC").record
    (cut,) = conflicts(desk)
    assert cut.kind == "travel"
    assert cut.fact.startswith("no way by road to WO-1002")
    assert cut.fact.endswith(f": closed by {closure.label}")


def test_without_any_technician_there_are_no_lanes_but_a_backlog(desk):
    order = desk.order("B", window=desk.window(-180, -120))
    shown = sheet(desk)
    assert shown.lanes == ()
    [waiting] = shown.backlog
    assert (waiting.order.id, waiting.slack_s, waiting.flags) == (order.id, -7200.0, ("late",))
