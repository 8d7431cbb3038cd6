"""Work in stages: what an order waits for, and what becomes of those that wait for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import ENDED, FlagCode, Status, WorkOrder
from geo_dispatch.kernel.errors import Fault, TransitionNotAllowed

_GATED: Final = (c.Start, c.Complete, c.Release)


def waits_for(unit: Unit, order: WorkOrder) -> list[Fault]:
    """What must come before work on the order may begin: permits, and orders it comes after."""
    prior = unit.orders.many(order.after)
    return [
        *(
            Fault("permits", f"{permit.name} is not granted; enter the day when it is")
            for permit in order.permits
            if permit.granted_on is None
        ),
        *(
            Fault("after", f"{prior[key].number} is {prior[key].status}, not complete")
            for key in order.after
            if prior[key].status is not Status.COMPLETE
        ),
    ]


def refuse_waiting(unit: Unit, order: WorkOrder, command: c.Command) -> None:
    """Refuse to begin, end or release what still waits.

    Raises
    ------
    TransitionNotAllowed
        A permit is missing, or an order before it is not complete; ``conflicts`` says which.
    """
    if not isinstance(command, _GATED):
        return
    waits = waits_for(unit, order)
    if isinstance(command, c.Release):
        waits = [one for one in waits if one.where == "permits"]
    if waits:
        raise TransitionNotAllowed(
            f"{order.number} cannot {command.step} yet: " + "; ".join(one.message for one in waits),
            waits,
        )


def followers(
    unit: Unit, before: WorkOrder, after: WorkOrder, now: datetime
) -> list[tuple[WorkOrder, c.Command]]:
    """What a change of an order asks of those that come after it.

    An agreed beginning that is too early now moves behind the order's end. It is flagged instead
    when a person pinned it, and when nobody has the order any more.

    Returns
    -------
    list
        Orders, each with the command for it.
    """
    lost = after.status is Status.CANCELLED or (
        before.technician_id is not None and after.technician_id is None
    )
    if not lost and _timing(before) == _timing(after):
        return []
    told: list[tuple[WorkOrder, c.Command]] = []
    ends_at = _ends_at(after, now)
    for follower in unit.orders.waiting_for(after.id):
        start_at = follower.start_at
        if lost and follower.technician_id is not None:
            told.append((follower, _flag(f"comes after {after.number}, which nobody has now")))
        elif start_at is None or start_at >= ends_at or after.status in ENDED:
            continue
        elif follower.pinned:
            early_min = (ends_at - start_at) / timedelta(minutes=1)
            fact = (
                f"is pinned {early_min:.0f} min before the end of {after.number}, its predecessor"
            )
            told.append((follower, _flag(fact)))
        else:
            told.append((follower, c.ChangeOrder(changes={"start_at": ends_at})))
    return told


def _timing(order: WorkOrder) -> tuple[object, ...]:
    return order.window, order.start_at, order.duration_s


def _ends_at(order: WorkOrder, now: datetime) -> datetime:
    """When it is complete at the earliest, by what was agreed."""
    return max(now, order.not_before or now) + timedelta(seconds=order.duration_s)


def _flag(fact: str) -> c.RaiseFlag:
    return c.RaiseFlag(code=FlagCode.WAITS, fact=fact)
