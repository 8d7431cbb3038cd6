"""The least change that mends a day: fewest limits missed, then fewest orders that move.

The day is not planned anew. Some visits must leave their technician (who is ill), or a few of
those in the troubled days may leave their place; each goes to its best place in any day, and
nothing else moves but what begins later or earlier for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import Violation, by_limit, new_or_worse
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.repairs.changes import (
    Change,
    ChangeKind,
    Difference,
    Rearrangement,
    away_in,
    carried_over,
    carried_text,
    differences,
)
from geo_dispatch.dispatch.repairs.repair_search import Cost, Fits, Missed, Search, missed_in
from geo_dispatch.dispatch.repairs.restaffing import Restaffed
from geo_dispatch.dispatch.repairs.roster import Arranged, Roster
from geo_dispatch.kernel.ids import OrderId, TechnicianId

MOST_MOVED: Final = 2
"""So many visits at most leave their place of free will: a repair is not a new plan."""

MOST_STEPS: Final = 12
"""So many days are mended at most when many are troubled at once."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What could be done.

    Attributes
    ----------
    rearrangement
        Empty when nothing is better than leaving the days as they stand.
    cost
        What it was compared by; None where several steps were taken.
    missed_before, missed_after
        Limits missed in all days, without it and with it.
    proven
        Whether no other repair of this kind costs less; False when the search was cut short.
    """

    rearrangement: Rearrangement = field(default_factory=Rearrangement)
    cost: Cost | None = None
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


def mend_all(
    days: Sequence[Day],
    drives: Drives,
    roster_of: Callable[[Sequence[Day]], Roster],
    fits: Fits,
    why: str,
) -> Repair:
    """Mend one day after another, the worst first, until nothing gets better.

    What a storm or a closed road does to many days at once. Not the least change of all: each
    step is the least for itself.
    """
    stops = {stop.order.id: stop for day in days for stop in day.plan.stops}
    current, sequences, proven = list(days), dict[TechnicianId, tuple[OrderId, ...]](), True
    for _ in range(MOST_STEPS):
        roster = roster_of(current)
        step = _next_step(roster, current, fits, why)
        if step is None:
            break
        proven = proven and step.proven
        sequences.update(step.rearrangement.sequences)
        current = [
            day.with_stops([stops[one] for one in sequences[owner]], drives)
            if (owner := day.plan.technician.id) in step.rearrangement.sequences
            else day
            for day in current
        ]
    arranged = {one: tuple(stops[key] for key in keys) for one, keys in sequences.items()}
    return told({day.plan.technician.id: day for day in days}, arranged, drives, why, proven=proven)


def _next_step(roster: Roster, days: Sequence[Day], fits: Fits, why: str) -> Repair | None:
    broken = {day.plan.technician.id: len(day.schedule.violations) for day in days}
    for owner in sorted(broken, key=lambda one: (-broken[one], one)):
        if broken[owner]:
            step = mend(roster, fits, {owner}, why)
            if step.rearrangement.changes:
                return step
    return None


def evacuate(roster: Roster, fits: Fits, leaving: Sequence[Stop], why: str) -> Repair:
    """Give each of the visits to somebody else, or, last, to the backlog.

    Parameters
    ----------
    leaving
        Visits that their technician can't make, the most urgent first.
    """
    names = [stop.order.id for stop in leaving]
    owners = {
        stop.order.id: owner
        for owner, day in roster.days.items()
        for stop in day.plan.stops
        if stop.order.id in names
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
        if stop.order.crew_size > 1 or not fits(stop, technician_id):
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
    days, drives = search.roster.days, search.roster.drives
    found = told(days, search.best or {}, drives, why, proven=not search.tired)
    return replace(found, cost=search.bar)


def told(
    days: Mapping[TechnicianId, Day],
    arranged: Mapping[TechnicianId, tuple[Stop, ...]],
    drives: Drives,
    why: str,
    *,
    proven: bool,
) -> Repair:
    """The repair by which some of the days get other stops, told order by order.

    Parameters
    ----------
    days
        All of them as they stand.
    """
    before = {owner: day.schedule for owner, day in days.items()}
    after = carried_over(days, arranged, drives) if arranged else {}
    missed = by_limit(one for schedule in before.values() for one in schedule.violations)
    broken = [
        one for schedule in after.values() for one in new_or_worse(schedule.violations, missed)
    ]
    sequences = {owner: tuple(stop.order.id for stop in stops) for owner, stops in arranged.items()}
    return Repair(
        rearrangement=Rearrangement(
            tuple(_change(one, why, broken) for one in differences(before, after)),
            sequences,
            away_in(after),
        ),
        missed_before=missed_in(before),
        missed_after=missed_in({**before, **after}),
        proven=proven,
    )


def with_teams(found: Repair, teams: Sequence[Restaffed], why: str) -> Repair:
    """The repair, in which crews get other people."""
    changed = {one.order_id: one for one in found.rearrangement.changes}
    told = [_team_change(team, changed.pop(team.visit.order.id, None), why) for team in teams]
    changes = (*told, *changed.values())
    return replace(found, rearrangement=replace(found.rearrangement, changes=changes))


def _team_change(team: Restaffed, moved: Change | None, why: str) -> Change:
    order = team.visit.order
    lead_id = team.team[0] if team.team else None
    if lead_id is None:
        said = team.why_not
    elif lead_id != order.technician_id:
        said = "another leads who can do the work and be there then"
    else:
        said = "another comes along"
    return Change(
        order_id=order.id,
        number=order.number,
        kind="moved" if lead_id is not None else "unassigned",
        technician_before=order.technician_id,
        technician_after=lead_id,
        begin_before=team.begin_at if moved is None else moved.begin_before,
        begin_after=team.begin_at if moved is None else moved.begin_after,
        why=f"{why}; {said}",
        crew_before=order.crew,
        crew_after=team.team[1:],
    )


def _change(one: Difference, why: str, broken: Sequence[Violation]) -> Change:
    begin_before = one.before.begin_at if one.before is not None else None
    begin_after = one.after.begin_at if one.after is not None else None
    crew = one.order.crew if one.technician_before == one.technician_after else ()
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
        crew_before=crew,
        crew_after=crew,
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
    return f"{why}; {carried_text(one) or 'the day before it changes'}"
