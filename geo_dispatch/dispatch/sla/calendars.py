"""Business time: the seconds that count against a promise, exact to the second.

Nothing counts on a holiday, from local midnight to local midnight. Where hours overlap, time
counts once. A day on which the clocks change is as long as it is: hours from 00:00 to 06:00 hold
five hours in spring and seven in autumn. A time that the clocks skip is read as if they had not
been changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.records.hours import Hours, hours_faults
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.time import Window, utc

MIN_WEEK_S: Final = 3600.0
"""A calendar that opens for less has no deadlines that anybody could wait for."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When time counts.

    Attributes
    ----------
    name
        What policies call it.
    hours
        Business hours of the week, local time.
    holidays
        Local days on which nothing counts.
    always
        Day and night, holidays too; then there are neither hours nor holidays.
    """

    name: str
    hours: tuple[Hours, ...] = ()
    holidays: tuple[date, ...] = ()
    always: bool = False


ALWAYS: Final = Calendar("always", always=True)
"""The calendar that every policy document has."""


def calendar_faults(calendar: Calendar, where: str) -> list[Fault]:
    """Everything wrong with the calendar."""
    faults = hours_faults(calendar.hours, f"{where}.hours")
    if not calendar.name.strip():
        faults.append(Fault(f"{where}.name", "is empty; name the calendar"))
    if calendar.always and (calendar.hours or calendar.holidays):
        faults.append(
            Fault(f"{where}.always", "counts day and night: leave out hours and holidays")
        )
    week_s = sum(_length_s(hours) for hours in calendar.hours)
    if not calendar.always and week_s < MIN_WEEK_S:
        faults.append(
            Fault(
                f"{where}.hours",
                f"open for {week_s / 60:.0f} min a week; give at least {MIN_WEEK_S / 60:.0f} min, "
                "or always = true",
            )
        )
    return faults


def calendar_named(calendars: Iterable[Calendar], name: str) -> Calendar:
    """The calendar that policies call so.

    Raises
    ------
    KeyError
        There is none; a checked policy names only those there are.
    """
    return {ALWAYS.name: ALWAYS, **{one.name: one for one in calendars}}[name]


def opening(calendar: Calendar, after: datetime, zone: ZoneInfo) -> Iterator[Window]:
    """The business time from ``after`` on, as windows that don't overlap, without end."""
    after = utc(after)
    if calendar.always:
        yield Window(after, datetime.max.replace(tzinfo=after.tzinfo))
        return
    day = after.astimezone(zone).date()
    holidays = frozenset(calendar.holidays)
    while True:
        if day not in holidays:
            for window in _opening_on(calendar, day, zone):
                if window.end > after:
                    yield Window(max(window.start, after), window.end)
        day += _DAY


def business_time_between(
    calendar: Calendar, start: datetime, end: datetime, zone: ZoneInfo
) -> float:
    """Business time from start until end, seconds; 0 when the end is not after the start."""
    total = timedelta()
    if end <= start:
        return 0.0
    for window in opening(calendar, start, zone):
        if window.start >= end:
            break
        total += min(window.end, end) - window.start
    return total.total_seconds()


def add_business_time(
    calendar: Calendar, start: datetime, seconds: float, zone: ZoneInfo
) -> datetime:
    """The first moment at which so much business time has passed since ``start``."""
    left = timedelta(seconds=seconds)
    for window in opening(calendar, start, zone):
        if left <= window.end - window.start:
            return window.start + left if left else utc(start)
        left -= window.end - window.start
    raise AssertionError("business time has no end")


def _opening_on(calendar: Calendar, day: date, zone: ZoneInfo) -> list[Window]:
    """What is open on the local day, merged; hours that began the day before reach into it."""
    begins, ends = _midnight(day, zone), _midnight(day + _DAY, zone)
    spans = sorted(
        (max(start, begins), min(end, ends))
        for first in (day - _DAY, day)
        for hours in calendar.hours
        if hours.weekday == first.weekday()
        for start, end in [hours.instants(first, zone)]
    )
    merged: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return [Window(start, end) for start, end in merged]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return utc(datetime.combine(day, time(), zone))


def _length_s(hours: Hours) -> float:
    plain = date(2026, 1, 5)
    start, end = (datetime.combine(plain, at) for at in (hours.start, hours.end))
    return ((end if end > start else end + _DAY) - start).total_seconds()
