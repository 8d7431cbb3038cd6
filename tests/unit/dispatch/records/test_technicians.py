"""When technicians work."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.records.technicians import Leave, Shift, Technician
from geo_dispatch.kernel.time import Window

ZONE = ZoneInfo("Europe/Vaduz")
MONDAY = date(2026, 3, 2)


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def test_a_shift_follows_the_clocks_when_they_change():
    saturday_night = Shift(5, time(22), time(6))
    window = saturday_night.on(date(2026, 3, 28), ZONE)
    assert (window.end.astimezone(UTC) - window.start.astimezone(UTC)).total_seconds() == 7 * 3600


def test_leave_holds_within_its_window():
    leave = Leave(Window(at(8), at(12)), "training")
    technician = Technician("tc_1", "Van 07", leave=(leave,))
    assert technician.leave_at(at(9)) == leave
    assert technician.leave_at(at(12)) is None
