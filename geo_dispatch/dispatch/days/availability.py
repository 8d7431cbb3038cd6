"""When a technician works: shifts, on-call duty and leave together, read in local time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import Shift, Technician
from geo_dispatch.kernel.time import Window, utc

_HORIZON: Final = timedelta(days=28)
"""How far ahead to look for the next working hours: beyond it nobody plans by the minute."""

_LONGEST_DUTY: Final = timedelta(days=7)
"""Shifts that follow each other without a gap are one duty, up to the week that repeats."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rest:
    """A break on one day: begun from ``earliest`` to ``latest``."""

    earliest: datetime
    latest: datetime
    length: timedelta

    def turn(self) -> tuple[datetime, datetime, timedelta]:
        """In which order breaks are taken: of two whose time comes at once, the more urgent."""
        return self.earliest, self.latest, self.length


@dataclass(frozen=True, slots=True)
class Duty:
    """Working hours without a gap, and the breaks in them; leave is not taken out."""

    window: Window
    rests: tuple[Rest, ...] = ()


def duty_after(
    technician: Technician, moment: datetime, zone: ZoneInfo, *, on_call: bool = False
) -> Duty | None:
    """The duty that the moment lies in, or else the next one; None within four weeks.

    It begins with the first shift that ends after the moment: of shifts without a gap between them,
    those that are over belong to it no more.

    Parameters
    ----------
    on_call
        The rota counts as well, as it does for emergencies.
    """
    found: Duty | None = None
    for duty in _duties(technician, moment, zone, on_call=on_call):
        if found is None:
            found = duty if duty.window.end > moment else None
        elif duty.window.start <= found.window.end:
            found = _joined(found, duty)
        else:
            break
        if found is not None and found.window.end > moment + _LONGEST_DUTY:
            break
    return found


def overrun_duty(
    technician: Technician, now: datetime, zone: ZoneInfo, overtime: timedelta
) -> Duty | None:
    """The last duty that ended within the overtime before now; None when another has begun.

    Whoever is on call has no overtime.
    """
    ended: Duty | None = None
    duty = duty_after(technician, now - overtime, zone) if overtime else None
    while duty is not None and duty.window.end <= now:
        ended = duty
        duty = duty_after(technician, duty.window.end, zone)
    return None if duty is not None and duty.window.start <= now else ended


def next_working(
    technician: Technician, after: datetime, zone: ZoneInfo, *, on_call: bool = False
) -> datetime | None:
    """The first moment from ``after`` on that lies in a duty and not in a leave.

    ``after`` itself when the technician works then; None when there is no such moment within
    four weeks.
    """
    moment = utc(after)
    while moment < after + _HORIZON:
        leave = technician.leave_at(moment)
        if leave is not None:
            moment = utc(leave.window.end)
            continue
        duty = duty_after(technician, moment, zone, on_call=on_call)
        if duty is None:
            return None
        if moment >= duty.window.start:
            return moment
        moment = duty.window.start
    return None


def openings(
    hours: Iterable[Hours], start: datetime, end: datetime, zone: ZoneInfo
) -> list[Window]:
    """The windows of these hours that share any time with start until end, joined where they meet.

    Windows that began before ``start`` are whole.
    """
    first, last = start.astimezone(zone).date() - _DAY, end.astimezone(zone).date()
    found = sorted(
        (
            one.on(day, zone)
            for n in range((last - first).days + 1)
            for day in [first + n * _DAY]
            for one in hours
            if one.weekday == day.weekday()
        ),
        key=lambda window: window.start,
    )
    joined: list[Window] = []
    for window in found:
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return [window for window in joined if window.end > start and window.start < end]


def clock_text(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The moment as a dispatcher says it: ``"14:20"`` today, else ``"08:00 on Mon 23 Nov"``."""
    local = moment.astimezone(zone)
    today = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if today else f"{local:%H:%M on %a %d %b}"


def so_long(seconds: float) -> str:
    """``"42 min"``; from two hours on ``"5 h 20 min"``."""
    minutes = round(seconds / 60)
    if minutes < _TWO_HOURS_MIN:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


_TWO_HOURS_MIN: Final = 120


def _duties(
    technician: Technician, moment: datetime, zone: ZoneInfo, *, on_call: bool
) -> Iterator[Duty]:
    """Shifts, and the rota if asked for, each for itself, by their beginning."""
    calls = sorted(technician.on_call, key=lambda window: window.start) if on_call else []
    first = moment.astimezone(zone).date() - _DAY
    for n in range(_HORIZON.days + 2):
        day = first + n * _DAY
        duties = [
            _shift_on(shift, day, zone)
            for shift in technician.shifts
            if shift.weekday == day.weekday()
        ]
        tomorrow = utc(datetime.combine(day + _DAY, time(), zone))
        while calls and calls[0].start < tomorrow:
            duties.append(Duty(calls.pop(0)))
        yield from sorted(duties, key=lambda duty: duty.window.start)


@lru_cache(maxsize=4096)
def _shift_on(shift: Shift, day: date, zone: ZoneInfo) -> Duty:
    """The shift on that day. Kept, for a fleet shares few shifts and asks for them often."""
    rests: set[Rest] = set()  # two at the same times are one: which of them was taken?
    for pause in shift.breaks:
        earliest, latest = (
            utc(datetime.combine(_day_of(shift, clock, day), clock, zone))
            for clock in (pause.earliest, pause.latest)
        )
        length = timedelta(seconds=pause.duration_s)
        rests.add(Rest(earliest, max(earliest, latest), length))
    return Duty(shift.on(day, zone), tuple(sorted(rests, key=Rest.turn)))


def _day_of(shift: Shift, clock: time, day: date) -> date:
    """The day of a clock time within a shift that begins on ``day``, also past midnight."""
    overnight = shift.end <= shift.start and clock < shift.start
    return day + _DAY if overnight else day


def _joined(one: Duty, other: Duty) -> Duty:
    window = Window(one.window.start, max(one.window.end, other.window.end))
    rests = sorted({*one.rests, *other.rests}, key=Rest.turn)
    return Duty(window, tuple(rests))
