"""Breaks that were taken don't come again, and who rests now sets out when that is over."""

from dataclasses import replace
from datetime import UTC, datetime, time

from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.days.free import availability_of
from geo_dispatch.dispatch.days.resting import due_now
from geo_dispatch.dispatch.records.technicians import Break, BreakTaken, Leave, Shift
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    ZONE,
    FlatLand,
    a_plan,
    a_stop,
    a_technician,
    at,
    on_site_since,
)

COFFEE = Break(time(9), time(10, 30), 900.0)
LUNCH = Break(time(12), time(13), 1800.0)
RESTING = a_technician(
    shifts=tuple(Shift(day, time(8), time(17), (COFFEE, LUNCH)) for day in range(7))
)


def clock(text: str) -> datetime:
    """That time of a Monday in Vaduz."""
    return datetime.fromisoformat(f"2026-11-23T{text}").replace(tzinfo=ZONE).astimezone(UTC)


def taken(begin: str, end: str | None = None) -> BreakTaken:
    return BreakTaken(clock(begin), clock(end) if end else None)


def day(now: str, *breaks: BreakTaken, **stop):
    stops = [a_stop("wo_1", at(0), **{"duration_s": 7200.0, **stop})]
    plan = a_plan(RESTING, at(0), stops, clock(now), breaks=breaks)
    return day_of(plan, FlatLand().drives, clock(now), ZONE, slack=True)


def pauses(found) -> list[tuple[str, str]]:
    return [
        (f"{one.begin_at.astimezone(ZONE):%H:%M}", f"{one.end_at.astimezone(ZONE):%H:%M}")
        for one in found.schedule.pauses
    ]


def ends(found) -> str:
    return f"{found.schedule.stays[0].finish_at.astimezone(ZONE):%H:%M}"


def test_a_break_that_was_taken_does_not_come_again():
    assert (pauses(day("12:45")), ends(day("12:45"))) == ([("12:45", "13:15")], "15:15")
    had = day("12:45", taken("12:10", "12:40"))
    assert (pauses(had), ends(had)) == ([], "14:45")


def test_a_break_counts_for_the_one_that_is_due_nearest():
    assert ends(day("11:40", taken("11:20", "11:38"))) == "13:40", "lunch, though early"
    assert ends(day("11:40", taken("10:40", "10:55"))) == "14:10", "coffee: lunch comes"
    assert ends(day("12:45", taken("09:10", "09:25"), taken("11:50", "12:20"))) == "14:45"


def due(now: str, *breaks: BreakTaken, technician=RESTING) -> str | None:
    found = due_now(technician, breaks, clock(now), ZONE)
    return f"{found.latest.astimezone(ZONE):%H:%M}" if found else None


def test_a_break_is_due_from_when_it_may_begin_until_it_would_be_over_unless_it_was_taken():
    assert [due(now) for now in ("08:59", "09:00", "10:44", "10:45")] == [
        None,
        "10:30",
        "10:30",
        None,
    ]
    assert due("10:00", taken("09:10", "09:25")) is None
    assert due("12:30", taken("09:10", "09:25")) == "13:00"
    assert due("20:00") is None


def test_a_break_that_was_had_in_a_leave_is_not_due_behind_it():
    def back_from(*leave: str) -> str | None:
        away = Leave(Window(*map(clock, leave)))
        return due(leave[1], technician=replace(RESTING, leave=(away,)))

    assert back_from("11:30", "13:10") is None
    assert back_from("12:50", "13:10") == "13:00", "too short for it"
    assert back_from("11:30", "12:30") == "13:00", "its time has not passed"


def test_one_that_was_ended_at_once_counts_for_none():
    assert ends(day("12:45", taken("12:10", "12:15"))) == "15:15"


def test_who_rests_goes_on_when_the_break_is_over():
    found = day("12:20", taken("12:10"))
    assert pauses(found) == [("12:10", "12:40")]
    assert ends(found) == "14:40"
    told = availability_of(found, clock("12:20"))
    assert (told.doing, told.free) == ("break", False)
    assert availability_of(found, clock("12:45")).doing == "working"


def test_a_break_whose_end_is_not_told_ends_by_itself():
    assert (pauses(day("13:30", taken("12:10"))), ends(day("13:30", taken("12:10")))) == (
        [],
        "15:30",
    )


def test_a_break_that_no_shift_asks_for_delays_nobody_by_a_guess():
    found = day("15:00", taken("09:30", "09:45"), taken("12:00", "12:30"), taken("14:58"))
    assert (pauses(found), ends(found)) == ([], "17:00")


def test_work_at_a_site_goes_on_after_the_break():
    there = on_site_since(clock("12:20"))
    assert ends(day("12:20", taken("12:10"), **there)) == "14:40"


def test_who_has_nothing_to_do_is_free_after_the_break():
    plan = a_plan(RESTING, at(0), (), clock("12:20"), breaks=(taken("12:10"),))
    found = day_of(plan, FlatLand().drives, clock("12:20"), ZONE, slack=True)
    assert found.schedule.free_at == clock("12:40")
    assert availability_of(found, clock("12:20")).doing == "break"
