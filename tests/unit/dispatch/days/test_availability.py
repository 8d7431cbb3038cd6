"""Working hours: shifts, leave, midnight and summer time."""

from datetime import UTC, datetime, time

from geo_dispatch.dispatch.days.availability import clock_text, duty_after, next_working
from geo_dispatch.dispatch.records.technicians import Break, Leave, Shift
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import NOW, ZONE, a_technician, minutes


def utc(day, hour, minute=0, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_within_a_shift_work_goes_on_at_once():
    assert next_working(a_technician(), NOW, ZONE) == NOW


def test_after_the_shift_it_begins_with_the_next_one_also_over_a_weekend():
    weekdays = tuple(Shift(day, time(8), time(17)) for day in range(5))
    friday_evening = utc(27, 18)
    assert next_working(a_technician(shifts=weekdays), friday_evening, ZONE) == utc(30, 7)


def test_a_shift_over_midnight_is_still_that_shift():
    night = (Shift(0, time(22), time(6)),)
    tuesday_at_three = utc(24, 2)
    assert next_working(a_technician(shifts=night), tuesday_at_three, ZONE) == tuesday_at_three
    assert next_working(a_technician(shifts=night), utc(24, 5), ZONE) == utc(30, 21)


def test_after_a_leave_that_ends_within_a_shift_work_begins_with_its_end():
    leave = Leave(Window(NOW - minutes(60), NOW + minutes(45)))
    assert next_working(a_technician(leave=(leave,)), NOW, ZONE) == NOW + minutes(45)


def test_one_leave_after_another_is_waited_for():
    leave = (
        Leave(Window(NOW, NOW + minutes(60))),
        Leave(Window(NOW + minutes(60), NOW + minutes(120))),
    )
    assert next_working(a_technician(leave=leave), NOW, ZONE) == NOW + minutes(120)


def test_shifts_keep_their_local_hour_when_summer_time_begins():
    sunday_evening, monday_at_eight = utc(29, 20, month=3), utc(30, 6, month=3)
    assert next_working(a_technician(), utc(28, 20, month=3), ZONE) == utc(29, 6, month=3)
    assert next_working(a_technician(), utc(27, 20, month=3), ZONE) == utc(28, 7, month=3)
    assert next_working(a_technician(), sunday_evening, ZONE) == monday_at_eight


def test_who_never_works_has_no_next_time():
    month_off = Leave(Window(NOW, NOW + minutes(60 * 24 * 40)))
    assert next_working(a_technician(shifts=()), NOW, ZONE) is None
    assert next_working(a_technician(leave=(month_off,)), NOW, ZONE) is None


def test_the_day_is_named_only_when_it_is_another_local_one():
    assert clock_text(utc(23, 13, 20), ZONE, NOW) == "14:20"
    assert clock_text(utc(23, 23, 30), ZONE, NOW) == "00:30 on Tue 24 Nov"


def test_of_two_breaks_whose_time_comes_at_once_the_more_urgent_is_taken_first():
    breaks = (Break(time(12), time(13), 900.0), Break(time(12), time(12), 900.0))
    shifts = tuple(Shift(day, time(8), time(17), breaks) for day in range(7))
    duty = duty_after(a_technician(shifts=shifts), NOW, ZONE)
    assert [rest.latest.astimezone(ZONE).time() for rest in duty.rests] == [time(12), time(13)]
