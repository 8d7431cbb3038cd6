"""Service level agreements (SLA): which promise an order is under, and how its clocks run.

The clocks follow the order's own events: started when it is placed, paused by the holds that its
policy names, stopped by arrival, completion or cancellation. Who has the order doesn't matter to
them. `follow` folds one event; `clocks_of` folds a whole stream, and comes to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from geo_dispatch.dispatch.sla.calendars import ALWAYS, Calendar, calendar_faults
from geo_dispatch.dispatch.work.orders import MAX_PRIORITY, HoldReason, WorkClass, WorkOrder
from geo_dispatch.kernel.errors import Fault

__all__ = ["ALWAYS", "Calendar", "SlaPolicy", "calendar_faults", "policy_for", "sla_faults"]

StopsAt = Literal["assigned", "en_route", "arrived"]

MAX_TARGET_S: Final = 90 * 86_400.0
"""Longest promise in business time; longer ones are due dates."""


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """A promise, and the orders that it is made for: those that meet every list that isn't empty.

    Names are compared without case, as those of rules are.

    Attributes
    ----------
    tiers
        Of the customer's contract.
    job_types, work_classes, priorities
        Of the order.
    territories
        The site lies in one of them: regions have holidays of their own.
    response_s
        Business time until ``response_stops_at``, seconds; None promises nothing.
    completion_s
        Business time until the work is done, seconds; None promises nothing.
    calendar
        Name of the calendar that says which time counts.
    pauses
        Holds during which no time counts.
    """

    name: str
    tiers: tuple[str, ...] = ()
    job_types: tuple[str, ...] = ()
    work_classes: tuple[WorkClass, ...] = ()
    priorities: tuple[int, ...] = ()
    territories: tuple[str, ...] = ()
    response_s: float | None = None
    completion_s: float | None = None
    calendar: str = ALWAYS.name
    response_stops_at: StopsAt = "arrived"
    pauses: tuple[HoldReason, ...] = ()

    def covers(self, order: WorkOrder, tier: str | None, territory_id: str | None = None) -> bool:
        """Whether it is made for this order, of a customer of this tier, at a site in there."""
        wanted: tuple[tuple[tuple[object, ...], object], ...] = (
            (self.tiers, tier),
            (self.job_types, order.type),
            (self.work_classes, order.work_class),
            (self.priorities, order.priority),
            (self.territories, territory_id),
        )
        return all(not allowed or _among(value, allowed) for allowed, value in wanted)


def _among(value: object, allowed: tuple[object, ...]) -> bool:
    return _folded(value) in {_folded(one) for one in allowed}


def _folded(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


def policy_for(
    policies: tuple[SlaPolicy, ...],
    order: WorkOrder,
    tier: str | None,
    territory_id: str | None = None,
) -> SlaPolicy | None:
    """The first of the policies that covers the order; None when nothing was promised."""
    return next((one for one in policies if one.covers(order, tier, territory_id)), None)


def sla_faults(
    policies: tuple[SlaPolicy, ...], calendars: tuple[Calendar, ...], where: str = ""
) -> list[Fault]:
    """Everything wrong with the promises and the calendars that they count by."""
    faults: list[Fault] = []
    for index, calendar in enumerate(calendars):
        faults += calendar_faults(calendar, f"{where}calendars[{index}]")
    faults += _repeated([one.name for one in calendars], f"{where}calendars")
    faults += _repeated([one.name for one in policies], f"{where}sla")
    known = {ALWAYS.name, *(calendar.name for calendar in calendars)}
    for index, policy in enumerate(policies):
        faults += _policy_faults(policy, known, f"{where}sla[{index}]")
    return faults


def _policy_faults(policy: SlaPolicy, calendars: set[str], where: str) -> list[Fault]:
    faults = []
    if not policy.name.strip():
        faults.append(Fault(f"{where}.name", "is empty; name the promise"))
    if policy.response_s is None and policy.completion_s is None:
        faults.append(
            Fault(where, f"{policy.name!r} promises nothing; give response_s or completion_s")
        )
    for name in ("response_s", "completion_s"):
        target_s = getattr(policy, name)
        if target_s is not None and not 0 < target_s <= MAX_TARGET_S:
            faults.append(
                Fault(
                    f"{where}.{name}",
                    f"{target_s:g} is not above 0 and at most {MAX_TARGET_S:.0f} seconds (90 days)",
                )
            )
    if policy.calendar not in calendars:
        faults.append(
            Fault(
                f"{where}.calendar",
                f"no calendar {policy.calendar!r}; there are {', '.join(sorted(calendars))}",
            )
        )
    faults += [
        Fault(f"{where}.priorities", f"{priority} is not between 1 and {MAX_PRIORITY}")
        for priority in policy.priorities
        if not 1 <= priority <= MAX_PRIORITY
    ]
    return faults


def _repeated(names: list[str], where: str) -> list[Fault]:
    return [
        Fault(f"{where}[{index}].name", f"{name!r} is there twice; names tell them apart")
        for index, name in enumerate(names)
        if name in names[:index]
    ]
