"""Days as they stand, and what becomes of one when its stops are arranged otherwise.

A `Roster` walks each arrangement of a technician's day once, and compares it with the day as it
stands: whose begin differs, which promises break that held, and whether it can be done at all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import (
    Deadline,
    Limit,
    Violation,
    by_limit,
    deadlines,
    new_or_worse,
)
from geo_dispatch.dispatch.days.insertion import first_position
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.days.schedule import Schedule, Stay
from geo_dispatch.dispatch.repairs.changes import WORTH_LISTING_S, same_begin
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, TechnicianId

PROMISES: Final = frozenset({Limit.WINDOW, Limit.DUE, Limit.SLA_RESPONSE, Limit.SLA_COMPLETION})
"""Limits that can be missed, at a price. Every other says what is not possible at all."""

CanHave = Callable[[TechnicianId, Stay], bool]
"""Whether the technician can have, for that visit, what it needs and isn't aboard."""

_ROUNDING_S: Final = 1e-3
"""Sums of floats and of datetimes differ by less."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """One technician's day, arranged in some way.

    Attributes
    ----------
    changed
        Visits of the day as it stands that begin at another time; guests are not among them.
    broken
        Promises that hold in the days as they stand, and are missed here.
    possible
        Nothing is against it but promises, and nothing changes that may not.
    drive_s
        Driving in it, seconds.
    """

    stops: tuple[Stop, ...]
    schedule: Schedule
    changed: frozenset[OrderId]
    broken: tuple[Violation, ...]
    possible: bool
    drive_s: float


@dataclass(frozen=True, slots=True)
class Least:
    """What an arrangement takes at the least.

    Attributes
    ----------
    later
        Visits of the day that begin later than they do as it stands.
    added_s
        Driving that it adds, seconds; negative when it saves some.
    begins_s
        When its guests begin, seconds since 1970.
    """

    later: frozenset[OrderId]
    added_s: float
    begins_s: Mapping[OrderId, float]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is the same in every arrangement of a day.

    Attributes
    ----------
    front, rest, end
        What has begun, what can be arranged, what is for later days.
    freed_s, place
        When, in seconds since 1970, and where the technician is done with the front; None when
        nobody knows.
    front_drive_s, drive_s
        Driving to the front, and in the whole day as it stands.
    """

    front: tuple[Stop, ...]
    rest: tuple[Stop, ...]
    end: tuple[Stop, ...]
    freed_s: float
    place: LonLat | None
    home: LonLat | None
    front_drive_s: float
    drive_s: float
    begins: Mapping[OrderId, datetime | None]
    begins_s: Mapping[OrderId, float]


class Roster:
    """All days, walked as they stand, and a memo of those walked otherwise.

    Parameters
    ----------
    may_change
        Which visits may begin at another time, or go elsewhere.
    excused
        Orders whose own promises aren't asked for: how late they are is judged elsewhere.
    accepts
        Asked of visits to those orders; whoever doesn't pass can't go then.
    today_until
        What is promised for later than that stays behind all that is arranged.

    Attributes
    ----------
    free
        Visits that may change.
    missed
        What is missed already in the days as they stand.
    walked
        How many arrangements were walked.
    drives
        What all of them are walked by.
    """

    def __init__(
        self,
        days: Sequence[Day],
        drives: Drives,
        *,
        now: datetime,
        today_until: datetime,
        may_change: Callable[[WorkOrder], bool],
        excused: Collection[OrderId] = (),
        accepts: CanHave | None = None,
    ) -> None:
        self.days = {day.plan.technician.id: day for day in days}
        self.today_until = today_until
        self.missed = by_limit(one for day in days for one in day.schedule.violations)
        self.free = frozenset(
            stop.order.id
            for day in days
            for stop in day.plan.stops
            if stop.order.status is Status.ASSIGNED and may_change(stop.order)
        )
        self.walked = 0
        self.drives = drives
        self._excused = frozenset(excused)
        self._accepts = accepts
        self._frames = {owner: self._frame(day, now) for owner, day in self.days.items()}
        self._opens_s: dict[OrderId, float] = {}
        self._awaited = self._awaited_by_crews()
        self._memo = {
            (owner, _names(day.plan.stops)): self._compared(owner, day.plan.stops, day.schedule)
            for owner, day in self.days.items()
        }

    def as_it_stands(self, technician_id: TechnicianId) -> Arranged:
        """The day without any change."""
        return self.arranged(technician_id, self.days[technician_id].plan.stops)

    def arranged(self, technician_id: TechnicianId, stops: tuple[Stop, ...]) -> Arranged:
        """The day with these stops instead of its own."""
        key = (technician_id, _names(stops))
        found = self._memo.get(key)
        if found is None:
            self.walked += 1
            schedule = self.days[technician_id].with_stops(stops, self.drives).schedule
            found = self._memo[key] = self._compared(technician_id, stops, schedule)
        return found

    def parts(
        self, technician_id: TechnicianId
    ) -> tuple[tuple[Stop, ...], tuple[Stop, ...], tuple[Stop, ...]]:
        """The day in three: what has begun, what can be arranged, what is for later days."""
        frame = self._frames[technician_id]
        return frame.front, frame.rest, frame.end

    def places(self, technician_id: TechnicianId, stops: tuple[Stop, ...]) -> range:
        """Where among the stops of an arrangement one more can be put."""
        frame = self._frames[technician_id]
        return range(len(frame.front), len(stops) - len(frame.end) + 1)

    def least(self, technician_id: TechnicianId, stops: tuple[Stop, ...]) -> Least | None:
        """What the arrangement takes at the least, without walking it.

        Counts driving, work and opening times and leaves out all else that delays, so that no
        walk finds anything sooner. None when a visit that may not change is later for it, or
        there is no way.
        """
        frame = self._frames[technician_id]
        place, home, planned_s, drives = frame.place, frame.home, frame.begins_s, self.drives
        if place is None:
            return None
        moment_s, drive_s = frame.freed_s, frame.front_drive_s
        later: list[OrderId] = []
        begins_s: dict[OrderId, float] = {}
        for stop in stops[len(frame.front) :]:
            leg_s = drives(place, stop.place)
            if leg_s is None:
                return None
            order, place = stop.order, stop.place
            moment_s = max(moment_s + leg_s, self._opens(order))
            if home is not None:  # from where the next duty begins
                leg_s = min(leg_s, drives(home, place) or 0.0)
            drive_s += leg_s
            planned = planned_s.get(order.id)
            if planned is None:
                begins_s[order.id] = moment_s
            elif moment_s >= planned + WORTH_LISTING_S + _ROUNDING_S:
                if order.id not in self.free:
                    return None
                later.append(order.id)
            moment_s += order.duration_s
        return Least(frozenset(later), drive_s - frame.drive_s, begins_s)

    def lost_today(self, visit: Stop) -> tuple[Deadline, ...]:
        """Promises of the visit that hold, and end before anybody comes tomorrow."""
        order = visit.order
        return tuple(
            one
            for one in deadlines(order)
            if one.limit in PROMISES
            and one.at <= self.today_until
            and (one.limit, order.id) not in self.missed
        )

    def prefetch_within(self, technician_ids: Iterable[TechnicianId]) -> None:
        """Ask for the ways between all places of each of these days, in one question."""
        self.drives.prefetch(
            leg
            for technician_id in technician_ids
            for leg in itertools.permutations(self._places_of(technician_id), 2)
        )

    def prefetch_to_and_from(self, place: LonLat, technician_ids: Iterable[TechnicianId]) -> None:
        """Ask for the ways between that place and all places of these days, in one question."""
        others = [other for one in technician_ids for other in self._places_of(one)]
        self.drives.prefetch([(other, place) for other in others])
        self.drives.prefetch([(place, other) for other in others])

    def _places_of(self, technician_id: TechnicianId) -> set[LonLat]:
        day = self.days[technician_id]
        start = day.start.place if day.start is not None else None
        places = (start, day.plan.technician.home, *(stop.place for stop in day.plan.stops))
        return {place for place in places if place is not None}

    def _for_later(self, stop: Stop) -> bool:
        opens = stop.order.not_before
        return (
            stop.order.status is Status.ASSIGNED
            and opens is not None
            and (opens >= self.today_until)
        )

    def _opens(self, order: WorkOrder) -> float:
        found = self._opens_s.get(order.id)
        if found is None:
            opens = order.not_before
            found = -math.inf if opens is None else opens.timestamp()
            self._opens_s[order.id] = found
        return found

    def _frame(self, day: Day, now: datetime) -> _Frame:
        stops, stays = day.plan.stops, day.schedule.stays
        fixed = first_position(day.plan)
        later = itertools.takewhile(self._for_later, reversed(stops[fixed:]))
        end = len(stops) - sum(1 for _ in later)
        done_at: datetime | None = now
        place = None if day.start is None else day.start.place
        if fixed:
            done_at, place = stays[fixed - 1].finish_at, stops[fixed - 1].place
        begins = {stay.stop.order.id: stay.begin_at for stay in stays}
        return _Frame(
            front=stops[:fixed],
            rest=stops[fixed:end],
            end=stops[end:],
            freed_s=0.0 if done_at is None else done_at.timestamp(),
            place=None if done_at is None or day.start is None else place,
            home=day.plan.technician.home,
            front_drive_s=sum(stay.drive_s or 0.0 for stay in stays[:fixed]),
            drive_s=day.schedule.drive_s,
            begins=begins,
            begins_s={
                one: math.inf if begin is None else begin.timestamp()
                for one, begin in begins.items()
            },
        )

    def _compared(
        self, technician_id: TechnicianId, stops: tuple[Stop, ...], schedule: Schedule
    ) -> Arranged:
        begins = self._frames[technician_id].begins
        changed = frozenset(
            stay.stop.order.id
            for stay in schedule.stays
            if stay.stop.order.id in begins
            and not same_begin(stay.begin_at, begins[stay.stop.order.id])
        )
        worse = new_or_worse(schedule.violations, self.missed)
        return Arranged(
            stops=stops,
            schedule=schedule,
            changed=changed,
            broken=tuple(
                one for one in worse if one.limit in PROMISES and one.order_id not in self._excused
            ),
            possible=changed <= self.free
            and all(one.limit in PROMISES for one in worse)
            and self._accepted(technician_id, schedule)
            and self._keeps_crews(technician_id, stops),
            drive_s=schedule.drive_s,
        )

    def _awaited_by_crews(self) -> dict[TechnicianId, dict[OrderId, datetime | None]]:
        """When each visit of a crew, which waits beyond what was agreed, could begin without.

        In the day of the last of them; in those of all where nobody by themselves is.
        """
        found: dict[OrderId, dict[TechnicianId, datetime | None]] = {}
        for owner, day in self.days.items():
            waits = [stop for stop in day.plan.stops if _waits_for_others(stop)]
            alone = self._alone(day, day.plan.stops) if waits else {}
            for stop in waits:
                found.setdefault(stop.order.id, {})[owner] = alone[stop.order.id]
        awaited: dict[TechnicianId, dict[OrderId, datetime | None]] = {}
        for order_id, those in found.items():
            last = {
                member: begin
                for member, begin in those.items()
                if same_begin(begin, self._frames[member].begins[order_id])
            }
            for member, begin in (last or those).items():
                awaited.setdefault(member, {})[order_id] = begin
        return awaited

    def _keeps_crews(self, technician_id: TechnicianId, stops: tuple[Stop, ...]) -> bool:
        """Whether no crew, which waits for this technician, could begin earlier for it."""
        awaited = self._awaited.get(technician_id)
        if not awaited:
            return True
        alone = self._alone(self.days[technician_id], stops)
        return all(same_begin(alone[one], awaited[one]) for one in awaited if one in alone)

    def _alone(self, day: Day, stops: tuple[Stop, ...]) -> dict[OrderId, datetime | None]:
        """When each visit begins if nobody waits for others of a crew, but for what was agreed."""
        untold = [
            replace(stop, joins_at=stop.order.start_at) if _waits_for_others(stop) else stop
            for stop in stops
        ]
        schedule = day.with_stops(untold, self.drives).schedule
        return {stay.stop.order.id: stay.begin_at for stay in schedule.stays}

    def _accepted(self, technician_id: TechnicianId, schedule: Schedule) -> bool:
        return self._accepts is None or all(
            self._accepts(technician_id, stay)
            for stay in schedule.stays
            if stay.stop.order.id in self._excused
        )


def _names(stops: tuple[Stop, ...]) -> tuple[OrderId, ...]:
    return tuple(stop.order.id for stop in stops)


def _waits_for_others(stop: Stop) -> bool:
    order = stop.order
    return bool(order.crew) and stop.joins_at != order.start_at and not stop.reached
