"""A day worked out: breaks, leave, access, nights, projects, agreed starts, and what they break."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from geo_dispatch.dispatch.days.day import day_of, days_of
from geo_dispatch.dispatch.days.feasibility import Limit
from geo_dispatch.dispatch.days.insertion import insertions
from geo_dispatch.dispatch.days.plan import Prior
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import Break, Leave, Shift
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    ZONE,
    FlatLand,
    a_case,
    a_plan,
    a_site,
    a_stop,
    a_technician,
    an_order,
    at,
    minutes,
    on_site_since,
)


def clock(text: str, day: int = 23) -> datetime:
    """That time in Vaduz in November 2026."""
    hour, minute = map(int, text.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def shifts(start="08:00", end="17:00", *breaks: Break) -> tuple[Shift, ...]:
    return tuple(
        Shift(day, time.fromisoformat(start), time.fromisoformat(end), breaks) for day in range(7)
    )


LUNCH = Break(time(12), time(13), 1800.0)


def walked(*stops, technician=None, now=NOW, **plan):
    fields = {"seen_at": now, "place": at(0), **plan}
    return day_of(
        a_plan(technician or a_technician(), stops=stops, **fields),
        FlatLand().drives,
        now,
        ZONE,
        slack=True,
    ).schedule


def begins(schedule):
    return [stay.begin_at for stay in schedule.stays]


def broken(schedule):
    return {(one.order_id, one.limit) for one in schedule.violations}


def here(name="wo_1", sequence=1, **fields):
    """A visit without any drive, of an hour."""
    return a_stop(name, at(0), sequence, **{"duration_s": 3600.0, **fields})


def test_a_break_whose_time_has_come_is_taken_before_driving_on():
    lunching = a_technician(shifts=shifts("08:00", "17:00", LUNCH))
    day = walked(here(duration_s=2.25 * 3600), here("wo_2", 2), technician=lunching)
    assert begins(day) == [clock("10:00"), clock("12:45")]
    assert [(one.begin_at, one.end_at) for one in day.pauses] == [(clock("12:15"), clock("12:45"))]


def test_work_that_lasts_through_a_break_pauses_for_it():
    lunching = a_technician(shifts=shifts("08:00", "17:00", LUNCH))
    day = walked(here(duration_s=4 * 3600), technician=lunching)
    assert day.free_at == clock("14:30")
    assert [one.begin_at for one in day.pauses] == [clock("12:00")]
    assert not day.violations


def test_whoever_could_not_take_the_break_behind_the_stop_waits_for_it():
    lunching = a_technician(shifts=shifts("08:00", "17:00", LUNCH))
    opens = Window(clock("12:10"), clock("16:00"))
    day = walked(here(duration_s=6600.0), here("wo_2", 2, window=opens), technician=lunching)
    assert begins(day)[1] == clock("12:30")
    assert [one.begin_at for one in day.pauses] == [clock("12:00")]


@pytest.mark.capability("FA-013")
def test_leave_within_the_shift_is_stepped_around_and_leave_beyond_it_is_a_limit():
    doctor = a_technician(leave=(Leave(Window(clock("11:00"), clock("12:00")), "doctor"),))
    day = walked(here(), here("wo_2", 2), technician=doctor)
    assert begins(day) == [clock("10:00"), clock("12:00")]
    assert not day.violations
    ill = a_technician(leave=(Leave(Window(clock("11:30"), clock("08:00", 25)), "ill"),))
    day = walked(here(), here("wo_2", 2), here("wo_3", 3), technician=ill)
    assert begins(day)[1:] == [clock("08:00", 25), clock("09:00", 25)]
    assert broken(day) == {("wo_2", Limit.LEAVE), ("wo_3", Limit.LEAVE)}
    assert "ill" in day.violations[0].fact


@pytest.mark.parametrize(
    ("away", "begin"),
    [
        (("11:30", "14:00"), "14:00"),  # it is had in the leave
        (("12:50", "13:10"), "13:40"),  # which is too short for it: it comes right behind
        (("11:00", "12:30"), "13:00"),  # and this one ends before its time has passed
    ],
)
def test_a_break_whose_time_passes_in_a_leave_breaks_no_limit(away, begin):
    leave = Leave(Window(*map(clock, away)), "doctor")
    lunching = a_technician(shifts=shifts("08:00", "17:00", LUNCH), leave=(leave,))
    until = (leave.window.start - NOW).total_seconds()
    day = walked(here(duration_s=until), here("wo_2", 2), technician=lunching)
    assert begins(day) == [clock("10:00"), clock(begin)]
    assert not day.violations


def test_a_project_that_a_leave_interrupts_has_its_breaks():
    leave = Leave(Window(clock("11:00"), clock("12:30")))
    lunching = a_technician(shifts=shifts("08:00", "17:00", LUNCH), leave=(leave,))
    project = here(duration_s=3 * 3600.0, work_class="project")
    day = walked(project, here("wo_2", 2), technician=lunching)
    assert [stay.finish_at for stay in day.stays] == [clock("15:00"), clock("16:00")]
    assert [one.begin_at for one in day.pauses] == [clock("12:30")]
    assert not day.violations


def test_a_project_that_goes_on_at_the_time_of_a_break_has_slack_up_to_its_deadline():
    early = a_technician(shifts=shifts("08:00", "17:00", Break(time(8), time(10), 1800.0)))
    project = here(duration_s=10 * 3600.0, work_class="project", due_at=clock("17:00", 24))
    (stay,) = walked(project, technician=early).stays
    assert (stay.finish_at, stay.slack_s) == (clock("11:30", 24), 5.5 * 3600)


def test_of_two_breaks_whose_time_has_come_the_more_urgent_is_taken_first():
    breaks = (Break(time(10), time(14), 900.0), Break(time(11), time(11), 900.0))
    busy = a_technician(shifts=shifts("08:00", "17:00", *breaks))
    opens = Window(clock("13:00"), clock("16:00"))
    day = walked(
        here(duration_s=3600.0, **on_site_since(NOW)),
        here("wo_2", 2, window=opens),
        technician=busy,
    )
    assert [one.begin_at for one in day.pauses] == [clock("11:00"), clock("11:15")]
    assert not day.violations


def test_whoever_is_on_duty_through_midnight_is_not_sent_home_for_the_next_shift():
    around_the_clock = a_technician(shifts=shifts("00:00", "00:00"), home=at(60))
    night = Window(clock("00:00", 24), clock("02:00", 24))
    day = walked(here(), a_stop("wo_2", at(0), 2, window=night), technician=around_the_clock)
    assert begins(day)[1] == clock("00:00", 24)
    alarm = a_stop("wo_2", at(0), 2, window=night, priority=1)
    day = walked(here(), alarm, technician=around_the_clock)
    assert begins(day)[1] == clock("00:00", 24)


@pytest.mark.capability("FA-057")
def test_work_waits_for_the_site_to_open_and_must_end_before_it_closes():
    access = tuple(Hours(day, time(11), time(13)) for day in range(5))
    day = walked(replace(here(), access=access))
    assert begins(day) == [clock("11:00")]
    late = walked(replace(here(duration_s=3 * 3600), access=access))
    (violation,) = late.violations
    assert (violation.limit, violation.by_s) == (Limit.ACCESS, 3600.0)
    assert violation.fact == "done at 14:00, but the site closes at 13:00"


def test_the_shift_limits_the_end_of_the_work_and_says_by_how_much():
    day = walked(here(duration_s=6 * 3600), here("wo_2", 2, duration_s=5400.0))
    (violation,) = day.violations
    assert (violation.limit, violation.order_id, violation.by_s) == (Limit.SHIFT, "wo_2", 1800.0)
    assert violation.fact == "done at 17:30, but the shift ends at 17:00"


def test_overtime_lets_work_end_later_and_is_counted():
    day = (here(duration_s=6 * 3600), here("wo_2", 2, duration_s=5400.0))
    allowed = walked(*day, overtime_s=1800.0)
    assert (allowed.violations, allowed.overtime_s) == ((), 1800.0)
    (violation,) = walked(*day, overtime_s=1200.0).violations
    assert (violation.limit, violation.by_s) == (Limit.SHIFT, 600.0)
    assert violation.fact.startswith("done at 17:30, but overtime ends ")


def test_who_is_still_at_it_after_the_shift_goes_on_with_the_day_in_overtime_only():
    now = clock("17:10")
    work = here(duration_s=5400.0, **on_site_since(clock("16:00")))
    behind = here("wo_2", 2, duration_s=1200.0)
    day = walked(work, behind, now=now, overtime_s=3600.0)
    assert begins(day)[1] == clock("17:30")
    assert (day.violations, day.overtime_s) == ((), 50 * 60.0)
    assert begins(walked(work, behind, now=now))[1] == clock("08:00", 24)
    assert begins(walked(behind, now=now, overtime_s=3600.0)) == [clock("08:00", 24)]


def test_the_end_of_a_split_shift_is_not_the_end_of_the_day():
    split = shifts("08:00", "12:00") + shifts("13:00", "17:00")
    late = here(duration_s=3600.0, **on_site_since(clock("17:00")))
    behind = here("wo_2", 2, duration_s=600.0)
    fields = {"technician": a_technician(shifts=split), "overtime_s": 7 * 3600.0}
    evening = walked(late, behind, now=clock("17:30"), **fields)
    assert (begins(evening)[1], evening.overtime_s) == (clock("18:00"), 70 * 60.0)
    noon = walked(behind, now=clock("12:30"), **fields)
    assert begins(noon) == [clock("13:00")]


@pytest.mark.capability("FA-053")
def test_a_project_goes_on_in_the_next_shift_and_blocks_the_lane_until_it_is_done():
    lunching = a_technician(shifts=shifts("08:00", "17:00", LUNCH))
    project = here(work_class="project", duration_s=12 * 3600.0)
    inspection = here("wo_2", 2, work_class="inspection")
    day = walked(project, inspection, technician=lunching)
    first, second = day.stays
    # 6.5 h of work on Monday, and 5.5 h on Tuesday with a break in them
    assert (first.begin_at, first.finish_at) == (clock("10:00"), clock("14:00", 24))
    assert second.begin_at == clock("14:00", 24)
    assert not day.violations


def test_a_stop_promised_for_tomorrow_is_driven_to_from_home_when_the_shift_begins():
    tomorrow = Window(clock("08:00", 24), clock("12:00", 24))
    day = walked(
        here(),
        a_stop("wo_2", at(6000), 2, window=tomorrow),
        technician=a_technician(home=at(3000)),
    )
    assert day.stays[1].depart_at == clock("08:00", 24)
    assert day.stays[1].drive_s == pytest.approx(300, abs=1)


def test_a_night_shift_goes_through_midnight():
    night = a_technician(shifts=shifts("22:00", "06:00"))
    day = walked(here(), here("wo_2", 2, duration_s=7200.0), technician=night, now=clock("23:30"))
    assert begins(day) == [clock("23:30"), clock("00:30", 24)]
    assert not day.violations


@pytest.mark.parametrize(
    ("evening", "length"),
    [(datetime(2026, 3, 28, 21, tzinfo=UTC), 7), (datetime(2026, 10, 24, 20, tzinfo=UTC), 9)],
)
def test_the_night_that_changes_the_clocks_is_as_long_as_it_is(evening, length):
    night = a_technician(shifts=shifts("22:00", "06:00"))
    day = walked(here(duration_s=length * 3600.0), technician=night, now=evening)
    assert not day.violations
    longer = walked(here(duration_s=length * 3600.0 + 60), technician=night, now=evening)
    assert [one.by_s for one in longer.violations] == [60.0]


@pytest.mark.capability("BO-060")
def test_out_of_hours_only_emergencies_are_driven_to_by_who_is_on_call():
    rota = (Window(clock("18:00"), clock("23:00")),)
    late = clock("19:00")
    on_call = a_technician(on_call=rota)
    emergency = here("wo_2", priority=1)
    day = walked(emergency, here("wo_3", 2), technician=on_call, now=late)
    assert begins(day) == [late, clock("08:00", 24)]
    assert not day.violations
    other = walked(emergency, technician=a_technician(), now=late)
    assert begins(other) == [clock("08:00", 24)]


def test_a_pinned_start_and_the_clocks_of_the_sla_are_limits():
    sla = Sla("gold", 1, SlaClock(3600.0, clock("10:30")), SlaClock(7200.0, clock("11:30")))
    agreed = here("wo_2", 2, start_at=clock("10:30"), pinned=True, sla=sla)
    day = walked(here(), agreed)
    assert {(one.limit, one.by_s) for one in day.violations} == {
        (Limit.PINNED_START, 1500.0),
        (Limit.SLA_RESPONSE, 1800.0),
        (Limit.SLA_COMPLETION, 1800.0),
    }
    stopped = replace(sla, response=replace(sla.response, stopped_at=NOW))
    paused = replace(stopped, completion=replace(sla.completion, paused_at=NOW))
    day = walked(here(), replace(agreed, order=replace(agreed.order, sla=paused)))
    assert {one.limit for one in day.violations} == {Limit.PINNED_START}


@pytest.mark.capability("BO-023")
def test_what_waits_for_another_order_begins_behind_it_and_moves_with_it():
    first = here("wo_a", duration_s=7200.0)
    second = replace(here("wo_b"), priors=(Prior("wo_a", "WO-A"),))
    van_1, van_2 = a_technician("van-1"), a_technician("van-2")

    def plans(*before):
        return [a_plan(van_2, stops=[second]), a_plan(van_1, stops=[*before, first])]

    drives = FlatLand().drives
    waiting, _ = days_of(plans(), drives, NOW, ZONE)
    assert begins(waiting.schedule) == [clock("12:00")]
    later, _ = days_of(plans(here("wo_0", 0)), drives, NOW, ZONE)
    assert begins(later.schedule) == [clock("13:00")]
    (alone,) = days_of([a_plan(van_2, stops=[second])], drives, NOW, ZONE)
    assert broken(alone.schedule) == {("wo_b", Limit.PREDECESSOR)}
    assert math.isinf(alone.schedule.violations[0].by_s)
    turned = walked(replace(second, order=replace(second.order, sequence=0)), first)
    assert broken(turned) == {("wo_b", Limit.PREDECESSOR)}


def test_a_crew_begins_when_the_last_of_it_is_there():
    near = a_plan(a_technician("van-1"), at(600), [here("wo_1", crew=("van-2",))])
    far = a_plan(a_technician("van-2"), at(6000), [here("wo_1", crew=("van-2",))])
    days = days_of([near, far], FlatLand().drives, NOW, ZONE)
    first, second = (day.schedule.stays[0] for day in days)
    assert first.begin_at == second.begin_at == second.arrive_at
    assert first.wait_s == pytest.approx(540, abs=2)


def test_a_technician_without_shifts_has_no_day():
    day = walked(here(), technician=a_technician(shifts=()))
    assert broken(day) == {("wo_1", Limit.SHIFT)}


def test_slack_is_what_is_left_until_the_first_limit_here_or_behind():
    due = here("wo_2", 2, due_at=clock("13:00"))
    day = walked(here(), due, here("wo_3", 3))
    assert [stay.slack_s for stay in day.stays] == [3600.0, 3600.0, 4 * 3600.0]


def test_a_wait_swallows_a_delay():
    opens = here("wo_2", 2, window=Window(clock("12:00"), clock("12:30")))
    first, second = walked(here(), opens).stays
    assert (second.wait_s, first.slack_s, second.slack_s) == (3600.0, 5400.0, 5400.0)


def test_a_limit_that_is_broken_already_does_not_count_as_slack():
    late = here("wo_2", 2, due_at=clock("11:00"))
    assert walked(here(), late).stays[0].slack_s == 5 * 3600.0


def test_slack_of_a_day_of_very_many_stops_is_told_as_well():
    lunching = a_technician(shifts=shifts("08:00", "17:00", LUNCH))
    many = [here(f"wo_{n}", n, duration_s=10.0) for n in range(1200)]
    slack = [stay.slack_s for stay in walked(*many, technician=lunching).stays]
    assert (slack[0], slack[-1]) == (3 * 3600.0, 3 * 3600.0 + 600.0)


@pytest.mark.capability("BO-011")
def test_a_place_in_the_day_says_the_way_in_and_on_and_whom_it_moves():
    day = day_of(
        a_plan(stops=[a_stop("wo_1", at(3000), 1), a_stop("wo_2", at(6000), 2)]),
        FlatLand().drives,
        NOW,
        ZONE,
    )
    case = a_case(an_order("wo_9"), a_site(at(4500)))
    first, between, last = insertions(case, day, FlatLand().drives)
    assert [one.position for one in (first, between, last)] == [0, 1, 2]
    assert between.added_drive_s == pytest.approx(0, abs=1)
    assert first.added_drive_s == pytest.approx(300, abs=2)
    assert [moved.order_id for moved in between.moved] == ["wo_2"]
    assert between.stay.drive_s == pytest.approx(150, abs=1)
    assert last.moved == ()


@pytest.mark.capability("BO-004")
def test_nothing_goes_before_what_is_under_way_nor_into_a_promise():
    window = Window(NOW, NOW + minutes(90))
    stops = [
        a_stop("wo_1", at(0), 1, **on_site_since(NOW)),
        a_stop("wo_2", at(600), 2, window=window),
    ]
    day = day_of(a_plan(stops=stops), FlatLand().drives, NOW, ZONE)
    found = insertions(a_case(an_order("wo_9")), day, FlatLand().drives)
    assert [(one.position, one.feasible) for one in found] == [(1, False), (2, True)]
    assert [(one.order_id, one.limit) for one in found[0].violations] == [("wo_2", Limit.WINDOW)]


def test_what_is_broken_already_excludes_no_place_that_makes_it_no_worse():
    late = a_stop("wo_1", at(0), 1, window=Window(NOW - minutes(60), NOW - minutes(30)))
    day = day_of(a_plan(stops=[late]), FlatLand().drives, NOW, ZONE)
    before, behind = insertions(a_case(an_order("wo_9")), day, FlatLand().drives)
    assert (before.feasible, behind.feasible) == (False, True)


def test_roads_are_asked_once_for_all_places():
    land = FlatLand()
    stops = [a_stop(f"wo_{n}", at(1000 * n), n) for n in range(1, 5)]
    day = day_of(a_plan(stops=stops), land.drives, NOW, ZONE)
    drives = land.drives
    land.batches = 0
    insertions(a_case(an_order("wo_9"), a_site(at(2500))), day, drives)
    assert land.batches <= 1 + len(stops)
    known = dict(drives.known)
    assert all(drives(*leg) == seconds for leg, seconds in known.items())


def test_help_that_is_waited_for_on_the_way_comes_first():
    stuck = a_stop("wo_2", at(600), 5, status=Status.NEEDS_HELP, helped_from=Status.EN_ROUTE)
    plan = a_plan(stops=[a_stop("wo_1", at(0), 1), stuck])
    assert [stop.order.id for stop in plan.stops] == ["wo_2", "wo_1"]
    assert (stuck.under_way, stuck.fixed) == (True, True)


def test_a_shift_in_the_hour_that_summer_time_skips_is_the_hour_before():
    odd = Hours(6, time(2, 30), time(3))
    window = odd.on(date(2026, 3, 29), ZONE)
    assert window.end - window.start == timedelta(minutes=30)
