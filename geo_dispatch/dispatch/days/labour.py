"""Work at a site from its beginning to its end: the breaks in it, and the nights of a project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import Duty, Rest, duty_after
from geo_dispatch.dispatch.days.sliding import At, Room
from geo_dispatch.dispatch.records.technicians import Technician

_MOST_PIECES: Final = 400
"""A project of a year and more, or one whose shifts are all leave: worked through at a stretch."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A break taken."""

    begin_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class LateRest:
    """A break that begins after its latest time."""

    rest: Rest
    begin_at: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """Work from its beginning to its end.

    Attributes
    ----------
    duty
        The one in which it ends.
    rests
        The breaks taken in it, as ``pauses`` tells when.
    """

    begin: At
    finish: At
    duty: Duty | None = None
    rests: tuple[Rest, ...] = ()
    pauses: tuple[Pause, ...] = ()
    late: tuple[LateRest, ...] = ()


def work_through(
    begin: At,
    length: timedelta,
    rests: Iterable[Rest],
    room: Room,
    *,
    duty: Duty | None = None,
    forced: bool = False,
    longer: bool = False,
) -> Work:
    """Work of that length, paused for the breaks that it lasts through.

    Parameters
    ----------
    rests
        Those not yet taken, by their earliest beginning.
    forced
        The technician is there: a break can't come before the work any more.
    longer
        A delay makes it longer, by as much, even where it begins no later: it is what is left.
    """
    finish = At(begin.when + length, begin.slides or longer)
    open_rests, taken = list(rests), []
    if not open_rests:
        return Work(begin, finish, duty)
    while (rest := _next_rest(open_rests, begin, finish, room, forced=forced)) is not None:
        open_rests.remove(rest)
        taken.append(rest)
        finish = finish.after(rest.length)
    taken.sort(key=lambda one: one.earliest)
    pauses: list[Pause] = []
    late: list[LateRest] = []
    free: At | None = None
    for rest in taken:
        pause = room.wait(begin, rest.earliest) if forced else At(rest.earliest)
        if free is not None:
            pause = room.later(pause, free)
        if room.is_past(pause, rest.latest):
            late.append(LateRest(rest, pause.when))
        free = pause.after(rest.length)
        pauses.append(Pause(pause.when, free.when))
    return Work(begin, finish, duty, tuple(taken), tuple(pauses), tuple(late))


@dataclass(frozen=True, slots=True)
class TimeOff:
    """Time without work, and the breaks that came in it.

    Attributes
    ----------
    end
        When work can go on.
    pauses
        The breaks at its end, for which it had no room.
    """

    end: At
    rests: tuple[Rest, ...]
    pauses: tuple[Pause, ...]


def rest_through(since: At, until: datetime, rests: Iterable[Rest], room: Room) -> TimeOff:
    """Have the breaks whose latest beginning passes while somebody is off.

    They are had in it, one after another, as far as it is long enough; the others come right
    behind it, and not too late, for nobody could begin them in time.
    """
    free, end = since, At(until)
    taken: list[Rest] = []
    pauses: list[Pause] = []
    for rest in rests:
        if rest.latest >= until or room.is_past(since, rest.latest):
            continue
        taken.append(rest)
        rested = free.after(rest.length)
        if not room.is_past(rested, until):
            free = rested
        else:
            pauses.append(Pause(end.when, end.when + rest.length))
            end = end.after(rest.length)
    return TimeOff(end, tuple(taken), tuple(pauses))


def _next_rest(
    rests: Iterable[Rest], begin: At, finish: At, room: Room, *, forced: bool
) -> Rest | None:
    """The first break that work from ``begin`` to ``finish`` lasts through."""
    return next(
        (
            rest
            for rest in rests
            if room.is_past(finish, rest.latest)
            and (forced or not room.has_come(begin, rest.earliest))
        ),
        None,
    )


@dataclass(slots=True)
class Project:
    """Work that goes on in the next duty when one ends, and stops for leave."""

    technician: Technician
    zone: ZoneInfo
    room: Room
    on_call: bool
    taken: frozenset[Rest]
    now: datetime

    def work(self, begin: At, length: timedelta, duty: Duty | None, *, forced: bool) -> Work:
        """Work through the duties from that one on."""
        current: At = begin
        started: At | None = None
        slides = False
        done: list[Work] = []
        for _ in range(_MOST_PIECES):
            if duty is None:
                break
            stopped, (current, duty) = current, self._next_piece(current, duty)
            if duty is None:
                break
            pending = self._pending(duty, done)
            if current != stopped:
                off = rest_through(stopped, current.when, pending, self.room)
                done.append(Work(current, off.end, duty, off.rests, off.pauses))
                current = off.end
                if off.pauses:  # they may end where the next leave has begun, or behind the duty
                    continue
                pending = self._pending(duty, done)
            there = forced or started is not None
            if started is None:
                started, slides = current, current.slides
            piece = work_through(current, length, pending, self.room, forced=there, longer=slides)
            until = self._until(current, duty)
            if not self.room.is_past(piece.finish, until):
                return _summed(started, [*done, piece], piece.finish, duty)
            piece = _cut(piece, until)
            length -= (until - current.when) - _rested(piece, until)
            done.append(piece)
            current = At(until)
        last = current.after(length)
        return _summed(started or begin, done, last, duty)

    def _pending(self, duty: Duty, done: Iterable[Work]) -> list[Rest]:
        """Breaks of the duty still to come: those that are over already don't come again."""
        taken = self.taken.union(*(one.rests for one in done))
        return [one for one in duty.rests if one not in taken and one.latest > self.now]

    def _next_piece(self, at: At, duty: Duty) -> tuple[At, Duty | None]:
        """The first moment from then on that is on duty and not on leave."""
        while True:
            leave = next(
                (
                    one.window
                    for one in sorted(self.technician.leave, key=lambda one: one.window.start)
                    if self.room.has_come(at, one.window.start)
                    and not self.room.has_come(at, one.window.end)
                ),
                None,
            )
            if leave is not None:
                at = At(leave.end)
            elif self.room.has_come(at, duty.window.end):
                after = duty_after(
                    self.technician, duty.window.end, self.zone, on_call=self.on_call
                )
                if after is None:
                    return at, None
                duty = after
                at = self.room.wait(at, duty.window.start)
            else:
                return at, duty

    def _until(self, at: At, duty: Duty) -> datetime:
        leaves = [one.window.start for one in self.technician.leave if one.window.start > at.when]
        if at.slides:
            for start in leaves:
                self.room.has_come(at, start)
        return min([duty.window.end, *leaves])


def _cut(piece: Work, until: datetime) -> Work:
    """What of it lies before that moment."""
    kept = [n for n, pause in enumerate(piece.pauses) if pause.begin_at < until]
    return replace(
        piece,
        rests=tuple(piece.rests[n] for n in kept),
        pauses=tuple(piece.pauses[n] for n in kept),
        late=tuple(one for one in piece.late if one.begin_at < until),
    )


def _rested(piece: Work, until: datetime) -> timedelta:
    return sum((min(pause.end_at, until) - pause.begin_at for pause in piece.pauses), timedelta(0))


def _summed(begin: At, pieces: list[Work], finish: At, duty: Duty | None) -> Work:
    return Work(
        begin,
        finish,
        duty,
        tuple(rest for piece in pieces for rest in piece.rests),
        tuple(pause for piece in pieces for pause in piece.pauses),
        tuple(late for piece in pieces for late in piece.late),
    )
