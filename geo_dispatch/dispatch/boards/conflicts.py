"""What is in the way of a day as it is planned, found before it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.feasibility import Limit, Violation
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.ranking.requirements import lacking
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window

ConflictKind = Literal[
    "overlap", "travel", "qualification", "dependency", "late", "shift", "leave", "break", "access"
]

_KINDS: Final[dict[Limit, ConflictKind]] = {
    Limit.WINDOW: "late",
    Limit.PINNED_START: "late",
    Limit.CREW: "late",
    Limit.DUE: "late",
    Limit.SLA_RESPONSE: "late",
    Limit.SLA_COMPLETION: "late",
    Limit.UNREACHABLE: "travel",
    Limit.PREDECESSOR: "dependency",
    Limit.SHIFT: "shift",
    Limit.LEAVE: "leave",
    Limit.BREAK: "break",
    Limit.ACCESS: "access",
}

_TIMED: Final = frozenset({Limit.WINDOW, Limit.PINNED_START, Limit.CREW})


@dataclass(frozen=True, slots=True)
class DayConflict:
    """Something that can't be as planned.

    Attributes
    ----------
    kind
        ``"overlap"``: the visit before ends too late, even without any drive between. ``"travel"``:
        the gap between the two is too short for the drive, or there is no way.
    other_id
        The other visit; None when there is none.
    by_s
        By how much; None when no time helps.
    """

    kind: ConflictKind
    order_id: OrderId
    technician_id: TechnicianId
    fact: str
    at: datetime | None = None
    by_s: float | None = None
    other_id: OrderId | None = None

    @property
    def no_way(self) -> bool:
        """Whether no road leads there, however long one drives."""
        return self.kind == "travel" and self.other_id is None


def conflicts_of(day: Day, whole: Window, cases: Mapping[OrderId, Case]) -> list[DayConflict]:
    """Every conflict of the visits that begin within the window, in their sequence.

    Parameters
    ----------
    cases
        What each order asks for.
    """
    found: list[DayConflict] = []
    before: Stay | None = None
    for stay in day.schedule.stays:
        order, own = stay.stop.order, before
        before = stay
        if (stay.begin_at or day.now) not in whole:
            continue
        found += [
            _of_limit(day, violation, stay, own)
            for violation in day.schedule.violations
            if violation.order_id == order.id
        ]
        case = cases.get(order.id)
        if case is not None:
            found += _of_needs(day, case, stay)
    return found


def _of_limit(day: Day, violation: Violation, stay: Stay, before: Stay | None) -> DayConflict:
    kind: ConflictKind = _KINDS[violation.limit]
    other_id = None
    if violation.limit in _TIMED and before is not None and violation.at is not None:
        ends_at = before.finish_at
        if ends_at is not None and ends_at > violation.at:
            kind, other_id = "overlap", before.stop.order.id
        elif (stay.drive_s or 0.0) > 0 and ends_at is not None:
            kind, other_id = "travel", before.stop.order.id
    finite = violation.by_s != float("inf")
    return DayConflict(
        kind=kind,
        order_id=violation.order_id,
        technician_id=day.plan.technician.id,
        fact=violation.fact,
        at=violation.at,
        by_s=violation.by_s if finite else None,
        other_id=other_id,
    )


def _of_needs(day: Day, case: Case, stay: Stay) -> list[DayConflict]:
    """What the work asks for on the day of the visit, and isn't there."""
    technician, order = day.plan.technician, case.order
    at = stay.begin_at or case.earliest
    lead = order.technician_id == technician.id
    found = [
        DayConflict("qualification", order.id, technician.id, one.fact)
        for one in (lacking(case, technician, at) if lead else ())
    ]
    on = at.astimezone(case.zone).date()
    found += [
        DayConflict(
            "dependency", order.id, technician.id, f"permit {permit.name} is not granted by {on}"
        )
        for permit in order.permits
        if lead and (permit.granted_on is None or permit.granted_on > on)
    ]
    return found
