"""The least change that mends a day: fewest limits missed, then fewest orders that move.

The day is not planned anew. Some visits must leave their technician (who is ill), or a few of
those in the troubled days may leave their place; each goes to its best place in any day, and
nothing else moves but what begins later or earlier for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from geo_dispatch.dispatch.changes import Change, ChangeKind, Difference, Rearrangement, differences
from geo_dispatch.dispatch.feasibility import Violation
from geo_dispatch.dispatch.plan import Stop
from geo_dispatch.dispatch.repair_search import Cost, Fits, Missed, Search, missed_in
from geo_dispatch.dispatch.roster import Arranged, Roster
from geo_dispatch.kernel.ids import TechnicianId

MOST_MOVED: Final = 2
"""So many visits at most leave their place of free will: a repair is not a new plan."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What could be done.

    Attributes
    ----------
    rearrangement
        Empty when nothing is better than leaving the days as they stand.
    missed_before, missed_after
        Limits missed in all days, without it and with it.
    proven
        Whether no other repair of this kind costs less; False when the search was cut short.
    """

    cost: Cost = field(default_factory=Cost)
    rearrangement: Rearrangement = field(default_factory=Rearrangement)
    missed_before: Missed = frozenset()
    missed_after: Missed = frozenset()
    proven: bool = True


def mend(roster: Roster, fits: Fits, troubled: Collection[TechnicianId], why: str) -> Repair:
    """Move at most `MOST_MOVED` visits of the troubled days so that fewer limits are missed.

    Parameters
    ----------
    why
        What happened, for the reasons of the changes: ``"Van 07 runs late"``.
    """
    search = Search(roster, fits, Cost())
    there = {owner: roster.parts(owner)[1] for owner in sorted(troubled)}
    owners = {stop.order.id: owner for owner, stops in there.items() for stop in stops}
    free = [stop for stops in there.values() for stop in stops if stop.order.id in roster.free]
    for size in range(1, MOST_MOVED + 1):
        for moved in itertools.combinations(free, size):
            search.relocate(moved, owners)
    return _told(search, why)


def evacuate(roster: Roster, fits: Fits, leaving: Sequence[Stop], why: str) -> Repair:
    """Give each of the visits to somebody else, or, last, to the backlog.

    Parameters
    ----------
    leaving
        Visits that their technician can't make, the most urgent first.
    """
    owners = {
        stop.order.id: owner
        for owner, day in roster.days.items()
        for stop in day.plan.stops
        if stop in leaving
    }
    search = Search(
        roster, fits, None, must_leave=frozenset(owners), left=frozenset(owners.values())
    )
    search.relocate(tuple(leaving), owners)
    return _told(search, why)


def fill(
    roster: Roster, fits: Fits, technician_id: TechnicianId, waiting: Sequence[Stop], why: str
) -> Repair:
    """Give the technician the first of the waiting orders that fits the day and breaks nothing.

    Parameters
    ----------
    waiting
        Orders that nobody has, the most urgent first.
    """
    stands = roster.as_it_stands(technician_id)
    for stop in waiting:
        if not fits(stop, technician_id):
            continue
        found = [
            day
            for index in roster.places(technician_id, stands.stops)
            if _fills(
                day := roster.arranged(
                    technician_id, (*stands.stops[:index], stop, *stands.stops[index:])
                ),
                stop,
                roster,
            )
        ]
        if found:
            best = min(found, key=lambda day: (len(day.changed), day.drive_s))
            search = Search(roster, fits, None)
            search.keep({technician_id: best.stops}, ())
            return _told(search, why)
    return _told(Search(roster, fits, Cost()), why)


def _fills(day: Arranged, stop: Stop, roster: Roster) -> bool:
    begins = next(one.begin_at for one in day.schedule.stays if one.stop.order.id == stop.order.id)
    in_time = begins is not None and begins < roster.today_until
    return in_time and day.possible and not day.broken


def _told(search: Search, why: str) -> Repair:
    """The best found, told order by order."""
    standing = {owner: day.schedule for owner, day in search.roster.days.items()}
    missed = missed_in(standing)
    if search.best is None or search.bar is None:
        return Repair(missed_before=missed, missed_after=missed, proven=not search.tired)
    schedules = {
        owner: search.roster.arranged(owner, stops).schedule for owner, stops in search.best.items()
    }
    broken = [
        one
        for owner, stops in search.best.items()
        for one in search.roster.arranged(owner, stops).broken
    ]
    changes = tuple(_change(one, why, broken) for one in differences(standing, schedules))
    sequences = {
        owner: tuple(stop.order.id for stop in stops) for owner, stops in search.best.items()
    }
    return Repair(
        cost=search.bar,
        rearrangement=Rearrangement(changes, sequences),
        missed_before=missed,
        missed_after=missed_in({**standing, **schedules}),
        proven=not search.tired,
    )


def _change(one: Difference, why: str, broken: Sequence[Violation]) -> Change:
    begin_before = one.before.begin_at if one.before is not None else None
    begin_after = one.after.begin_at if one.after is not None else None
    return Change(
        order_id=one.order.id,
        number=one.order.number,
        kind=_kind(one),
        technician_before=one.technician_before,
        technician_after=one.technician_after,
        begin_before=begin_before,
        begin_after=begin_after,
        why=_why(one, why),
        breaks=tuple(each.fact for each in broken if each.order_id == one.order.id),
    )


def _kind(one: Difference) -> ChangeKind:
    if one.technician_before is None:
        return "assigned"
    return "moved" if one.technician_after is not None else "unassigned"


def _why(one: Difference, why: str) -> str:
    if one.technician_after is None:
        return f"{why}; nobody else has room for it today"
    if one.technician_before is None:
        return f"{why}; it fits the time that is free now"
    if one.technician_before != one.technician_after:
        return f"{why}; goes to somebody who is in time"
    return f"{why}; the day before it changes"
