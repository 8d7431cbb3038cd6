"""The search behind `repair`: where visits that leave their place cost least.

Each goes to any place of any day that fits; days are compared by `Cost`. Branches that a bound
shows to be worse than the best found are left out, so that nothing better is missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from geo_dispatch.dispatch.changes import differences
from geo_dispatch.dispatch.feasibility import Limit, deadlines
from geo_dispatch.dispatch.plan import Stop
from geo_dispatch.dispatch.roster import Roster
from geo_dispatch.dispatch.schedule import Schedule
from geo_dispatch.kernel.ids import OrderId, TechnicianId

Fits = Callable[[Stop, TechnicianId], bool]
"""Whether the technician may be sent to the visit, by everything but the times of their day."""

Missed = frozenset[tuple[Limit, OrderId]]

MAX_WALKS: Final = 6000
"""Days walked for one repair, at most: a second or two."""


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
    tired: bool = False

    def relocate(self, moved: tuple[Stop, ...], owners: Mapping[OrderId, TechnicianId]) -> None:
        """Try every way to put those visits somewhere else."""
        names = {stop.order.id for stop in moved}
        days = {
            owner: tuple(
                stop for stop in self.roster.as_it_stands(owner).stops if stop.order.id not in names
            )
            for owner in sorted({owners[one] for one in names})
        }
        if not self._may_be_best(days, (), len(moved)):
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
            (self._cost(after, dropped), _names(after), after)
            for after in self._with(days, stop, hosts[stop.order.id])
        )
        for _, _, after in found:
            if self._may_be_best(after, dropped, len(hosts)):
                self._place(after, others, hosts, dropped)
        without = (*dropped, stop)
        if stop.order.id in self.must_leave and self._may_be_best(days, without, len(hosts)):
            self._place(days, others, hosts, without)

    def _with(
        self, days: Days, stop: Stop, hosts: Sequence[TechnicianId]
    ) -> Iterator[dict[TechnicianId, tuple[Stop, ...]]]:
        """The days with the visit at every place that may be taken."""
        for host in hosts:
            stops = days[host] if host in days else self.roster.as_it_stands(host).stops
            for index in self.roster.places(host, stops):
                if self.roster.walked >= MAX_WALKS:
                    self.tired = True
                    return
                arrangement = (*stops[:index], stop, *stops[index:])
                if self._possible(host, arrangement):
                    yield {**days, host: arrangement}

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
        arranged = {owner: self.roster.arranged(owner, stops) for owner, stops in days.items()}
        after = {owner: day.schedule for owner, day in arranged.items()}
        before = {owner: self.roster.days[owner].schedule for owner in days}
        lost = sum(len(_promised_today(stop, self.roster)) for stop in dropped)
        drive_s = sum(
            day.drive_s - self.roster.as_it_stands(owner).drive_s for owner, day in arranged.items()
        )
        return Cost(
            missed=len(missed_in(after)) - len(missed_in(before, leave_out=self.must_leave)) + lost,
            unassigned=len(dropped),
            changes=sum(1 for _ in differences(before, after)),
            drive_s=round(drive_s, 3),
        )


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
