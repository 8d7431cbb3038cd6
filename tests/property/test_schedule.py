"""The walk, its slack and its limits against a day that is played minute by minute."""

import itertools
import math
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import PROMISE_GRACE
from geo_dispatch.dispatch.days.insertion import insertions
from geo_dispatch.dispatch.days.plan import Basis, Origin, Plan, Stop, Whereabouts
from geo_dispatch.dispatch.days.schedule import walk
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import Break, Leave, Shift
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import a_site, a_technician, an_order
from tests.support.slow_days import SlowDay, SlowStop, to_minute, to_moment

ZONE = ZoneInfo("Europe/Vaduz")
DAYS = (
    datetime(2026, 3, 4, tzinfo=UTC),
    datetime(2026, 3, 28, 12, tzinfo=UTC),  # summer time begins in the night
    datetime(2026, 10, 24, 12, tzinfo=UTC),  # and ends
)


def drive_times(legs):
    return [abs(start.lon - end.lon) * 60.0 for start, end in legs]


def place(minutes):
    return LonLat(float(minutes), 0.0)


SOME_SHIFTS = st.sampled_from(
    [(time(8), time(17)), (time(6), time(14)), (time(21), time(6)), (time(0), time(0))]
)


def minutes_up_to(most, step, least=0):
    return st.integers(-(-least // step), most // step).map(lambda n: n * step)


@st.composite
def rosters(draw, step):
    """Shifts with breaks on most days of the week, sometimes two a day."""
    start, end = draw(SOME_SHIFTS)
    length = (end.hour - start.hour) % 24 * 60 or 1440
    breaks = []
    for _ in range(draw(st.integers(0, 2))):
        earliest = draw(minutes_up_to(length - 60, step))
        latest = min(length - step, earliest + draw(st.sampled_from([0, 30, 60, 240])))
        lasts = draw(st.sampled_from([15, 30, 45]))
        breaks.append(
            Break(
                _clock(start, earliest),
                _clock(start, latest),
                60.0 * (lasts - lasts % step),
            )
        )
    free = draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))
    return tuple(Shift(day, start, end, tuple(breaks)) for day in range(7) if day not in free)


def _clock(start, minutes):
    total = (start.hour * 60 + start.minute + minutes) % 1440
    return time(total // 60, total % 60)


@st.composite
def slow_days(draw, step=1):
    """A day, all of it in steps of so many minutes.

    What is broken only between two moments of the grid, a day of whole minutes doesn't see. In
    steps of two it does; then nothing is pinned, as the grace of five minutes is no such step.
    """
    now = to_minute(draw(st.sampled_from(DAYS))) + draw(minutes_up_to(1500, step))
    some = minutes_up_to(30 * 60, step).map(lambda minutes: now + minutes)
    places = minutes_up_to(60, step)

    def stop(number):
        opens = draw(st.none() | st.none() | some)
        begin_by, finish_by, ready = {}, {}, []
        if opens is not None:
            ready.append(opens)
            if draw(st.booleans()):
                begin_by["window"] = opens + draw(minutes_up_to(300, step, 1))
            elif step == 1 and draw(st.booleans()):
                begin_by["pinned_start"] = opens + PROMISE_GRACE // timedelta(minutes=1)
        due = draw(st.none() | some)
        if due is not None:
            finish_by["due"] = due
        access = ()
        if draw(st.integers(0, 2)) == 0:
            opens_at = draw(st.integers(5, 15))
            closes = time(opens_at + draw(st.integers(1, 8)))
            access = tuple(Hours(day, time(opens_at), closes) for day in range(6))
        return SlowStop(
            name=f"wo_{number}",
            place=draw(places),
            work=draw(minutes_up_to(240, step, 1) | minutes_up_to(1500, step, 60)),
            ready=ready,
            begin_by=begin_by,
            finish_by=finish_by,
            access=access,
            emergency=draw(st.integers(0, 5)) == 0,
            project=draw(st.integers(0, 5)) == 0,
            under_way=number == 0 and draw(st.integers(0, 4)) == 0,
        )

    leave = []
    at = now - 60
    for _ in range(draw(st.integers(0, 2))):
        start = at + draw(minutes_up_to(900, step))
        at = start + draw(st.sampled_from([step, 30, 120, 600, 3000]))
        leave.append((start, at))
    called = draw(minutes_up_to(1800, step)) - 600
    return SlowDay(
        now=now,
        zone=ZONE,
        shifts=draw(rosters(step)),
        stops=[stop(number) for number in range(draw(st.integers(1, 4)))],
        leave=leave,
        on_call=[(now + called, now + called + 480)] if draw(st.booleans()) else [],
        place=draw(places),
        home=draw(st.none() | places),
        overtime=draw(st.sampled_from([0, 0, 30, 240])),
    )


def plan_of(day: SlowDay) -> Plan:
    technician = a_technician(
        shifts=day.shifts,
        home=None if day.home is None else place(day.home),
        leave=tuple(Leave(Window(to_moment(a), to_moment(b))) for a, b in day.leave),
        on_call=tuple(Window(to_moment(a), to_moment(b)) for a, b in day.on_call),
    )
    stops = tuple(stop_of(stop) for stop in day.stops)
    return Plan(technician, stops, overtime_s=60.0 * day.overtime)


def stop_of(stop: SlowStop) -> Stop:
    fields = {}
    ready = to_moment(stop.ready[0]) if stop.ready else None
    if "window" in stop.begin_by:
        fields["window"] = Window(ready, to_moment(stop.begin_by["window"]))
    else:
        fields["start_at"] = ready
        fields["pinned"] = "pinned_start" in stop.begin_by
    if "due" in stop.finish_by:
        fields["due_at"] = to_moment(stop.finish_by["due"])
    order = an_order(
        stop.name,
        duration_s=stop.work * 60.0,
        priority=1 if stop.emergency else 3,
        work_class="project" if stop.project else "reactive",
        status=Status.EN_ROUTE if stop.under_way else Status.ASSIGNED,
        **fields,
    )
    return Stop(order, place(stop.place), stop.access)


def walked(day: SlowDay, **options):
    start = Origin(place(day.place), to_moment(day.now), Basis.POSITION)
    return walk(plan_of(day), start, Drives(drive_times), to_moment(day.now), ZONE, **options)


def times_of(schedule):
    return [
        (
            (stay.begin_at - to_moment(0)) / timedelta(minutes=1),
            (stay.finish_at - to_moment(0)) / timedelta(minutes=1),
        )
        for stay in schedule.stays
    ]


def shifts_of(days, hours, *breaks):
    return tuple(Shift(day, *hours, breaks) for day in days)


SKIPPED_HOUR = SlowDay(  # with breaks at midnight and at 02:00, which that night does not have
    now=to_minute(DAYS[1]),
    zone=ZONE,
    shifts=shifts_of([6], (time(0), time(0)), *(Break(time(n), time(n), 900.0) for n in (0, 2))),
    stops=[
        SlowStop("wo_0", 1, 1, emergency=True, project=True, under_way=True),
        SlowStop("wo_1", 0, 1, emergency=True, project=True),
        SlowStop("wo_2", 0, 104, emergency=True, project=True),
    ],
)
BEFORE_THE_SHIFT = SlowDay(  # under way already, to a site that is open now but not in the shift
    now=to_minute(datetime(2026, 3, 5, 4, tzinfo=UTC)),
    zone=ZONE,
    shifts=shifts_of(range(6), (time(8), time(17))),
    stops=[
        SlowStop(
            "wo_0",
            0,
            1,
            access=tuple(Hours(day, time(5), time(6)) for day in range(7)),
            project=True,
            under_way=True,
        )
    ],
)
BACK_AT_MIDNIGHT = SlowDay(  # from a leave, between two shifts without a gap
    now=to_minute(datetime(2026, 3, 28, 20, tzinfo=UTC)),
    zone=ZONE,
    shifts=shifts_of(range(6), (time(0), time(0)), Break(time(0), time(0), 900.0)),
    stops=[SlowStop("wo_0", 0, 1, project=True)],
    leave=[(125_040, 128_040)],
)
TWO_BREAKS_AT_ONCE = SlowDay(
    now=to_minute(datetime(2026, 3, 4, 7, tzinfo=UTC)),
    zone=ZONE,
    shifts=shifts_of(range(6), (time(8), time(17)), *[Break(time(8), time(8), 900.0)] * 2),
    stops=[SlowStop("wo_0", 0, 60, project=True, under_way=True)],
)


THROUGH_MIDNIGHT = SlowDay(  # home is nearer, but nobody goes there between shifts that meet
    now=to_minute(datetime(2026, 3, 28, 12, tzinfo=UTC)),
    zone=ZONE,
    shifts=shifts_of(range(1, 7), (time(0), time(0)), Break(time(0), time(0), 900.0)),
    stops=[
        SlowStop("wo_0", 1, 1, project=True, under_way=True),
        SlowStop("wo_1", 0, 1, ready=[to_minute(datetime(2026, 3, 28, 23, tzinfo=UTC))]),
    ],
    home=0,
)
ALARM_AT_MIDNIGHT = replace(  # nor for an alarm, whose duty is looked up anew
    THROUGH_MIDNIGHT,
    stops=[THROUGH_MIDNIGHT.stops[0], replace(THROUGH_MIDNIGHT.stops[1], emergency=True)],
)
THE_LATER_BREAK_IS_URGENT = SlowDay(
    now=to_minute(datetime(2026, 3, 4, 5, tzinfo=UTC)),
    zone=ZONE,
    shifts=shifts_of(
        range(1, 7),
        (time(0), time(0)),
        Break(time(1, 1), time(5, 1), 900.0),
        Break(time(1, 2), time(1, 2), 900.0),
    ),
    stops=[SlowStop("wo_0", 0, 1, access=tuple(Hours(n, time(5), time(6)) for n in range(6)))],
)
LUNCH_ON_LEAVE = SlowDay(
    now=to_minute(datetime(2026, 3, 4, 8, tzinfo=UTC)),
    zone=ZONE,
    shifts=shifts_of(range(6), (time(8), time(17)), Break(time(12), time(13), 1800.0)),
    stops=[SlowStop("wo_0", 5, 60), SlowStop("wo_1", 0, 60)],
    leave=[tuple(to_minute(datetime(2026, 3, 4, n, tzinfo=UTC)) for n in (10, 13))],
)


@example(LUNCH_ON_LEAVE)
@example(THE_LATER_BREAK_IS_URGENT)
@example(ALARM_AT_MIDNIGHT)
@example(THROUGH_MIDNIGHT)
@example(TWO_BREAKS_AT_ONCE)
@example(SKIPPED_HOUR)
@example(BEFORE_THE_SHIFT)
@example(BACK_AT_MIDNIGHT)
@settings(max_examples=80, derandomize=True, deadline=None)
@given(slow_days())
def test_a_day_walked_is_the_day_played_minute_by_minute(day):
    schedule = walked(day)
    times, broken = day.run()
    assert times_of(schedule) == times
    assert {(one.order_id, one.limit.value) for one in schedule.violations} == broken
    assert [one for one in schedule.violations if one.by_s <= 0] == []


@settings(max_examples=40, derandomize=True, deadline=None)
@given(slow_days(step=2), st.data())
def test_slack_ends_at_the_first_delay_that_breaks_a_limit(day, data):
    index = data.draw(st.integers(0, len(day.stops) - 1))
    slack_s = walked(day, slack=True).stays[index].slack_s
    _, holds = day.run()
    until = 600 if slack_s is None else min(600, math.floor(slack_s / 60))
    step = max(1, until // 20)
    for delay in {*range(0, until, step), until}:
        _, broken = day.run(index, delay)
        assert broken <= holds, delay
    if slack_s is not None and slack_s < 600 * 60:
        _, broken = day.run(index, until + 1)
        assert not broken <= holds


@settings(max_examples=15, derandomize=True, deadline=None)
@given(slow_days())
def test_without_limits_on_anything_a_day_breaks_none(day):
    assume(not day.leave)
    free = [SlowStop(one.name, one.place, one.work, project=True) for one in day.stops]
    day = SlowDay(day.now, ZONE, day.shifts, free, place=day.place)
    assert {one.limit for one in walked(day).violations} <= {"break"}
    places = [day.place, *(one.place for one in free)]
    ways = (abs(start - end) for start, end in itertools.pairwise(places))
    assert walked(day).drive_s == pytest.approx(60 * sum(ways))


@example(SKIPPED_HOUR)
@settings(max_examples=40, derandomize=True, deadline=None)
@given(slow_days())
def test_an_insertion_is_the_day_played_with_the_order_in_that_place(day):
    *stops, new = day.stops
    assume(stops and not new.under_way)
    without = replace(day, stops=stops)
    now, stop = to_moment(day.now), stop_of(new)
    order = replace(stop.order, status=Status.NEW)
    site = a_site(stop.place, access_windows=stop.access)
    drives = Drives(drive_times)
    technician = replace(plan_of(day).technician, home=None)
    seen = Whereabouts(place(day.place), now)
    plan = replace(plan_of(without), technician=technician, whereabouts=seen)
    stood = day_of(plan, drives, now, ZONE)
    times, holds = replace(without, home=None).run()
    for found in insertions(Case(order, site, now, ZONE), stood, drives):
        at = found.position
        with_it = replace(day, stops=[*stops[:at], new, *stops[at:]], home=None)
        played, broken = with_it.run()
        assert times_of(found.schedule) == played
        others = [*played[:at], *played[at + 1 :]]
        assert {moved.order_id for moved in found.moved} == {
            stop.name
            for stop, old, later in zip(stops, times, others, strict=True)
            if old[0] != later[0]
        }
        told = {(one.order_id, one.limit.value) for one in found.violations}
        assert broken - holds <= told <= broken
        legs = [day.place, *(one.place for one in with_it.stops)]
        assert sum(60 * abs(a - b) for a, b in itertools.pairwise(legs)) == pytest.approx(
            found.added_drive_s + stood.schedule.drive_s
        )
    first = 1 if stops[0].under_way else 0
    assert [one.position for one in insertions(Case(order, site, now, ZONE), stood, drives)] == [
        *range(first, len(stops) + 1)
    ]
