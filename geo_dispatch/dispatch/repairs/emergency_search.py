"""The least change that gets somebody to an emergency in time.

What may be done: the emergency goes to one of its hosts, at any place behind what has begun.
Visits of that host may be bumped: behind the emergency in the same day, into another
technician's day at any place, or, last, to the backlog. Other visits keep their sequence; those
that begin at another time for it are changes too.

Answers are compared by `Cost`. All of them are tried, by the number of visits bumped, but for
those that a bound shows to be worse than the best found before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.repairs.roster import Arranged, Roster
from geo_dispatch.kernel.ids import OrderId, TechnicianId

Stops = tuple[Stop, ...]

Fits = Callable[[Stop, TechnicianId], bool]
"""Whether the technician may be sent to the visit, by everything but the times of their day."""

_ROUNDING_MIN: Final = 1e-6
"""Sums of floats in another sequence differ by less."""

_ROUNDING_S: Final = 2.0
"""A detour saves no driving, but for what rounding to whole seconds can hide."""

_MILLISECONDS: Final = 3
"""Digits of a second."""


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What an answer costs; compared from the first to the last.

    Attributes
    ----------
    late_min
        By how much the emergency is late, whole minutes, rounded up.
    broken
        Promises to others that held and are missed now.
    unassigned
        Visits that go to the backlog.
    changes
        Orders with another technician or another planned begin, the emergency among them.
    minutes
        The score of the host, and driving added in all days.
    """

    late_min: int = 0
    broken: int = 0
    unassigned: int = 0
    changes: int = 1
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The emergency, and what its answers are judged by.

    Attributes
    ----------
    hosts
        Who may be sent, and what speaks for or against them without roads, minutes.
    wait_price
        Of a minute until work begins.
    max_changes
        More visits than this are never changed.
    max_walks
        When so many days have been walked, the best found so far is the answer.
    """

    stop: Stop
    hosts: Mapping[TechnicianId, float]
    now: datetime
    respond_by: datetime
    wait_price: float
    max_changes: int
    max_walks: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to deal with the emergency.

    Attributes
    ----------
    days
        Every day that is touched, as it would be.
    bumped
        Visits that leave their place in the sequence; ``unassigned`` are among them.
    """

    cost: Cost
    host: TechnicianId
    days: Mapping[TechnicianId, Arranged]
    bumped: Stops = ()
    unassigned: Stops = ()

    def key(self, order_id: OrderId) -> tuple[Cost, TechnicianId, tuple[tuple[str, ...], ...]]:
        """Cost first; equal costs by names, so that the same inputs give the same answer.

        The emergency's own id is left out: in a dry run it is another.
        """
        days = sorted(self.days.items())
        names = tuple(
            tuple("" if stop.order.id == order_id else stop.order.id for stop in day.stops)
            for _, day in days
        )
        return (self.cost, self.host, names)


def least_change(wanted: Wanted, roster: Roster, fits: Fits) -> tuple[Answer | None, bool]:
    """The best answer, and whether it is proven to be: not when ``max_walks`` ran out.

    None when no host can be there at all, or only by changing more than ``max_changes``.
    """
    search = _Search(wanted, roster, fits)
    search.run()
    return search.best, not search.tired


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where a visit could go in a day that stands; where it changes least comes first.

    Attributes
    ----------
    later
        Visits of that day that begin later for it, at the least.
    added_s
        Driving added, seconds.
    index
        Among the stops.
    """

    later: int
    added_s: float
    technician_id: TechnicianId
    index: int


@dataclass(frozen=True, slots=True)
class _Head:
    """A day up to the emergency.

    Attributes
    ----------
    bound
        No answer with it costs less.
    begin_s
        When the emergency begins, seconds since 1970.
    changed
        Visits in it that are not as they were.
    """

    bound: Cost
    begin_s: float
    changed: frozenset[OrderId]


@dataclass(slots=True)
class _Search:
    """What a search knows and has found."""

    wanted: Wanted
    roster: Roster
    fits: Fits
    best: Answer | None = None
    places: dict[OrderId, list[_Place]] = field(default_factory=dict)

    @property
    def tired(self) -> bool:
        """Whether as many days were walked as may be."""
        return self.roster.walked >= self.wanted.max_walks

    def run(self) -> None:
        """Try everything, few bumped visits first."""
        hosts, place = self.wanted.hosts, self.wanted.stop.place
        self.roster.prefetch_to_and_from(place, hosts)
        for bumps in range(self.wanted.max_changes + 1):
            if bumps == 1:
                self.roster.prefetch_within(hosts)
            for host in self.wanted.hosts:
                for day, away, back in self._arrangements(host, bumps):
                    cost = self._cost(host, day, len(away))
                    self._send_away(Answer(cost, host, {host: day}, (*back, *away)), away)
                    if self.tired:
                        return

    def _may_be_best(self, bound: Cost) -> bool:
        """Whether an answer that costs no less than that could be the best."""
        within = bound.changes <= 1 + self.wanted.max_changes
        return within and (self.best is None or bound <= self.best.cost)

    def _arrangements(
        self, host: TechnicianId, bumps: int
    ) -> Iterator[tuple[Arranged, Stops, Stops]]:
        """The host's day with the emergency, and with so many visits sent away or put back."""
        front, rest, end = self.roster.parts(host)
        free = [stop for stop in rest if stop.order.id in self.roster.free]
        for bumped in itertools.combinations(free, bumps):
            kept = tuple(stop for stop in rest if stop not in bumped)
            for place in range(len(kept) + 1):
                head = (*front, *kept[:place], self.wanted.stop)
                known = self._head(host, head, (*kept[place:], *end), bumped)
                if known is None:
                    continue
                for away in _subsets(bumped):
                    if not self._sendable(host, known.bound, away):
                        continue
                    back = tuple(stop for stop in bumped if stop not in away)
                    for tail in _interleaved(kept[place:], back):
                        day = self._whole(host, (*head, *tail, *end), known, bumped)
                        if day is not None:
                            yield day, away, back

    def _head(self, host: TechnicianId, head: Stops, tail: Stops, bumped: Stops) -> _Head | None:
        """The day up to the emergency, if an answer with it may be the best.

        Nothing that comes behind the emergency changes it. Each visit bumped is a change, and
        none makes the others earlier or, but for rounding, the driving less.
        """
        ahead, whole = self.roster.least(host, head), self.roster.least(host, (*head, *tail))
        if ahead is None or whole is None:
            return None
        added_s = whole.added_s - len(bumped) * _ROUNDING_S
        begin_s = ahead.begins_s[self.wanted.stop.order.id]
        changes = 1 + len(bumped) + len(whole.later)
        minutes = self._minutes(host, begin_s, added_s)
        if not self._may_be_best(Cost(self._late_min(begin_s), 0, 0, changes, minutes)):
            return None
        day = self.roster.arranged(host, head)
        if not day.possible:
            return None
        begin_s = self._begin_s(day)
        bound = Cost(
            late_min=self._late_min(begin_s),
            broken=len(day.broken),
            changes=1 + len(bumped) + len(whole.later | day.changed),
            minutes=self._minutes(host, begin_s, added_s),
        )
        return _Head(bound, begin_s, day.changed) if self._may_be_best(bound) else None

    def _sendable(self, host: TechnicianId, bound: Cost, away: Stops) -> bool:
        """Whether sending these away may give the best answer."""
        places = [self._places(stop, host) for stop in away]
        stranded = sum(not found for found in places)
        later = max((found[0].later for found in places if found), default=0)
        bound = replace(bound, unassigned=stranded)
        if self._may_be_best(replace(bound, changes=bound.changes + later)):
            return True
        return stranded < len(away) and self._may_be_best(replace(bound, unassigned=stranded + 1))

    def _whole(
        self, host: TechnicianId, stops: Stops, head: _Head, bumped: Stops
    ) -> Arranged | None:
        """The host's day, if it may be part of the best answer."""
        if bumped:
            least = self.roster.least(host, stops)
            if least is None:
                return None
            others = (least.later | head.changed) - {stop.order.id for stop in bumped}
            bound = replace(
                head.bound,
                changes=1 + len(bumped) + len(others),
                minutes=self._minutes(
                    host, head.begin_s, least.added_s - len(bumped) * _ROUNDING_S
                ),
            )
            if not self._may_be_best(bound):
                return None
        day = self.roster.arranged(host, stops)
        return day if day.possible else None

    def _send_away(self, answer: Answer, away: Stops) -> None:
        """Find the visits places in other days, or leave them to the backlog."""
        if not away:
            mine = self.wanted.stop.order.id
            if self._may_be_best(answer.cost) and (
                self.best is None or answer.key(mine) < self.best.key(mine)
            ):
                self.best = answer
            return
        visit, others = away[0], away[1:]
        cost = answer.cost
        for place in self._places(visit, answer.host):
            changes = cost.changes + place.later
            if not self._may_be_best(replace(cost, changes=changes, minutes=-math.inf)):
                break
            slack_min = _ROUNDING_MIN + len(others) * _ROUNDING_S / 60
            minutes = cost.minutes + place.added_s / 60 - slack_min
            taken = place.technician_id in answer.days
            if not taken and self._may_be_best(replace(cost, changes=changes, minutes=minutes)):
                self._put(answer, visit, others, place.technician_id, place.index)
        for technician_id, day in answer.days.items():
            if technician_id != answer.host and self.fits(visit, technician_id):
                for index in self.roster.places(technician_id, day.stops):
                    self._put(answer, visit, others, technician_id, index)
        left = replace(
            cost,
            broken=cost.broken + len(self.roster.lost_today(visit)),
            unassigned=cost.unassigned + 1,
        )
        if self._may_be_best(replace(left, minutes=-math.inf)):
            self._send_away(
                replace(answer, cost=left, unassigned=(*answer.unassigned, visit)), others
            )

    def _put(
        self, answer: Answer, visit: Stop, others: Stops, technician_id: TechnicianId, index: int
    ) -> None:
        """Put the visit into that day, and go on with the others."""
        before = answer.days.get(technician_id) or self.roster.as_it_stands(technician_id)
        stops = (*before.stops[:index], visit, *before.stops[index:])
        after = self.roster.arranged(technician_id, stops)
        if not after.possible or self.tired:
            return
        cost = answer.cost
        cost = replace(
            cost,
            broken=cost.broken + len(after.broken) - len(before.broken),
            changes=cost.changes + len(after.changed) - len(before.changed),
            minutes=cost.minutes + (after.drive_s - before.drive_s) / 60,
        )
        days = {**answer.days, technician_id: after}
        self._send_away(replace(answer, cost=cost, days=days), others)

    def _places(self, visit: Stop, host: TechnicianId) -> list[_Place]:
        """Where the visit could go besides its host's day, the least change first."""
        found = self.places.get(visit.order.id)
        if found is None:
            found = []
            others = [one for one in self.roster.days if one != host and self.fits(visit, one)]
            self.roster.prefetch_to_and_from(visit.place, others)
            for technician_id in others:
                day = self.roster.as_it_stands(technician_id).stops
                for index in self.roster.places(technician_id, day):
                    least = self.roster.least(technician_id, (*day[:index], visit, *day[index:]))
                    if least is not None:
                        later = len(least.later)
                        place = _Place(later, least.added_s, technician_id, index)
                        found.append(place)
            found.sort()
            self.places[visit.order.id] = found
        return found

    def _cost(self, host: TechnicianId, day: Arranged, away: int) -> Cost:
        begin_s = self._begin_s(day)
        added_s = day.drive_s - self.roster.as_it_stands(host).drive_s
        return Cost(
            late_min=self._late_min(begin_s),
            broken=len(day.broken),
            changes=1 + away + len(day.changed),
            minutes=self._minutes(host, begin_s, added_s),
        )

    def _minutes(self, host: TechnicianId, begin_s: float, added_s: float) -> float:
        until_s = begin_s - self.wanted.now.timestamp()
        return self.wanted.hosts[host] + (self.wanted.wait_price * until_s + added_s) / 60

    def _late_min(self, begin_s: float) -> int:
        late_s = round(begin_s - self.wanted.respond_by.timestamp(), _MILLISECONDS)
        return max(0, math.ceil(late_s / 60))

    def _begin_s(self, day: Arranged) -> float:
        """When work on the emergency begins in a possible day, seconds since 1970."""
        wanted = self.wanted.stop.order.id
        begins = (s.begin_at for s in day.schedule.stays if s.stop.order.id == wanted)
        begin_at = next(begins)
        return math.inf if begin_at is None else begin_at.timestamp()


def _subsets(stops: Stops) -> Iterator[Stops]:
    """All subsets, the small ones first."""
    for size in range(len(stops) + 1):
        yield from itertools.combinations(stops, size)


def _interleaved(tail: Stops, back: Stops) -> Iterator[Stops]:
    """Every sequence of both in which the tail keeps its own, each once."""
    if not back:
        yield tail
        return
    for shorter in _interleaved(tail, back[1:]):
        for index in range(len(shorter) + 1):
            yield (*shorter[:index], back[0], *shorter[index:])
