"""The board as a whole: its version, and what it says of days that aren't usual."""

from datetime import timedelta

import pytest

from geo_dispatch.services.dispatching import board
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap("A----B----C"), tmp_path_factory.mktemp("street"))


@pytest.fixture
def desk(tmp_path, town):
    with open_dispatch_office(tmp_path, town) as office:
        yield office


def sheet(desk, **filters):
    return board.sheet(desk.ctx, None, board.Filters(**filters), positions=desk.positions)


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


def test_without_any_technician_there_are_no_lanes_but_a_backlog(desk):
    order = desk.order("B", window=desk.window(-180, -120))
    shown = sheet(desk)
    assert shown.lanes == ()
    [waiting] = shown.backlog
    assert (waiting.order.id, waiting.slack_s, waiting.flags) == (order.id, -7200.0, ("late",))
