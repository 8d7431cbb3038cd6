"""What a dispatcher sees of an order at a glance: flags, urgency, and whether it gets on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from geo_dispatch.dispatch.days.feasibility import deadlines
from geo_dispatch.dispatch.sla.risk import arrived, contract_risk
from geo_dispatch.dispatch.work.orders import ENDED, HoldReason, Status, WorkOrder


class StatusFlag(StrEnum):
    """Something about an order that wants a look. Stable: filters and clients rely on them."""

    AT_RISK = "at_risk"
    LATE = "late"
    NEEDS_HELP = "needs_help"
    NEEDS_JUDGMENT = "needs_judgment"
    ON_HOLD = "on_hold"
    WAITING_PARTS = "waiting_parts"
    NO_ACCESS = "no_access"
    WAITING_PERMIT = "waiting_permit"
    WAITING_CUSTOMER = "waiting_customer"
    STALLED = "stalled"


_OF_HOLDS: Final = {
    HoldReason.MATERIAL: StatusFlag.WAITING_PARTS,
    HoldReason.NO_ACCESS: StatusFlag.NO_ACCESS,
    HoldReason.PERMIT: StatusFlag.WAITING_PERMIT,
    HoldReason.CUSTOMER: StatusFlag.WAITING_CUSTOMER,
}

_DAY: Final = timedelta(days=1)

RISK_PER_STEP: Final = 7.0
"""Contract risk that makes overdue work as urgent as the next priority up: about a week."""

_BELOW_EMERGENCIES: Final = 2

_LINGERS: Final = {
    Status.NEW: _DAY,
    Status.ASSIGNED: _DAY,
    Status.EN_ROUTE: timedelta(hours=3),
    Status.ON_SITE: timedelta(hours=2),
    Status.ON_THE_TOOLS: timedelta(hours=2),
    Status.NEEDS_HELP: timedelta(minutes=30),
}
"""How long an order may stand somewhere, beside the work itself, before somebody should ask."""


@dataclass(frozen=True, slots=True)
class Stalled:
    """An order that doesn't get on.

    Attributes
    ----------
    since
        Since when it stands where it stands.
    why
        For a person: ``"on the tools for 6 h 10, the work takes 1 h 00"``.
    """

    since: datetime
    why: str

    def age_s(self, now: datetime) -> float:
        """How long that is."""
        return (now - self.since).total_seconds()


def flags_of(order: WorkOrder, now: datetime) -> tuple[StatusFlag, ...]:
    """Everything about the order that wants a look."""
    found = []
    if order.risk is not None:
        found.append(StatusFlag.AT_RISK)
    slack_s = limit_slack_s(order, now)
    if order.status not in ENDED and slack_s is not None and slack_s < 0:
        found.append(StatusFlag.LATE)
    if order.status is Status.NEEDS_HELP:
        found.append(StatusFlag.NEEDS_HELP)
    if order.flag is not None:
        found.append(StatusFlag.NEEDS_JUDGMENT)
    if order.hold is not None:
        found.append(StatusFlag.ON_HOLD)
        if order.hold.reason in _OF_HOLDS:
            found.append(_OF_HOLDS[order.hold.reason])
    if stalled(order, now) is not None:
        found.append(StatusFlag.STALLED)
    return tuple(found)


def limit_slack_s(order: WorkOrder, now: datetime) -> float | None:
    """Until its first open limit, less the work where that must be done by then; seconds.

    Negative when it can't be kept any more; None without a limit.
    """
    there = arrived(order)
    slacks = [
        (one.at - now).total_seconds() - (order.duration_s if one.of == "finish" else 0.0)
        for one in deadlines(order)
        if not (there and one.of == "begin")
    ]
    return min(slacks, default=None)


def urgency(order: WorkOrder, now: datetime) -> tuple[int, float, datetime, str]:
    """Sorts the most urgent first: priority, then time left, then age.

    Planned work that is overdue rises with its contract risk, so that reactive work doesn't bury
    it: each point counts as a day less, and every `RISK_PER_STEP` of them as a step of priority,
    up to the one below emergencies.
    """
    slack_s = limit_slack_s(order, now)
    left_s = float("inf") if slack_s is None else slack_s
    risk = contract_risk(order, now)
    risen = max(_BELOW_EMERGENCIES, order.priority - int(risk / RISK_PER_STEP))
    return (
        min(order.priority, risen),
        left_s - risk * _DAY.total_seconds(),
        order.placed_at,
        order.id,
    )


def stalled(order: WorkOrder, now: datetime) -> Stalled | None:
    """Whether the order should have got on by now, and doesn't; None when it has or ended.

    An order promised for later, or on hold, is given until then.
    """
    if order.status in ENDED:
        return None
    since = max(order.status_at or order.placed_at, order.placed_at)
    if order.hold is not None:
        since = max(since, order.hold.since)
    starts = order.not_before
    counted = since if order.arrival is not None or starts is None else max(since, starts)
    allowed = _LINGERS[order.status]
    if order.status in {Status.ON_SITE, Status.ON_THE_TOOLS}:
        allowed += timedelta(seconds=order.duration_s)
    if order.hold is not None:
        allowed = 7 * _DAY
    if now - counted <= allowed:
        return None
    stands = "on hold" if order.hold is not None else order.status.value.replace("_", " ")
    lasted, most = _lasting(now - counted), _lasting(allowed)
    return Stalled(since, f"{stands} for {lasted}, more than {most}")


def _lasting(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60
    if days >= 1:
        return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
    return f"{hours} h {minutes % 60:02}" if hours else f"{minutes} min"
