"""Days as they stand, and what becomes of one when its stops are arranged otherwise.

A `Roster` walks each arrangement of a technician's day once, and compares it with the day as it
stands: whose begin differs, which promises break that held, and whether it can be done at all.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from geo_dispatch.dispatch.changes import WORTH_LISTING_S, same_begin
from geo_dispatch.dispatch.day import Day
from geo_dispatch.dispatch.drives import Drives
from geo_dispatch.dispatch.feasibility import Limit, Violation, by_limit, new_or_worse
from geo_dispatch.dispatch.insertion import first_position
from geo_dispatch.dispatch.orders import Status, WorkOrder
from geo_dispatch.dispatch.plan import Stop
from geo_dispatch.dispatch.schedule import Schedule
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, TechnicianId

PROMISES: Final = frozenset({Limit.WINDOW, Limit.DUE, Limit.SLA_RESPONSE, Limit.SLA_COMPLETION})
"""Limits that can be missed, at a price. Every other says what is not possible at all."""

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
        Driving that it adds, seconds.
    begins_s
        When its guests begin, seconds since 1970.
    """

    later: int
    added_s: float
    begins_s: Mapping[OrderId, float]


class Roster:
    """All days, walked as they stand, and a memo of those walked otherwise.

    Parameters
    ----------
    may_change
        Which visits may begin at another time, or go elsewhere.
    excused
        Orders whose own promises aren't asked for: how late they are is judged elsewhere.
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
        self._drives = drives
        self._now_s = now.timestamp()
        self._excused = frozenset(excused)
        self._begins = {
            owner: {stay.stop.order.id: stay.begin_at for stay in day.schedule.stays}
            for owner, day in self.days.items()
        }
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
            schedule = self.days[technician_id].with_stops(stops, self._drives).schedule
            found = self._memo[key] = self._compared(technician_id, stops, schedule)
        return found

    def parts(
        self, technician_id: TechnicianId
    ) -> tuple[tuple[Stop, ...], tuple[Stop, ...], tuple[Stop, ...]]:
        """The day in three: what has begun, what can be arranged, what is for later days."""
        stops = self.days[technician_id].plan.stops
        fixed = first_position(self.days[technician_id].plan)
        later = itertools.takewhile(self._for_later, reversed(stops[fixed:]))
        end = len(stops) - sum(1 for _ in later)
        return stops[:fixed], stops[fixed:end], stops[end:]

    def places(self, technician_id: TechnicianId, stops: tuple[Stop, ...]) -> range:
        """Where among the stops of an arrangement one more can be put."""
        front, _, end = self.parts(technician_id)
        return range(len(front), len(stops) - len(end) + 1)

    def least(self, technician_id: TechnicianId, stops: tuple[Stop, ...]) -> Least | None:
        """What the arrangement takes at the least, without walking it.

        Counts driving, work and opening times and leaves out all else that delays, so that no
        walk finds anything sooner. None when a visit that may not change is later for it, or
        there is no way.
        """
        day, planned = self.days[technician_id], self._begins[technician_id]
        fixed = first_position(day.plan)
        freed = self._freed(day, fixed)
        if freed is None:
            return None
        moment_s, place = freed
        home, later, begins_s = day.plan.technician.home, 0, {}
        drive_s = sum(stay.drive_s or 0.0 for stay in day.schedule.stays[:fixed])
        for stop in stops[fixed:]:
            leg_s = self._drives(place, stop.place)
            if leg_s is None:
                return None
            order, place = stop.order, stop.place
            moment_s += leg_s
            if home is not None:  # from where the next duty begins
                leg_s = min(leg_s, self._drives(home, place) or 0.0)
            drive_s += leg_s
            if order.not_before is not None:
                moment_s = max(moment_s, order.not_before.timestamp())
            if order.id not in planned:
                begins_s[order.id] = moment_s
            elif _is_later(moment_s, planned[order.id]):
                if order.id not in self.free:
                    return None
                later += 1
            moment_s += order.duration_s
        return Least(later, drive_s - day.schedule.drive_s, begins_s)

    def prefetch_within(self, technician_ids: Iterable[TechnicianId]) -> None:
        """Ask for the ways between all places of each of these days, in one question."""
        self._drives.prefetch(
            leg
            for technician_id in technician_ids
            for leg in itertools.permutations(self._places_of(technician_id), 2)
        )

    def prefetch_to_and_from(self, place: LonLat, technician_ids: Iterable[TechnicianId]) -> None:
        """Ask for the ways between that place and all places of these days, in one question."""
        others = [other for one in technician_ids for other in self._places_of(one)]
        self._drives.prefetch([(other, place) for other in others])
        self._drives.prefetch([(place, other) for other in others])

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

    def _freed(self, day: Day, fixed: int) -> tuple[float, LonLat] | None:
        """When and where the technician is done with what has begun, or is now."""
        if day.start is None:
            return None
        if not fixed:
            return self._now_s, day.start.place
        last = day.schedule.stays[fixed - 1]
        if last.finish_at is None:
            return None
        return last.finish_at.timestamp(), last.stop.place

    def _compared(
        self, technician_id: TechnicianId, stops: tuple[Stop, ...], schedule: Schedule
    ) -> Arranged:
        begins = self._begins[technician_id]
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
            possible=changed <= self.free and all(one.limit in PROMISES for one in worse),
            drive_s=schedule.drive_s,
        )


def _names(stops: tuple[Stop, ...]) -> tuple[OrderId, ...]:
    return tuple(stop.order.id for stop in stops)


def _is_later(moment_s: float, planned: datetime | None) -> bool:
    if planned is None:
        return False
    return moment_s >= planned.timestamp() + WORTH_LISTING_S + _ROUNDING_S
