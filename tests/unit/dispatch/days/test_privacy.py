"""When fixes may be kept: at work, and not in private times; by event time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.privacy import (
    HORIZON,
    AtWork,
    PrivacyTime,
    Tracked,
    TrackingRule,
    tracked,
)
from geo_dispatch.dispatch.records.technicians import Leave, Shift, Technician
from geo_dispatch.kernel.time import Window, datetime_to_ms

VADUZ = ZoneInfo("Europe/Vaduz")
NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
"""A Monday, noon in Vaduz."""

WEEK = tuple(Shift(day, time(8), time(17)) for day in range(5))


def at(clock: str, day: int = 2) -> datetime:
    """That local time in March."""
    return datetime.combine(date(2026, 3, day), time.fromisoformat(clock), VADUZ)


def van(**fields) -> Technician:
    return Technician("te_1", "Van 07", **{"shifts": WEEK, **fields})


def times(kind: str, since: str, until: str) -> PrivacyTime:
    return PrivacyTime("te_1", kind, at(since), at(until))


def kept(found: Tracked, clock: str, day: int = 2) -> bool:
    return found.at(datetime_to_ms(at(clock, day)))


def found_for(technician=None, *, rule=None, private=(), work=()) -> Tracked:
    rule = rule or TrackingRule()
    return tracked(technician or van(), NOW, VADUZ, rule, times=private, work=work)


def test_fixes_in_the_shift_are_kept_and_those_beside_it_are_not():
    found = found_for()
    assert [kept(found, clock) for clock in ("07:59:59", "08:00", "16:59:59", "17:00")] == [
        False,
        True,
        True,
        False,
    ]
    assert not kept(found, "12:00", day=1), "a Sunday"
    assert kept(found, "12:00", day=3)


def test_a_night_shift_is_one_shift():
    found = found_for(van(shifts=(Shift(0, time(22), time(6)),)))
    assert kept(found, "23:30")
    assert kept(found, "05:59", day=3)
    assert not kept(found, "21:59")
    assert not kept(found, "06:00", day=3)


def test_nothing_of_a_leave_is_kept_whatever_the_deployment_keeps():
    leave = (Leave(Window(at("12:00"), at("15:00")), "dentist"),)
    for rule in (TrackingRule(), TrackingRule("always")):
        found = found_for(van(leave=leave), rule=rule)
        assert [kept(found, clock) for clock in ("11:59", "12:00", "14:59", "15:00")] == [
            True,
            False,
            False,
            True,
        ]


def test_the_rota_counts_only_where_the_deployment_says_so():
    technician = van(on_call=(Window(at("18:00"), at("22:00")),))
    assert not kept(found_for(technician), "19:00")
    assert kept(found_for(technician, rule=TrackingRule("on_call")), "19:00")
    assert not kept(found_for(technician, rule=TrackingRule("on_call")), "17:30")
    assert kept(found_for(technician, rule=TrackingRule("always")), "17:30")


def test_without_any_shift_on_record_nobody_knows_when_somebody_is_off():
    assert kept(found_for(van(shifts=())), "03:00")
    only_rota = van(shifts=(), on_call=(Window(at("18:00"), at("22:00")),))
    assert not kept(found_for(only_rota), "03:00")


def test_a_private_time_keeps_nothing_and_ends():
    found = found_for(private=[times("private", "12:10", "13:00")])
    assert [kept(found, clock) for clock in ("12:09", "12:10", "12:59", "13:00")] == [
        True,
        False,
        False,
        True,
    ]


def test_an_unlocked_time_is_kept_whatever_else_is_said():
    private = [times("private", "12:10", "23:00"), times("unlocked", "12:30", "13:30")]
    found = found_for(private=private)
    assert [kept(found, clock) for clock in ("12:29", "12:30", "13:29", "13:30")] == [
        False,
        True,
        True,
        False,
    ]


def test_who_is_at_work_when_the_shift_ends_is_tracked_until_it_is_done_and_not_for_ever():
    done = found_for(work=[AtWork(at("16:30"), at("17:40"))])
    assert kept(done, "17:39")
    assert not kept(done, "17:40")
    goes_on = found_for(work=[AtWork(at("16:30"))])
    assert kept(goes_on, "18:59")
    assert not kept(goes_on, "19:00")
    assert not kept(goes_on, "17:30", day=3), "it began yesterday"


def test_who_is_called_out_is_tracked_from_setting_out():
    found = found_for(work=[AtWork(at("21:00"), at("22:15"))])
    assert [kept(found, clock) for clock in ("20:59", "21:00", "22:14", "22:15")] == [
        False,
        True,
        True,
        False,
    ]


def test_work_on_an_order_keeps_nothing_of_a_private_time():
    found = found_for(
        private=[times("private", "17:10", "18:00")], work=[AtWork(at("16:30"), at("18:30"))]
    )
    assert [kept(found, clock) for clock in ("17:09", "17:10", "18:10")] == [True, False, True]


def test_of_times_far_away_nothing_is_known():
    found = found_for()
    moment = datetime_to_ms(NOW - HORIZON)
    assert found.knows(moment)
    assert not found.knows(moment - 1)
    assert not found.at(datetime_to_ms(at("12:00", day=20)))


SPANS = st.lists(
    st.tuples(st.integers(-4000, 4000), st.integers(1, 900)).map(
        lambda one: (NOW + timedelta(minutes=one[0]), NOW + timedelta(minutes=sum(one)))
    ),
    max_size=6,
)


@given(private=SPANS, unlocked=SPANS, leave=SPANS, minute=st.integers(-4300, 4300))
def test_it_is_what_a_look_at_every_single_record_says(private, unlocked, leave, minute):
    moment = NOW + timedelta(minutes=minute)
    technician = van(leave=tuple(Leave(Window(*one)) for one in leave))
    said = [PrivacyTime("te_1", "private", *one) for one in private]
    said += [PrivacyTime("te_1", "unlocked", *one) for one in unlocked]
    local = moment.astimezone(VADUZ)

    def within(spans):
        return any(start <= moment < end for start, end in spans)

    working = local.weekday() < 5 and 8 <= local.hour < 17 and not within(leave)
    expected = within(unlocked) or (working and not within(private))
    assert found_for(technician, private=said).at(datetime_to_ms(moment)) == expected


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_in_which_times_are_told_does_not_matter(order):
    private = [times("private", "09:00", "10:00"), times("private", "09:30", "11:00")]
    found = found_for(private=private[::order])
    assert [kept(found, clock) for clock in ("08:59", "10:30", "11:00")] == [True, False, True]
