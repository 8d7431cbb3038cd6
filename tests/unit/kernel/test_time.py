"""Times: aware, and exact to the millisecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from geo_dispatch.kernel.time import Window, datetime_to_ms, ms_to_datetime, utc

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        utc(datetime(2026, 7, 1, 12))  # noqa: DTZ001 - the point of the test


def test_milliseconds_go_there_and_back_exactly():
    moment = datetime(2026, 7, 1, 14, 0, 0, 123_000, timezone(timedelta(hours=2)))
    assert ms_to_datetime(datetime_to_ms(moment)) == moment


def test_a_window_holds_its_start_but_not_its_end():
    window = Window(NOON, NOON + timedelta(hours=1))
    assert NOON in window
    assert NOON + timedelta(hours=1) not in window


def test_windows_that_only_touch_do_not_overlap():
    first = Window(NOON, NOON + timedelta(hours=1))
    second = Window(NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    assert not first.overlaps(second)
    assert first.overlaps(first)


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="must end after"):
        Window(NOON, NOON)
