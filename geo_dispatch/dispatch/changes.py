"""What a decision does to a day that stands: one line per order that is not as it was.

Emergencies and repairs answer with these. Whatever is not in the list stays as it was, to the
second: whose it is, and when it is planned to begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

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
