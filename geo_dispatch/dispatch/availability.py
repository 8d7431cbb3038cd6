"""When a technician works: shifts and leave together, read in local time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.technicians import Leave, Technician
from geo_dispatch.kernel.time import Window, utc

_HORIZON: Final = timedelta(days=28)
"""How far ahead to look for the next working hours: beyond it nobody plans by the minute."""

_DAYS_TO_NEXT_SHIFT: Final = 8
"""A weekly shift that has just begun comes again a week later."""


def next_working(technician: Technician, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment from ``after`` on that lies in a shift and not in a leave.

    ``after`` itself when the technician works then; None when there is no such moment within
    four weeks.
    """
    moment: datetime | None = utc(after)
    while moment is not None and moment < after + _HORIZON:
        leave = technician.leave_at(moment)
        if leave is not None:
            moment = utc(leave.window.end)
        elif technician.shift_at(moment, zone) is not None:
            return moment
        else:
            moment = _next_shift_start(technician, moment, zone)
    return None


def leave_during(technician: Technician, period: Window) -> Leave | None:
    """The first leave that shares any time with the period."""
    touching = [leave for leave in technician.leave if leave.window.overlaps(period)]
    return min(touching, key=lambda leave: leave.window.start, default=None)


def clock_text(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The moment as a dispatcher says it: ``"14:20"`` today, ``"Mon 23 Nov 08:00"`` another day."""
    local = moment.astimezone(zone)
    today = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if today else f"{local:%a %d %b %H:%M}"


def _next_shift_start(technician: Technician, after: datetime, zone: ZoneInfo) -> datetime | None:
    first_day = after.astimezone(zone).date()
    days = (first_day + timedelta(days=n) for n in range(_DAYS_TO_NEXT_SHIFT))
    starts = (
        utc(shift.on(day, zone).start)
        for day in days
        for shift in technician.shifts
        if shift.weekday == day.weekday()
    )
    return min((start for start in starts if start > after), default=None)
