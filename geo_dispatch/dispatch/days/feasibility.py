"""What a day must keep to: every limit of an order and of its technician, judged in one place.

A limit is broken, or it isn't; ``by_s`` says by how much. Most are deadlines for the beginning or
the end of the work (`deadlines`); the others are found where a day is walked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.ids import OrderId

PROMISE_GRACE: Final = timedelta(minutes=5)
"""Who is told half past ten doesn't mind five minutes."""

WORSE_S: Final = 1.0
"""A limit that is broken already, by no more than this beyond, is not broken anew."""


class Limit(StrEnum):
    """What a day must keep to. Stable: clients and stored decisions rely on them."""

    WINDOW = "window"
    ACCESS = "access"
    SHIFT = "shift"
    LEAVE = "leave"
    BREAK = "break"
    DUE = "due"
    SLA_RESPONSE = "sla_response"
    SLA_COMPLETION = "sla_completion"
    PINNED_START = "pinned_start"
    PREDECESSOR = "predecessor"
    CREW = "crew"
    UNREACHABLE = "unreachable"


SOFT: Final = frozenset({Limit.DUE, Limit.SLA_RESPONSE, Limit.SLA_COMPLETION})
"""Broken at a price; every other limit excludes."""

SLA: Final = frozenset({Limit.SLA_RESPONSE, Limit.SLA_COMPLETION})
"""Promises of a contract."""

_MISSED: Final = {
    Limit.WINDOW: "there at {it}, but the window ends at {mark}",
    Limit.PINNED_START: "begins at {it}, but {mark} at the latest was agreed",
    Limit.CREW: "begins at {it}, but the crew begins at {mark}",
    Limit.SLA_RESPONSE: "there at {it}, but the SLA asks for a response by {mark}",
    Limit.SLA_COMPLETION: "done at {it}, but the SLA asks for completion by {mark}",
    Limit.DUE: "done at {it}, but due at {mark}",
    Limit.SHIFT: "done at {it}, but the shift ends at {mark}",
    Limit.ACCESS: "done at {it}, but the site closes at {mark}",
}
_OVERTIME_MISSED: Final = "done at {it}, but overtime ends at {mark}"


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a day breaks.

    Attributes
    ----------
    order_id
        Whose visit breaks it.
    by_s
        By how much, seconds: the limit moved so far would be kept. Infinite when no time helps.
    at
        The limit as a moment, where it is one.
    fact
        What is the case, for a person.
    """

    limit: Limit
    order_id: OrderId
    by_s: float
    at: datetime | None
    fact: str

    @property
    def hard(self) -> bool:
        """Whether it excludes, rather than costs."""
        return self.limit not in SOFT


class Deadline(NamedTuple):
    """Until when the work must have begun, or be finished; made too often for a dataclass.

    Attributes
    ----------
    extended
        Overtime is in it.
    """

    limit: Limit
    of: Literal["begin", "finish"]
    at: datetime
    extended: bool = False

    def missed(self, it: str, mark: str) -> str:
        """That it is missed, for a person: ``it`` is when, ``mark`` is until when it had to be."""
        said = _OVERTIME_MISSED if self.extended else _MISSED[self.limit]
        return said.format(it=it, mark=mark)


def deadlines(order: WorkOrder) -> tuple[Deadline, ...]:
    """What the order itself asks for, in time.

    The window, an agreed start that a person pinned and the SLA's response limit the beginning;
    ``due_at`` and the SLA's completion the end.
    """
    found = []
    if order.window is not None:
        found.append(Deadline(Limit.WINDOW, "begin", order.window.end))
    if order.pinned and order.start_at is not None:
        found.append(Deadline(Limit.PINNED_START, "begin", order.start_at + PROMISE_GRACE))
    if order.due_at is not None:
        found.append(Deadline(Limit.DUE, "finish", order.due_at))
    if order.sla is not None:
        response, completion = order.sla.response, order.sla.completion
        if response is not None and response.runs:
            found.append(Deadline(Limit.SLA_RESPONSE, "begin", response.due_at))
        if completion is not None and completion.runs:
            found.append(Deadline(Limit.SLA_COMPLETION, "finish", completion.due_at))
    return tuple(found)


def lateness_s(order: WorkOrder, begin_at: datetime, finish_at: datetime) -> float | None:
    """How late, seconds; negative is slack, None when nothing in the order limits it.

    The worst of its `deadlines` counts.
    """
    over = (
        ((begin_at if one.of == "begin" else finish_at) - one.at).total_seconds()
        for one in deadlines(order)
    )
    return max(over, default=None)


def new_or_worse(
    after: Iterable[Violation], before: Mapping[tuple[Limit, OrderId], float]
) -> tuple[Violation, ...]:
    """The violations that there weren't before, or that are worse by more than a second."""
    return tuple(one for one in after if one.by_s > before.get(_key(one), -math.inf) + WORSE_S)


def by_limit(violations: Iterable[Violation]) -> dict[tuple[Limit, OrderId], float]:
    """The worst of each order and limit, to compare another day with."""
    worst: dict[tuple[Limit, OrderId], float] = {}
    for one in violations:
        worst[_key(one)] = max(one.by_s, worst.get(_key(one), 0.0))
    return worst


def _key(violation: Violation) -> tuple[Limit, OrderId]:
    return violation.limit, violation.order_id
