"""What a decision does to a day that stands: one line per order that is not as it was.

Emergencies and repairs answer with these. Whatever is not in the list stays as it was, to the
second: whose it is, and when it is planned to begin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.dispatch.days.day import Day, days_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.days.schedule import Schedule, Stay
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window

ChangeKind = Literal["assigned", "bumped", "moved", "unassigned"]

WORTH_LISTING_S: Final = 1.0
"""A planned begin that moves by less is the same to the second."""


@dataclass(frozen=True, slots=True)
class Change:
    """One order that is not as it was.

    Attributes
    ----------
    kind
        ``"assigned"``: nobody had it. ``"bumped"``: pushed aside, to another technician or to a
        later place of the same day. ``"moved"``: the same technician begins at another time,
        or a repair gives it to another. ``"unassigned"``: it waits again.
    technician_before, technician_after
        None: nobody.
    begin_before, begin_after
        Planned beginnings of the work, both worked out at the same moment; None where there is
        none.
    why
        For a person: ``"makes room for WO-1042"``.
    slack_s
        How much later it could begin before one of its limits breaks; negative: broken by so
        much. None without any limit, and while nobody has it.
    breaks
        Limits that it misses now and did not before, each as a fact.
    crew_before, crew_after
        Who goes besides the technician.
    """

    order_id: OrderId
    number: str
    kind: ChangeKind
    technician_before: TechnicianId | None
    technician_after: TechnicianId | None
    begin_before: datetime | None
    begin_after: datetime | None
    why: str
    slack_s: float | None = None
    breaks: tuple[str, ...] = ()
    crew_before: tuple[TechnicianId, ...] = ()
    crew_after: tuple[TechnicianId, ...] = ()

    @property
    def team_before(self) -> tuple[TechnicianId, ...]:
        """Everybody who was to go."""
        return _team(self.technician_before, self.crew_before)

    @property
    def team_after(self) -> tuple[TechnicianId, ...]:
        """Everybody who goes."""
        return _team(self.technician_after, self.crew_after)


def _team(lead_id: TechnicianId | None, crew: tuple[TechnicianId, ...]) -> tuple[TechnicianId, ...]:
    return crew if lead_id is None else (lead_id, *crew)


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """Changes, and the sequences of the days in which they happen.

    Attributes
    ----------
    sequences
        All open orders of each technician whose day changes, in the order in which they will be
        done from now on.
    away
        Of the visits in these days that need what may be booked: `Stay.away`, for which it is.
    """

    changes: tuple[Change, ...] = ()
    sequences: Mapping[TechnicianId, tuple[OrderId, ...]] = field(default_factory=dict)
    away: Mapping[OrderId, Window] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """An order that another technician has, or that begins at another time.

    Attributes
    ----------
    before, after
        Its visit in the days of its technicians; None while nobody has it.
    """

    order: WorkOrder
    technician_before: TechnicianId | None
    technician_after: TechnicianId | None
    before: Stay | None
    after: Stay | None


def carried_over(
    days: Mapping[TechnicianId, Day],
    stops: Mapping[TechnicianId, tuple[Stop, ...]],
    drives: Drives,
) -> dict[TechnicianId, Schedule]:
    """What becomes of all days when some get these stops, each as the others make it.

    A day that is arranged anew carries over into others: a crew begins sooner when its last member
    is there sooner, a later stage when the one before it is done.

    Parameters
    ----------
    days
        All of them as they stand.

    Returns
    -------
    dict
        Every day in which a visit begins at another time, then those with these stops as given: of
        a new order in several days, the last counts.
    """
    some = next(iter(days.values()), None)
    if some is None:
        return {}
    arranged = {one: stops.get(one, day.plan.stops) for one, day in days.items()}
    planned = {stop.order.id for those in arranged.values() for stop in those}
    gone = {stop.order.id for day in days.values() for stop in day.plan.stops} - planned
    plans = [
        replace(day.plan, stops=tuple(_untold(stop, gone) for stop in arranged[one]))
        for one, day in days.items()
    ]
    after = {
        day.plan.technician.id: day.schedule for day in days_of(plans, drives, some.now, some.zone)
    }
    others = {
        one: schedule
        for one, schedule in after.items()
        if one not in stops and not _as_it_was(days[one].schedule, schedule)
    }
    return others | {one: after[one] for one in stops}


def _untold(stop: Stop, gone: Collection[OrderId]) -> Stop:
    """The visit without what the days as they stood told it of each other."""
    priors = tuple(
        replace(prior, done_at=None) if prior.order_id in gone else prior for prior in stop.priors
    )
    joins_at = stop.order.start_at if stop.order.crew else stop.joins_at
    return replace(stop, priors=priors, joins_at=joins_at)


def _as_it_was(one: Schedule, other: Schedule) -> bool:
    return all(map(_alike, one.stays, other.stays))


def differences(
    before: Mapping[TechnicianId, Schedule], after: Mapping[TechnicianId, Schedule]
) -> Iterator[Difference]:
    """What is not as it was, to the second, by the planned begin before; new orders come first.

    Parameters
    ----------
    before
        Days as they stand, at least of all technicians whose day is in ``after``.
    after
        The days that may have changed.
    """
    old, new = _visits({one: before[one] for one in after}), _visits(after)
    for order_id in sorted({*old, *new}, key=lambda one: _by_begin(one, old, new)):
        owner_before, stay_before = old.get(order_id, (None, None))
        owner_after, stay_after = new.get(order_id, (None, None))
        if owner_before != owner_after or not _alike(stay_before, stay_after):
            stop = (stay_before or new[order_id][1]).stop
            yield Difference(stop.order, owner_before, owner_after, stay_before, stay_after)


def carried_text(one: Difference) -> str:
    """Why an order begins at another time by what happens in other days; empty when it doesn't."""
    if one.technician_before != one.technician_after:
        return ""
    order = one.order
    if order.crew:
        return "all who go begin together when the last of them is free"
    return "it begins when what it waits for is done" if order.after else ""


def same_begin(one: datetime | None, other: datetime | None) -> bool:
    """Whether two planned beginnings are the same to the second."""
    if one is None or other is None:
        return one is other
    return abs((one - other).total_seconds()) < WORTH_LISTING_S


def _alike(one: Stay | None, other: Stay | None) -> bool:
    return one is not None and other is not None and same_begin(one.begin_at, other.begin_at)


def away_in(days: Mapping[TechnicianId, Schedule]) -> dict[OrderId, Window]:
    """For how long each visit to come needs its vehicles and tools, in days as they will be."""
    return {
        order_id: stay.away
        for order_id, (_, stay) in _visits(days).items()
        if stay.stop.order.required_equipment and not stay.stop.reached and stay.away is not None
    }


def _visits(
    schedules: Mapping[TechnicianId, Schedule],
) -> dict[OrderId, tuple[TechnicianId, Stay]]:
    """By order; of work that takes several, the visit of who leads."""
    found: dict[OrderId, tuple[TechnicianId, Stay]] = {}
    for owner, schedule in schedules.items():
        for stay in schedule.stays:
            order = stay.stop.order
            if found.get(order.id, (None,))[0] != (order.technician_id or owner):
                found[order.id] = (owner, stay)
    return found


def _by_begin(
    order_id: OrderId,
    old: Mapping[OrderId, tuple[TechnicianId, Stay]],
    new: Mapping[OrderId, tuple[TechnicianId, Stay]],
) -> tuple[bool, float, OrderId]:
    _, stay = old.get(order_id) or new[order_id]
    begin_s = 0.0 if stay.begin_at is None else stay.begin_at.timestamp()
    return (order_id in old, begin_s, order_id)
