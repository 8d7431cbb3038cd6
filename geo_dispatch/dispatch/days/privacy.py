"""When a technician's fixes may be kept: at work, and not in a private time.

Event time decides: what a phone sends late is judged by when it was there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import openings
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms

OutsideShifts = Literal["never", "on_call", "always"]
"""Whether fixes outside shifts are kept: never, while on call, or always."""

HORIZON: Final = timedelta(days=3)
"""So far back and ahead of a moment `tracked` looks; older fixes are refused at the door."""

_Span = tuple[int, int]
"""From the first millisecond until the second, which is no longer in it."""


@dataclass(frozen=True, slots=True)
class PrivacyTime:
    """A time in which a technician is private, or in which an emergency lifts that.

    Attributes
    ----------
    until
        When it ends by itself, or was ended.
    """

    technician_id: TechnicianId
    kind: Literal["private", "unlocked"]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TrackingRule:
    """What a deployment keeps.

    Attributes
    ----------
    overtime
        Somebody at work on an order when the shift ends is tracked for so long at most.
    """

    outside_shifts: OutsideShifts = "never"
    overtime: timedelta = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class AtWork:
    """A technician at an order's site, or on the way there by their own word.

    Attributes
    ----------
    until
        When they left, or completed it; None while it goes on.
    """

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tracked:
    """When one technician's fixes may be kept.

    Attributes
    ----------
    from_ms, until_ms
        Nothing is known of times before and after.
    starts_ms, ends_ms
        The spans, apart from each other and in order.
    """

    from_ms: int
    until_ms: int
    starts_ms: tuple[int, ...]
    ends_ms: tuple[int, ...]

    def at(self, at_ms: int) -> bool:
        """Whether a fix of that event time may be kept; no for times that nothing is known of."""
        index = bisect_right(self.starts_ms, at_ms) - 1
        return index >= 0 and at_ms < self.ends_ms[index]

    def knows(self, at_ms: int) -> bool:
        """Whether the time lies within what is known."""
        return self.from_ms <= at_ms < self.until_ms


NEVER: Final = Tracked(0, 0, (), ())
"""Of somebody who is out of use."""


def tracked(
    technician: Technician,
    now: datetime,
    zone: ZoneInfo,
    rule: TrackingRule,
    *,
    times: Sequence[PrivacyTime] = (),
    work: Iterable[AtWork] = (),
) -> Tracked:
    """When the technician's fixes may be kept, `HORIZON` back and ahead of now.

    In shifts and out of leave, and beyond while at work on an order, but not in private times;
    in an unlocked time in any case. Of a technician without any shift and rota on record nobody
    knows when they are off: only leave and their own word make time private.

    Parameters
    ----------
    times
        All that touch the horizon.
    """
    start, end = now - HORIZON, now + HORIZON
    calls = [(call.start, call.end) for call in technician.on_call]
    shifts = [(one.start, one.end) for one in openings(technician.shifts, start, end, zone)]
    everything = rule.outside_shifts == "always" or not (technician.shifts or calls)
    duty = [(start, end)] if everything else shifts
    if rule.outside_shifts == "on_call":
        duty += calls
    leave = [(one.window.start, one.window.end) for one in technician.leave]
    kept = _without(_spans(duty), _spans(leave))
    kept = _joined([*kept, *_overtime(kept, work, end, rule.overtime)])
    for kind, change in (("private", _without), ("unlocked", _with)):
        kept = change(kept, _spans((one.since, one.until) for one in times if one.kind == kind))
    horizon = (datetime_to_ms(start), datetime_to_ms(end))
    within = [(max(a, horizon[0]), min(b, horizon[1])) for a, b in kept]
    within = [(a, b) for a, b in within if a < b]
    return Tracked(*horizon, tuple(a for a, _ in within), tuple(b for _, b in within))


def private_at(times: Iterable[PrivacyTime], moment: datetime) -> PrivacyTime | None:
    """The private time that the moment lies in, unless an emergency lifts it then."""
    within = [one for one in times if one.since <= moment < one.until]
    if any(one.kind == "unlocked" for one in within):
        return None
    return max(within, key=lambda one: one.until, default=None)


def _overtime(
    kept: Sequence[_Span], work: Iterable[AtWork], end: datetime, overtime: timedelta
) -> list[_Span]:
    """Work on an order, so long at most behind the duty in which it began, or its beginning."""
    longest = overtime // timedelta(milliseconds=1)
    found = []
    for one in work:
        begun, ended = datetime_to_ms(one.since), datetime_to_ms(one.until or end)
        off_duty = next((until for since, until in kept if since <= begun < until), begun)
        found.append((off_duty, min(ended, off_duty + longest)))
    return found


def _spans(times: Iterable[tuple[datetime, datetime]]) -> list[_Span]:
    return _joined([(datetime_to_ms(start), datetime_to_ms(end)) for start, end in times])


def _joined(spans: Iterable[_Span]) -> list[_Span]:
    """Apart from each other and in order."""
    joined: list[_Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined


def _with(spans: Iterable[_Span], others: Iterable[_Span]) -> list[_Span]:
    return _joined([*spans, *others])


def _without(spans: Sequence[_Span], holes: Sequence[_Span]) -> list[_Span]:
    """What is left of the spans; both apart from each other and in order."""
    left = []
    for start, end in spans:
        at = start
        for hole_start, hole_end in holes:
            if hole_end > at and hole_start < end:
                left.append((at, hole_start))
                at = hole_end
        left.append((at, end))
    return [(start, end) for start, end in left if start < end]
