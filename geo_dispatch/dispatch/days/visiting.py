"""One stop of a day: when the technician sets out, arrives, begins and is done, and what breaks.

What is simulated here is how people work:

* Nobody drives before their duty begins; into a later duty they drive from home.
* Work begins when the technician is there, the window is open, the agreed start has come, what it
  waits for is done, the crew is there, and the site lets anybody in.
* Before driving on, a break whose time has come is taken. Work that lasts through a break's time
  pauses for it. Otherwise, if the stop would end after the break's latest beginning, the
  technician waits for its earliest and takes it first.
* Leave within the duty is stepped around; leave that lasts beyond it breaks a limit. A break whose
  latest beginning passes in a leave is had in it or, if it is too short for that, right behind it.
* A project goes on in the next duty; all other work has to end in the duty that it belongs to,
  or in the overtime behind it. Who is still at it then goes on with the rest of that duty.
* Whoever is under way or there goes on with it.

Waiting happens within a duty: what only another day could mend is a limit broken, by so much.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.access import Entry, Shut, enter
from geo_dispatch.dispatch.days.availability import Duty, Rest, clock_text, duty_after, overrun_duty
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.errand import Errand
from geo_dispatch.dispatch.days.feasibility import Deadline, Limit, Violation
from geo_dispatch.dispatch.days.labour import (
    LateRest,
    Pause,
    Project,
    Work,
    rest_through,
    work_through,
)
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.days.sliding import TICK, At, Room
from geo_dispatch.dispatch.days.state import State, Visit
from geo_dispatch.dispatch.records.technicians import Leave, Technician
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.kernel.time import Window, whole_minute


@dataclass(frozen=True, slots=True)
class World:
    """What holds for a whole day.

    Attributes
    ----------
    planned
        The orders of the plan: what waits for one of them waits for it there.
    overtime
        How long after the end of a shift work may go on.
    """

    technician: Technician
    drives: Drives
    now: datetime
    zone: ZoneInfo
    planned: frozenset[OrderId]
    overtime: timedelta = timedelta(0)

    def clock(self, moment: datetime) -> str:
        """The moment as a dispatcher says it."""
        return clock_text(moment, self.zone, self.now)

    def clocks(self, late: datetime, mark: datetime) -> tuple[str, str]:
        """A moment and the mark before it, never said to be the same minute."""
        said, until = self.clock(late), self.clock(mark)
        return (self.clock(whole_minute(late)) if said == until else said), until

    def errand(self, stop: Stop) -> Errand:
        """What the stop asks for."""
        return Errand.of(stop, self.now, self.planned)

    def visit(self, state: State, errand: Errand, room: Room) -> tuple[Visit, State]:
        """Do the stop; tells what came of it, and where the technician stands then."""
        if state.driven_s is None:
            return _lost(errand.stop), state
        attempt = _Attempt(self, errand, room, state)
        return attempt.done()


def _lost(stop: Stop) -> Visit:
    fact = f"no way by road to {stop.order.number}, or to a stop before it"
    return Visit(
        stop, violations=(Violation(Limit.UNREACHABLE, stop.order.id, math.inf, None, fact),)
    )


class _Tried(NamedTuple):
    """Setting out at some moment, and what that leads to."""

    drive_s: float
    arrive: At
    entry: Entry
    work: Work


class _Attempt:
    """One stop in the making: what `World.visit` works with."""

    def __init__(self, world: World, errand: Errand, room: Room, state: State) -> None:
        self.world, self.errand, self.room, self.state = world, errand, room, state
        self.stop = errand.stop
        self.violations: list[Violation] = []
        self.pauses: list[Pause] = []
        self.at, self.place, self.away = state.at, state.place, state.away
        self.taken = state.taken
        self.duty = self._duty()
        self.pending = self._pending()

    def done(self) -> tuple[Visit, State]:
        stop, state = self.stop, self.state
        if not self.errand.fixed:
            self._report()
        leg_s = 0.0 if self.errand.reached else self.world.drives(self.place, stop.place)
        if leg_s is None:
            return _lost(stop), state._replace(driven_s=None)
        tried = self._go(leg_s) if self.errand.fixed else self._set_out(leg_s)
        if tried is None:
            return _lost(stop), state._replace(driven_s=None)
        leg_s, arrive, work = tried.drive_s, tried.arrive, tried.work
        self._judge(tried)
        after = State(
            at=work.finish,
            place=stop.place,
            driven_s=(state.driven_s or 0.0) + leg_s,
            duty=work.duty,
            on_call=stop.order.emergency,
            taken=self.taken | set(work.rests),
            away=self.away,
        )
        visit = Visit(
            stop=stop,
            drive_s=leg_s,
            depart=self.at,
            arrive=arrive,
            begin=work.begin,
            finish=work.finish,
            pauses=(*self.pauses, *work.pauses),
            violations=tuple(self.violations),
        )
        return visit, after

    def _duty(self) -> Duty | None:
        """The duty that the stop belongs to: the first that ends after all that is known now.

        The one that goes on now, if it lasts until then: whose shifts follow each other without a
        gap is on duty all the time.
        """
        state, order, world = self.state, self.stop.order, self.world
        known = state.duty if state.on_call == order.emergency else None
        if state.duty is None and self.errand.fixed and not order.emergency:
            known = overrun_duty(world.technician, world.now, world.zone, world.overtime)
        since = state.duty.window.start if state.duty else world.now
        if known and max([known.window.start, *self.errand.not_before]) < known.window.end:
            return known
        moment = max(world.now, since)
        earliest = max([moment, *self.errand.not_before])
        duty = duty_after(world.technician, moment, world.zone, on_call=order.emergency)
        if earliest > moment and (duty is None or duty.window.end <= earliest):
            duty = duty_after(world.technician, earliest, world.zone, on_call=order.emergency)
        return duty

    def _report(self) -> None:
        """Be on duty before driving."""
        self._home(self.duty, first=self.state.duty is None)
        if self.away is not None:
            earliest = max(self.world.now, *self.errand.not_before, self.away.window.start)
            if earliest < self.away.window.end:
                self._leave_breaks(self.away, self.away.window.end - earliest)

    def _home(self, duty: Duty | None, *, first: bool) -> None:
        if duty is None or self.room.has_come(self.at, duty.window.start):
            return
        self.at = At(duty.window.start)
        if not first and self.world.technician.home is not None:
            self.place = self.world.technician.home

    def _go(self, leg_s: float) -> _Tried:
        """Set out now."""
        arrive = self.at.after(timedelta(seconds=leg_s))
        entry = Entry(arrive) if self.errand.reached else self._enter(arrive)
        return _Tried(leg_s, arrive, entry, self._work(entry.begin))

    def _set_out(self, leg_s: float) -> _Tried | None:
        """Take what comes before driving, leave and breaks, and then go."""
        passed: set[Leave] = set()
        while True:
            found = self._leave_before(leg_s, passed)
            if found is not None:
                leave, work = found
                passed.add(leave)
                way_s = self._sit_out(leave, work)
                if way_s is None:
                    return None
                leg_s = way_s
            elif not self._rested():
                tried = self._go(leg_s)
                if not self._waits_to_rest(tried.work):
                    return tried

    def _leave_before(self, leg_s: float, passed: set[Leave]) -> tuple[Leave, Work] | None:
        """The first leave that would interrupt the way there or the work, and that work."""
        for leave in sorted(self.world.technician.leave, key=lambda one: one.window.start):
            away = leave.window
            if leave in passed or self.room.has_come(self.at, away.end):
                continue
            work = self._go(leg_s).work
            if self.room.is_past(work.begin if self.errand.project else work.finish, away.start):
                return leave, work
        return None

    def _sit_out(self, leave: Leave, work: Work) -> float | None:
        away, world = leave.window, self.world
        within = self.duty is not None and away.end < self.duty.window.end
        if not within:
            late = work.finish.when - max(away.start, world.now)
            self._leave_breaks(leave, late)
            self.away = leave
        since = self.at
        if self.state.duty is None and self.room.has_come(since, away.start):
            since = At(away.start)  # nothing was done today that could have lasted into the leave
        self.at = self.room.wait(self.at, away.end)
        if not within:
            self.duty = duty_after(
                world.technician, away.end, world.zone, on_call=self.stop.order.emergency
            )
            self.pending = self._pending()
            self._home(self.duty, first=False)
        off = rest_through(since, self.at.when, self.pending, self.room)
        self.at, self.taken = off.end, self.taken | set(off.rests)
        self.pauses += off.pauses
        self.pending = self._pending()
        return world.drives(self.place, self.stop.place)

    def _leave_breaks(self, leave: Leave, late: timedelta) -> None:
        away, clock = leave.window, self.world.clock
        fact = f"on leave from {clock(away.start)} to {clock(away.end)}"
        fact += f" ({leave.reason})" if leave.reason else ""
        if not any(one.limit is Limit.LEAVE for one in self.violations):
            self._break(Limit.LEAVE, late.total_seconds(), away.start, fact)

    def _rested(self) -> bool:
        """Take the most urgent break whose time has come; whether one was taken."""
        due = takewhile(lambda rest: self.room.has_come(self.at, rest.earliest), self.pending)
        rest = min(due, key=lambda rest: rest.latest, default=None)
        if rest is None:
            return False
        if self.room.is_past(self.at, rest.latest):
            self._late(LateRest(rest, self.at.when))
        end = self.at.after(rest.length)
        self.pauses.append(Pause(self.at.when, end.when))
        self.at, self.taken = end, self.taken | {rest}
        self.pending = self._pending()
        return True

    def _waits_to_rest(self, work: Work) -> bool:
        """Wait for a break that couldn't be taken behind the work; whether there is one."""
        for rest in self.pending:
            if self.room.is_past(work.finish, rest.latest) and self.room.has_come(
                work.begin, rest.earliest
            ):
                self.at = At(rest.earliest)
                return True
        return False

    def _pending(self) -> list[Rest]:
        """Breaks still to come, by their earliest beginning."""
        rests = self.duty.rests if self.duty is not None else ()
        return [one for one in rests if one not in self.taken and one.latest > self.world.now]

    def _enter(self, arrive: At) -> Entry:
        """Wait for what the work waits for, and to be let in."""
        begin = arrive
        for mark in self.errand.not_before:
            begin = self.room.wait(begin, mark)
        if not self.stop.access:
            return Entry(begin)
        duty = self.duty.window if self.duty else Window(self.world.now, self.world.now + TICK)
        least = TICK if self.errand.project else self.errand.work
        zone, room = self.world.zone, self.room
        return enter(begin, self.stop.access, least, duty=duty, zone=zone, room=room)

    def _closed(self, begin: datetime, shut: Shut) -> None:
        """Tell that the site lets nobody in for so long: too short, too late, or not that day."""
        clock = self.world.clock
        if shut.opens:
            fact = f"there at {clock(begin)}, but the site opens at {clock(shut.mark)}"
        else:
            done, closes = self.world.clocks(shut.mark + shut.late, shut.mark)
            fact = f"done at {done}, but the site closes at {closes}"
        self._break(Limit.ACCESS, shut.late.total_seconds(), shut.mark, fact)

    def _work(self, begin: At) -> Work:
        """The work, from there on, until it is done."""
        if self.errand.project:
            project = Project(
                technician=self.world.technician,
                zone=self.world.zone,
                room=self.room,
                on_call=self.stop.order.emergency,
                taken=self.taken,
                now=self.world.now,
            )
            return project.work(begin, self.errand.work, self.duty, forced=self.errand.fixed)
        return work_through(
            begin,
            self.errand.work,
            self.pending,
            self.room,
            duty=self.duty,
            forced=self.errand.fixed,
        )

    def _judge(self, tried: _Tried) -> None:
        """Find what the stop breaks, now that its times are known."""
        stop, work, entry = self.stop, tried.work, tried.entry
        if entry.shut is not None:
            self._closed(entry.begin.when, entry.shut)
        for mark in self._deadlines(entry.closes):
            it = work.begin if mark.of == "begin" else work.finish
            if self.room.is_past(it, mark.at):
                said = mark.missed(*self.world.clocks(it.when, mark.at))
                self._break(mark.limit, (it.when - mark.at).total_seconds(), mark.at, said)
        for late in work.late:
            self._late(late)
        if self.duty is None:
            self._break(Limit.SHIFT, math.inf, None, "has no shift within four weeks")
        if self.errand.fixed and not self.errand.project:
            self._work_into_leave(work)
        for prior in stop.priors:
            if prior.done_at is None and prior.order_id not in self.world.planned:
                fact = f"waits for {prior.number}, and nobody can tell until when"
                self._break(Limit.PREDECESSOR, math.inf, None, fact)

    def _deadlines(self, closes: datetime | None) -> Iterator[Deadline]:
        """What the times have to keep to."""
        yield from self.errand.deadlines
        if self.errand.project:
            return
        if closes is not None:
            yield Deadline(Limit.ACCESS, "finish", closes)
        if self.duty is not None:
            ends, overtime = self.duty.window.end, self.world.overtime
            yield Deadline(Limit.SHIFT, "finish", ends + overtime, extended=bool(overtime))

    def _work_into_leave(self, work: Work) -> None:
        for leave in self.world.technician.leave:
            away = leave.window
            if away.end > self.world.now and self.room.is_past(work.finish, away.start):
                late = work.finish.when - max(away.start, self.world.now)
                self._leave_breaks(leave, late)

    def _late(self, late: LateRest) -> None:
        latest = late.rest.latest
        begins, by = self.world.clocks(late.begin_at, latest)
        fact = f"break at {begins}, but it begins at {by} at the latest"
        self._break(Limit.BREAK, (late.begin_at - latest).total_seconds(), latest, fact)

    def _break(self, limit: Limit, by_s: float, at: datetime | None, fact: str) -> None:
        self.violations.append(Violation(limit, self.stop.order.id, by_s, at, fact))
