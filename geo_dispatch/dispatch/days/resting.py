"""Breaks that were taken: which of those of a shift they were, and until when one goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import Rest, duty_after
from geo_dispatch.dispatch.days.labour import Pause
from geo_dispatch.dispatch.records.technicians import BreakTaken, Technician

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Rested:
    """What the breaks so far come to.

    Attributes
    ----------
    taken
        Breaks of the shifts that need not come any more.
    pause
        The one that goes on, until its whole length is over.
    """

    taken: frozenset[Rest] = frozenset()
    pause: Pause | None = None


def rested(
    technician: Technician, breaks: Iterable[BreakTaken], now: datetime, zone: ZoneInfo
) -> Rested:
    """What was rested so far.

    Each counts for that break of its shift which is due nearest to it; one that was ended before
    half its length for none. Nobody rests longer than a break lasts because its end was not told.
    """
    taken: set[Rest] = set()
    pause: Pause | None = None
    for one in sorted(breaks, key=lambda one: one.begin_at):
        rest = _due_nearest(one, technician, taken, zone)
        length = rest.length if rest is not None else _NOTHING
        if one.end_at is None:
            until = one.begin_at + length
            pause = Pause(one.begin_at, until) if until > now else None
        elif one.end_at - one.begin_at < length / 2:
            continue
        if rest is not None:
            taken.add(rest)
    return Rested(frozenset(taken), pause)


def due_now(
    technician: Technician, breaks: Iterable[BreakTaken], now: datetime, zone: ZoneInfo
) -> Rest | None:
    """The break whose time has come, and that was not taken yet; until it would be over.

    One whose latest beginning passed in a leave that is long enough was had in it.
    """
    duty = duty_after(technician, now, zone)
    if duty is None or now < duty.window.start or technician.leave_at(now) is not None:
        return None
    taken = rested(technician, breaks, now, zone).taken
    due = (one for one in duty.rests if one.earliest <= now < one.latest + one.length)
    return next((one for one in due if one not in taken and not _on_leave(one, technician)), None)


def _on_leave(rest: Rest, technician: Technician) -> bool:
    leave = technician.leave_at(rest.latest)
    return leave is not None and leave.window.end - leave.window.start >= rest.length


def _due_nearest(
    one: BreakTaken, technician: Technician, taken: set[Rest], zone: ZoneInfo
) -> Rest | None:
    duty = duty_after(technician, one.begin_at, zone)
    if duty is None or one.begin_at < duty.window.start:
        return None

    def away(rest: Rest) -> tuple[timedelta, datetime]:
        far = max(rest.earliest - one.begin_at, one.begin_at - rest.latest, _NOTHING)
        return far, rest.earliest

    return min((rest for rest in duty.rests if rest not in taken), key=away, default=None)
