"""What a decision does to a day that stands: one line per order that is not as it was.

Emergencies and repairs answer with these. Whatever is not in the list stays as it was, to the
second: whose it is, and when it is planned to begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.dispatch.days.schedule import Schedule, Stay
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId

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
    """

    changes: tuple[Change, ...] = ()
    sequences: Mapping[TechnicianId, tuple[OrderId, ...]] = field(default_factory=dict)


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


def same_begin(one: datetime | None, other: datetime | None) -> bool:
    """Whether two planned beginnings are the same to the second."""
    if one is None or other is None:
        return one is other
    return abs((one - other).total_seconds()) < WORTH_LISTING_S


def _alike(one: Stay | None, other: Stay | None) -> bool:
    return one is not None and other is not None and same_begin(one.begin_at, other.begin_at)


def _visits(
    schedules: Mapping[TechnicianId, Schedule],
) -> dict[OrderId, tuple[TechnicianId, Stay]]:
    return {
        stay.stop.order.id: (owner, stay)
        for owner, schedule in schedules.items()
        for stay in schedule.stays
    }


def _by_begin(
    order_id: OrderId,
    old: Mapping[OrderId, tuple[TechnicianId, Stay]],
    new: Mapping[OrderId, tuple[TechnicianId, Stay]],
) -> tuple[bool, float, OrderId]:
    _, stay = old.get(order_id) or new[order_id]
    begin_s = 0.0 if stay.begin_at is None else stay.begin_at.timestamp()
    return (order_id in old, begin_s, order_id)
