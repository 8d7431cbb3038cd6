"""A day minute by minute: slow, and plain enough to be believed.

Everything is counted in whole minutes of UTC. Whether somebody is on duty, or a site open, is asked
of the clock on the wall, for each minute anew.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
HALF_A_DAY = 12 * 60


def to_minute(moment: datetime) -> int:
    return (moment - EPOCH) // MINUTE


def to_moment(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


@cache
def on_the_wall(minute, zone):
    """The weekday, and the time that the clock shows; looked at once for each minute."""
    local = to_moment(minute).astimezone(zone)
    return local.weekday(), local.time()


@dataclass
class SlowStop:
    """One stop: what it asks for, in minutes; ``ready`` is what its beginning waits for."""

    name: str
    place: int
    work: int
    ready: list[int] = field(default_factory=list)
    begin_by: dict[str, int] = field(default_factory=dict)
    finish_by: dict[str, int] = field(default_factory=dict)
    access: tuple = ()
    emergency: bool = False
    project: bool = False
    under_way: bool = False


@dataclass
class SlowDay:
    """A technician, and the stops in sequence. Places are minutes of driving apart."""

    now: int
    zone: ZoneInfo
    shifts: tuple
    stops: list[SlowStop]
    leave: list[tuple[int, int]] = field(default_factory=list)
    on_call: list[tuple[int, int]] = field(default_factory=list)
    place: int = 0
    home: int | None = None
    overtime: int = 0

    def __post_init__(self):
        self.on_duty = cache(self._on_duty)
        self.is_open = cache(self._is_open)
        self.duty = cache(self._duty)
        self.rests = cache(self._rests)
        self.openings = cache(self._openings)

    def _on_duty(self, minute, emergency):
        if emergency and any(start <= minute < end for start, end in self.on_call):
            return True
        return _within(self.shifts, minute, self.zone)

    def _is_open(self, minute, access):
        return not access or _within(access, minute, self.zone)

    def _duty(self, minute, emergency):
        """From when until when the first duty that ends after the minute lasts.

        It begins with the first shift or call that lasts at the minute, and ends at the first gap.
        """
        while not self.on_duty(minute, emergency):
            minute += 1
        end = minute
        while self.on_duty(end, emergency):
            end += 1
        begun = [one[0] for one in self.on_call if emergency and one[0] <= minute < one[1]]
        for shift in self.shifts:
            if _within((shift,), minute, self.zone):
                start = minute
                while on_the_wall(start, self.zone) != (shift.weekday, shift.start):
                    start -= 1
                begun.append(start)
        return min(begun), end

    def overrun(self):
        """The duty that ended within the overtime before now, while there is none; or None."""
        if self.on_duty(self.now, False):
            return None
        for minute in range(self.now - 1, self.now - self.overtime - 1, -1):
            if self.on_duty(minute, False):
                return self.duty(minute, False)
        return None

    def _rests(self, duty):
        """Breaks whose shift begins in the duty: earliest, latest, length."""
        found = set()
        for minute in range(*duty):
            weekday, clock = on_the_wall(minute, self.zone)
            for shift in self.shifts:
                if (shift.weekday, shift.start) == (weekday, clock):
                    for rest in shift.breaks:
                        found.add(self._rest(shift, rest, minute))
        return sorted(found)

    def _rest(self, shift, rest, minute):
        def when(clock):
            at = minute
            while (shown := on_the_wall(at, self.zone)[1]) != clock:
                at += 1
                jump = _minutes(shown, on_the_wall(at, self.zone)[1])
                if _minutes(shown, clock) < jump < HALF_A_DAY:  # summer time skips it
                    return at + _minutes(shown, clock) - 1
            return at

        earliest, latest = when(rest.earliest), when(rest.latest)
        return earliest, max(earliest, latest), int(rest.duration_s // 60)

    def run(self, delayed=None, delay=0):
        """Begin and end of each stop, and what is broken; ``delay`` before the stop ``delayed``."""
        player = _Player(self, self.now, self.place)
        for index, stop in enumerate(self.stops):
            player.minute += delay if index == delayed else 0
            player.play(stop)
        return player.times, player.broken

    def begin(self, stop, arrive, duty):
        """The first minute from the arrival on at which work may begin, and whether none may."""
        begin = max([arrive, *stop.ready])
        if not stop.access:
            return begin, False
        need = 1 if stop.project else stop.work
        for low, high in self.openings(stop.access, min(duty[0], begin), max(duty[1], begin)):
            minute = max(begin, low)
            if (low < duty[1] or low <= begin) and minute + need <= high:
                return minute, False
        return begin, True

    def _openings(self, access, since, until):
        """Runs of open minutes that share any with that time."""
        found, start = [], None
        for minute in range(since - 1440, until + 1440):
            if _within(access, minute, self.zone):
                start = minute if start is None else start
            elif start is not None:
                found.append((start, minute))
                start = None
        return [run for run in found if run[0] <= until and run[1] > since]

    def work(self, stop, begin, duty, rests, taken):
        """Begin, end, breaks in between, and the duty in which it ends."""
        if not stop.project:
            finish, pauses = _with_rests(begin, stop.work, rests, stop.under_way)
            return begin, finish, pauses, duty
        return self._project(stop, begin, duty, taken)

    def _project(self, stop, begin, duty, taken):
        left, minute, started, pauses = stop.work, begin, None, []
        while True:
            stopped, (minute, duty) = minute, self._next_piece(minute, duty, stop.emergency)
            gone = {*taken, *(rest for _, rest in pauses)}
            rests = [r for r in self.rests(duty) if r not in gone and r[1] > self.now]
            end, off = rest_through(stopped, minute, rests)
            pauses += [(rest[0], rest) for rest in off]  # never too late
            if end > minute:
                minute = end
                continue
            rests = [rest for rest in rests if rest not in off]
            forced = stop.under_way or started is not None
            started = minute if started is None else started
            finish, found = _with_rests(minute, left, rests, forced)
            until = min([duty[1], *(v[0] for v in self.leave if v[0] > minute)])
            if finish <= until:
                return started, finish, [*pauses, *found], duty
            kept = [(at, rest) for at, rest in found if at < until]
            resting = {m for at, rest in kept for m in range(at, at + rest[2])}
            left -= sum(m not in resting for m in range(minute, until))
            pauses += kept
            minute = until

    def _next_piece(self, minute, duty, emergency):
        """The first minute from then on that is on duty and not on leave."""
        while True:
            if any(v[0] <= minute < v[1] for v in self.leave):
                minute = next(v[1] for v in sorted(self.leave) if v[0] <= minute < v[1])
            elif minute >= duty[1]:
                duty = self.duty(duty[1], emergency)
                minute = max(minute, duty[0])
            else:
                return minute, duty


@dataclass
class _Player:
    """Where the technician stands while a day is played."""

    day: SlowDay
    minute: int
    place: int
    duty: tuple[int, int] | None = None
    away: tuple[int, int] | None = None
    overran: bool = False
    taken: set = field(default_factory=set)
    times: list = field(default_factory=list)
    broken: set = field(default_factory=set)

    def play(self, stop):
        natural = max([self.day.now, *stop.ready])
        since = self.duty[0] if self.duty else self.day.now
        first, after = self.duty is None, self.day.duty(max(self.day.now, since), stop.emergency)
        if after[1] <= natural:
            after = self.day.duty(natural, stop.emergency)
        goes_on = self.overran and not stop.emergency and max([since, *stop.ready]) < self.duty[1]
        if first and stop.under_way and not stop.emergency:
            over = self.day.overrun()
            self.overran = over is not None and max([over[0], *stop.ready]) < over[1]
            after = over if self.overran else after
        self.overran &= first or goes_on
        self.duty = self.duty if goes_on else after
        if not stop.under_way:
            self.report(first=first)
            if self.away and max(natural, self.away[0]) < self.away[1]:
                self.broken.add((stop.name, "leave"))
            while self.put_off(stop):
                pass
        self.minute += abs(self.place - stop.place)
        begin, shut = self.day.begin(stop, self.minute, self.duty)
        begin, finish, pauses, self.duty = self.day.work(
            stop, begin, self.duty, self.rests(), self.taken
        )
        self.taken |= {rest for _, rest in pauses}
        self.broken |= {(stop.name, "break") for at, rest in pauses if at > rest[1]}
        self.broken |= {(stop.name, limit) for limit in self.limits(stop, begin, finish, shut)}
        self.overran &= not stop.project
        self.times.append((begin, finish))
        self.minute, self.place = finish, stop.place

    def report(self, *, first):
        if self.minute < self.duty[0]:
            self.minute = self.duty[0]
            if not first and self.day.home is not None:
                self.place = self.day.home

    def rests(self):
        return [r for r in self.day.rests(self.duty) if r not in self.taken and r[1] > self.day.now]

    def put_off(self, stop):
        """Take a leave or a break that comes before driving on; whether there was one."""
        arrive = self.minute + abs(self.place - stop.place)
        begin, _ = self.day.begin(stop, arrive, self.duty)
        begin, finish, _, _ = self.day.work(stop, begin, self.duty, self.rests(), self.taken)
        reach = begin if stop.project else finish
        for leave in sorted(self.day.leave):
            if self.minute < leave[1] and reach > leave[0]:
                self.sit_out(stop, leave)
                return True
        due = [rest for rest in self.rests() if self.minute >= rest[0]]
        if due:
            rest = min(due, key=lambda rest: rest[1])
            if self.minute > rest[1]:
                self.broken.add((stop.name, "break"))
            self.minute += rest[2]
            self.taken.add(rest)
            return True
        for rest in self.rests():
            if finish > rest[1] and begin >= rest[0]:
                self.minute = rest[0]
                return True
        return False

    def sit_out(self, stop, leave):
        since = self.minute if self.times else min(self.minute, leave[0])
        self.minute = leave[1]
        if leave[1] >= self.duty[1]:
            self.broken.add((stop.name, "leave"))
            self.away, self.duty = leave, self.day.duty(leave[1], stop.emergency)
            self.report(first=False)
        self.minute, off = rest_through(since, self.minute, self.rests())
        self.taken |= off

    def limits(self, stop, begin, finish, shut):
        """What the stop breaks."""
        yield from (limit for limit, by in stop.begin_by.items() if begin > by)
        yield from (limit for limit, by in stop.finish_by.items() if finish > by)
        if shut:
            yield "access"
        if stop.project:
            return
        if finish > self.duty[1] + self.day.overtime:
            yield "shift"
        minutes = range(begin, finish)
        if stop.access and not all(self.day.is_open(minute, stop.access) for minute in minutes):
            yield "access"
        if stop.under_way and any(v[1] > self.day.now and finish > v[0] for v in self.day.leave):
            yield "leave"


def rest_through(since, until, rests):
    """When work goes on after time off, and the breaks whose latest beginning passed in it.

    They were had in it, or come at its end when it is too short.
    """
    passed = [rest for rest in rests if since <= rest[1] < until]
    free, end = since, until
    for rest in passed:
        if free + rest[2] <= until:
            free += rest[2]
        else:
            end += rest[2]
    return end, set(passed)


def _with_rests(begin, work, rests, forced):
    chosen: list = []
    while True:
        finish = begin + work + sum(rest[2] for rest in chosen)
        more = [
            rest
            for rest in rests
            if rest not in chosen and finish > rest[1] and (forced or begin < rest[0])
        ]
        if not more:
            break
        chosen.append(more[0])
    pauses, free = [], begin
    for rest in sorted(chosen):
        at = max(rest[0], free)
        pauses.append((at, rest))
        free = at + rest[2]
    return finish, pauses


def _minutes(shown, clock):
    """How far the hands move from one time to the next time that they show the other."""
    return ((clock.hour - shown.hour) * 60 + clock.minute - shown.minute) % 1440


def _within(hours, minute, zone):
    weekday, clock = on_the_wall(minute, zone)
    yesterday = (weekday - 1) % 7
    for one in hours:
        if one.end > one.start:
            if one.weekday == weekday and one.start <= clock < one.end:
                return True
        elif (one.weekday == weekday and clock >= one.start) or (
            one.weekday == yesterday and clock < one.end
        ):
            return True
    return False
