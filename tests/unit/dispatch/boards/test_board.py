"""Lanes of a day, and who is free in it."""

from datetime import date, datetime, time, timedelta

import pytest

from geo_dispatch.dispatch.boards.board import day_window, lane_of
from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.days.free import availability_of
from geo_dispatch.dispatch.records.technicians import Break, Leave, Shift
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    ZONE,
    FlatLand,
    a_plan,
    a_stop,
    a_technician,
    an_order,
    at,
    minutes,
    on_site_since,
)

MONDAY = date(2026, 11, 23)
LUNCH = Break(time(12), time(13), 1800.0)
SHIFTS = tuple(Shift(day, time(8), time(17), (LUNCH,)) for day in range(7))


def a_day(*stops, technician=None):
    technician = technician or a_technician(shifts=SHIFTS)
    plan = a_plan(technician, at(0), stops)
    return day_of(plan, FlatLand().drives, NOW, ZONE, slack=True)


def clock(hour, minute=0, day=23):
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def test_a_lane_counts_driving_and_work_and_places_the_break_that_is_still_to_come():
    stop = a_stop("wo_1", at(6000), duration_s=3600.0)
    lane = lane_of(a_day(stop), [], MONDAY)
    assert lane.load_s == pytest.approx(600 + 3600, abs=1)
    assert [(one.begin_at, one.end_at) for one in lane.breaks] == [(clock(12), clock(12, 30))]
    assert [window.start for window in lane.duties] == [clock(8)]


def test_what_was_done_stays_in_the_lane_and_what_is_for_tomorrow_is_tomorrows():
    done = an_order("wo_0", status=Status.COMPLETE, started_at=NOW - minutes(60), ended_at=NOW)
    tomorrow = Window(clock(9, day=24), clock(10, day=24))
    day = a_day(a_stop("wo_1", at(0), 1), a_stop("wo_2", at(0), 2, window=tomorrow))
    today = lane_of(day, [(done, at(0))], MONDAY)
    assert [visit.order.id for visit in today.visits] == ["wo_0", "wo_1"]
    assert today.load_s == pytest.approx(7200)
    assert not today.visits[0].movable
    assert [v.order.id for v in lane_of(day, [], date(2026, 11, 24)).visits] == ["wo_2"]


@pytest.mark.capability("FA-053")
def test_a_project_is_in_the_lane_of_each_of_its_days():
    project = a_stop("wo_1", at(0), work_class="project", duration_s=14 * 3600.0)
    day = a_day(project)
    for on in (MONDAY, date(2026, 11, 24)):
        assert [visit.order.id for visit in lane_of(day, [], on).visits] == ["wo_1"]


@pytest.mark.capability("FA-034")
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"pinned": True}, "pinned by a person"),
        (on_site_since(NOW) | {"pinned": True}, "the technician is there"),
        ({"status": Status.EN_ROUTE}, "the technician is on the way"),
        (on_site_since(NOW), "the technician is there"),
        ({"status": Status.NEEDS_HELP, "helped_from": Status.ON_SITE}, ""),
        ({}, ""),
    ],
)
def test_a_visit_says_whether_it_can_be_moved_and_why_not(fields, why):
    (visit,) = lane_of(a_day(a_stop("wo_1", at(0), **fields)), [], MONDAY).visits
    assert (visit.movable, visit.why_not) == (not why, why)


def test_a_day_that_changes_the_clocks_is_as_long_as_it_is():
    spring = day_window(date(2026, 3, 29), ZONE)
    assert spring.end - spring.start == timedelta(hours=23)


@pytest.mark.capability("BO-049")
def test_what_somebody_does_at_a_moment_and_when_they_are_next_free():
    leave = Leave(Window(clock(15), clock(16)), "school")
    technician = a_technician(shifts=SHIFTS, leave=(leave,))
    stop = a_stop("wo_1", at(6000), duration_s=3600.0)
    opens = Window(clock(13, 20), clock(13, 40))
    later = a_stop("wo_2", at(6000), 2, window=opens, duration_s=3600.0)
    day = a_day(stop, later, technician=technician)
    told = {
        text: availability_of(day, moment)
        for text, moment in {
            "driving": clock(10, 5),
            "working": clock(10, 30),
            "waiting": clock(13),
            "free": clock(14, 30),
            "on_leave": clock(15, 30),
            "off_shift": clock(18),
        }.items()
    }
    assert [one.doing for one in told.values()] == list(told)
    assert told["driving"].place is None
    assert told["working"].place == at(6000)
    assert told["free"].place == at(6000)
    assert told["free"].free_until == clock(17)
    assert told["on_leave"].free_from == clock(16)
    assert told["off_shift"].free_from == clock(8, day=24)


def test_nobody_is_free_whose_place_is_unknown():
    plan = a_plan(a_technician(shifts=SHIFTS), None)
    day = day_of(plan, FlatLand().drives, NOW, ZONE, slack=True)
    assert availability_of(day, NOW).doing == "unknown"
