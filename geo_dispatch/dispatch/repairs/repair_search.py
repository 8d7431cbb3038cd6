"""The search behind `repair`: where visits that leave their place cost least.

Each goes to any place of any day that fits; days are compared by `Cost`. Branches that a bound
shows to be worse than the best found are left out, so that nothing better is missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from geo_dispatch.dispatch.days.feasibility import Limit, deadlines
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.days.schedule import Schedule
from geo_dispatch.dispatch.repairs.roster import Roster
from geo_dispatch.kernel.ids import OrderId, TechnicianId

Fits = Callable[[Stop, TechnicianId], bool]
"""Whether the technician may be sent to the visit, by everything but the times of their day."""

Missed = frozenset[tuple[Limit, OrderId]]

MAX_WALKS: Final = 6000
"""Days walked for one repair, at most: a second or two."""

MAX_JUDGED: Final = 20_000
"""Arrangements compared for one repair, at most: another second."""


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What a repair costs against doing nothing; compared from the first to the last.

    Attributes
    ----------
    missed
        Limits missed more than in the days as they stand; negative: fewer.
    unassigned
        Visits that go to the backlog.
    changes
        Orders with another technician or another planned begin.
    drive_s
        Driving added in all days.
    """

    missed: int = 0
    unassigned: int = 0
    changes: int = 0
    drive_s: float = 0.0


Days = Mapping[TechnicianId, tuple[Stop, ...]]


@dataclass(frozen=True, slots=True)
class _Toll:
    """What one day adds to the cost of all."""

    missed: int
    changes: int
    drive_s: float


@dataclass(slots=True)
class Search:
    """What is known and found.

    Attributes
    ----------
    bar
        The cost to beat; None takes anything.
    must_leave
        Visits that may not stay where they are, and may go to the backlog.
    left
        Whose they are: what remains of their days is as it is.
    """

    roster: Roster
    fits: Fits
    bar: Cost | None
    must_leave: frozenset[OrderId] = frozenset()
    left: frozenset[TechnicianId] = frozenset()
    best: Days | None = None
    judged: int = 0
    _tolls: dict[tuple[TechnicianId, tuple[OrderId, ...]], _Toll] = field(default_factory=dict)

    @property
    def tired(self) -> bool:
        """Whether as much was tried as may be, and there is an answer."""
        spent = self.roster.walked >= MAX_WALKS or self.judged >= MAX_JUDGED
        return spent and self.bar is not None

    def relocate(self, moved: tuple[Stop, ...], owners: Mapping[OrderId, TechnicianId]) -> None:
        """Try every way to put those visits somewhere else."""
        names = {stop.order.id for stop in moved}
        days = {
            owner: tuple(
                stop for stop in self.roster.as_it_stands(owner).stops if stop.order.id not in names
            )
            for owner in sorted({owners[one] for one in names})
        }
        if self.tired or not self._may_be_best(days, (), len(moved)):
            return
        hosts = {stop.order.id: self._hosts(stop, owners[stop.order.id]) for stop in moved}
        for stop in moved:
            self.roster.prefetch_to_and_from(stop.place, hosts[stop.order.id])
        self._place(days, moved, hosts, ())

    def keep(self, days: Days, dropped: tuple[Stop, ...]) -> None:
        """Remember the days if they are possible and cost less than the best so far."""
        if not all(self._possible(owner, stops) for owner, stops in days.items()):
            return
        cost = self._cost(days, dropped)
        if self.bar is None or cost < self.bar:
            self.bar, self.best = cost, days
        elif cost == self.bar and self.best is not None and _names(days) < _names(self.best):
            self.best = days

    def _hosts(self, stop: Stop, owner: TechnicianId) -> list[TechnicianId]:
        stays = stop.order.id not in self.must_leave
        return [
            one
            for one in sorted(self.roster.days)
            if (stays if one == owner else self.fits(stop, one))
        ]

    def _place(
        self,
        days: Days,
        left: tuple[Stop, ...],
        hosts: Mapping[OrderId, Sequence[TechnicianId]],
        dropped: tuple[Stop, ...],
    ) -> None:
        """Put the visits that are left into the days, each where it costs least first."""
        if not left:
            self.keep(days, dropped)
            return
        stop, others = left[0], left[1:]
        found = sorted(
            (self._cost(after, dropped), where) for where, after in self._with(days, stop, hosts)
        )
        for _, (host, index) in found:
            stops = self._stops(days, host)
            after = {**days, host: (*stops[:index], stop, *stops[index:])}
            if self.tired:
                return
            if self._may_be_best(after, dropped, len(hosts)):
                self._place(after, others, hosts, dropped)
        without = (*dropped, stop)
        if stop.order.id in self.must_leave and self._may_be_best(days, without, len(hosts)):
            self._place(days, others, hosts, without)

    def _with(
        self, days: Days, stop: Stop, hosts: Mapping[OrderId, Sequence[TechnicianId]]
    ) -> Iterator[tuple[tuple[TechnicianId, int], dict[TechnicianId, tuple[Stop, ...]]]]:
        """The days with the visit at every place that may be taken, and which place that is."""
        for host in hosts[stop.order.id]:
            stops = self._stops(days, host)
            for index in self.roster.places(host, stops):
                arrangement = (*stops[:index], stop, *stops[index:])
                self.judged += 1
                if self._possible(host, arrangement):
                    yield (host, index), {**days, host: arrangement}

    def _stops(self, days: Days, owner: TechnicianId) -> tuple[Stop, ...]:
        return days[owner] if owner in days else self.roster.as_it_stands(owner).stops

    def _possible(self, owner: TechnicianId, stops: tuple[Stop, ...]) -> bool:
        """Whether the day can be done; one that visits must leave is left as it then is."""
        day = self.roster.arranged(owner, stops)
        return day.possible or owner in self.left

    def _may_be_best(self, days: Days, dropped: tuple[Stop, ...], changes: int) -> bool:
        """Whether days that still lack some visits could come to the best.

        Putting a visit into a day cures no limit there: what is missed already stays so.
        """
        if self.bar is None:
            return True
        missed = self._cost(days, dropped).missed
        return Cost(missed, len(dropped), changes, -math.inf) <= self.bar

    def _cost(self, days: Days, dropped: tuple[Stop, ...]) -> Cost:
        """Against the days as they stand."""
        missed, changes, drive_s = 0, len(dropped), 0.0
        for owner, stops in days.items():
            toll = self._toll(owner, stops)
            stands = self._toll(owner, self.roster.as_it_stands(owner).stops)
            missed += toll.missed - stands.missed
            changes += toll.changes
            drive_s += toll.drive_s - stands.drive_s
        missed += sum(len(_promised_today(stop, self.roster)) for stop in dropped)
        return Cost(missed, len(dropped), changes, round(drive_s, 3))

    def _toll(self, owner: TechnicianId, stops: tuple[Stop, ...]) -> _Toll:
        key = (owner, tuple(stop.order.id for stop in stops))
        known = self._tolls.get(key)
        if known is None:
            day, stands = self.roster.arranged(owner, stops), self.roster.as_it_stands(owner)
            own = {stop.order.id for stop in stands.stops}
            leave_out = self.must_leave if day is stands else frozenset()
            known = self._tolls[key] = _Toll(
                missed=len(missed_in({owner: day.schedule}, leave_out)),
                changes=len(day.changed) + sum(stop.order.id not in own for stop in stops),
                drive_s=day.drive_s,
            )
        return known


def missed_in(
    schedules: Mapping[TechnicianId, Schedule], leave_out: Collection[OrderId] = ()
) -> Missed:
    """Every limit missed in the days, but those of orders left out."""
    return frozenset(
        (one.limit, one.order_id)
        for schedule in schedules.values()
        for one in schedule.violations
        if one.order_id not in leave_out
    )


def _promised_today(stop: Stop, roster: Roster) -> list[Limit]:
    return [one.limit for one in deadlines(stop.order) if one.at <= roster.today_until]


def _names(days: Days) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((one, tuple(stop.order.id for stop in days[one])) for one in sorted(days))
