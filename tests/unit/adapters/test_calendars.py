"""Calendars that phones subscribe to say the same instants whatever the clocks do."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from geo_dispatch.adapters.calendars import Entry, calendar_bytes
from geo_dispatch.kernel.geo import LonLat

VADUZ = ZoneInfo("Europe/Vaduz")


def an_entry(begin_at: datetime) -> Entry:
    return Entry(
        uid="wo_1@geo-dispatch",
        summary="WO-1",
        begin_at=begin_at,
        end_at=begin_at + timedelta(hours=1),
        location="Mill, Vaduz",
        place=LonLat(9.52, 47.14),
        status="CONFIRMED",
        revision=1,
        changed_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "begin_at",
    [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # half past two, the first time
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # and the second
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # ends after the hour that is skipped
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=VADUZ),
        datetime(2026, 3, 29, 8, tzinfo=timezone(timedelta(hours=2))),
    ],
)
@pytest.mark.capability("FA-020")
def test_visits_are_told_as_instants_around_the_changes_of_summer_time(begin_at):
    text = calendar_bytes("Van 07", [an_entry(begin_at)])
    assert b"TZID" not in text
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    begin, end = event["dtstart"].dt, event["dtend"].dt
    assert begin == begin_at.astimezone(UTC)
    assert end - begin == timedelta(hours=1)
    assert text.count(b"Z\r\n") >= 3
