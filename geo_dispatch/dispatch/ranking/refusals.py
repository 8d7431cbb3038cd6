"""Why somebody's day has no room for a visit: the limits that the least bad place would break."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.feasibility import Limit, Violation
from geo_dispatch.dispatch.days.insertion import Insertion
from geo_dispatch.dispatch.days.plan import Basis, Plan
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion, Measured, iso
from geo_dispatch.dispatch.ranking.lifting import lifted_by
from geo_dispatch.dispatch.ranking.rebooking import taken
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation
from geo_dispatch.dispatch.ranking.requirements import lacking
from geo_dispatch.kernel.ids import OrderId


def refusing(case: Case, insertion: Insertion) -> tuple[Violation, ...]:
    """What speaks against an insertion: hard limits, and any of a critical or pinned visit."""
    critical = {
        stop.order.id
        for stop in insertion.plan.stops
        if (stop.order.contract_critical or stop.order.pinned) and stop.order.id != case.order.id
    }
    return tuple(one for one in insertion.violations if one.hard or one.order_id in critical)


def in_the_day(case: Case, day: Day, insertions: Sequence[Insertion]) -> list[Exclusion]:
    """The reasons that show in the day: those of the place with the least violation.

    Empty when some place has none.
    """
    judged = [(against(case, one), one) for one in insertions]
    if not judged:
        return [_unreachable(case, day)]
    reasons, best = min(judged, key=lambda pair: (_badness(case, *pair), pair[1].position))
    return [
        _told(one, case, day, best) if isinstance(one, Violation) else one
        for one in _worst(reasons)
    ]


def against(case: Case, insertion: Insertion) -> list[Violation | Exclusion]:
    """Everything against the order taking that place; empty when it may."""
    stay, technician = insertion.stay, insertion.plan.technician
    found: list[Violation | Exclusion] = list(refusing(case, insertion))
    if stay.begin_at is not None and stay.begin_at > case.earliest:
        # what was fine at the earliest moment may have expired by now
        found += lacking(case, technician, stay.begin_at)
    return [*found, *taken(case, insertion)]


def _badness(
    case: Case, reasons: Iterable[Violation | Exclusion], insertion: Insertion
) -> tuple[int, float, float]:
    """What no time mends first, then how much time it would take, then the wait."""
    reasons = list(reasons)
    amounts: dict[tuple[Limit, str], float] = {}
    never = 0
    for one in reasons:
        if not isinstance(one, Violation) or math.isinf(one.by_s):
            never += 1
            continue
        amounts[_what(one)] = max(one.by_s, amounts.get(_what(one), 0.0))
    begin_at = insertion.stay.begin_at
    wait_s = math.inf if begin_at is None else (begin_at - case.now).total_seconds()
    return never, math.fsum(amounts.values()), wait_s


def _what(violation: Violation) -> tuple[Limit, str]:
    """What would have to give way: a shift does so once for all visits in it."""
    wide = violation.limit in _OF_THE_TECHNICIAN
    return violation.limit, str(violation.at) if wide else violation.order_id


def _worst(reasons: Iterable[Violation | Exclusion]) -> list[Violation | Exclusion]:
    """Of what would give way together, only the worst."""
    worst: dict[tuple[Limit, str], Violation] = {}
    for one in reasons:
        if isinstance(one, Violation):
            known = worst.get(_what(one))
            worst[_what(one)] = one if known is None else max(known, one, key=lambda v: v.by_s)
    return [one for one in reasons if not isinstance(one, Violation) or worst[_what(one)] is one]


def _told(violation: Violation, case: Case, day: Day, insertion: Insertion) -> Exclusion:
    if violation.limit is Limit.UNREACHABLE:
        return _unreachable(case, day)
    own = violation.order_id == case.order.id
    code = _OWN[violation.limit] if own else Code.WOULD_BE_LATE_FOR
    if violation.limit in _OF_THE_TECHNICIAN:
        code = _OWN[violation.limit]
    number = _number(insertion.plan, violation.order_id)
    relax = _relaxation(violation, insertion)
    exclusion = Exclusion(
        code,
        violation.fact if own else f"then at {number}: {violation.fact}",
        lifted_by(relax, case, insertion.plan) if relax is not None else "",
        _measured(violation, insertion),
        relax,
    )
    return _committed(exclusion, case, insertion) if code is Code.OUTSIDE_WINDOW else exclusion


def _committed(exclusion: Exclusion, case: Case, insertion: Insertion) -> Exclusion:
    """Why they can't be there in time: free too late, on the way elsewhere, at a priority job."""
    stay, plan = insertion.stay, insertion.plan
    free_at = stay.depart_at or case.now
    measured = exclusion.measured | {"free_at": iso(free_at)}
    fact = f"free from {case.clock(free_at)}, {exclusion.fact}"
    first = plan.stops[0] if insertion.position else None
    if first is None or not first.fixed:
        return replace(exclusion, fact=fact, measured=measured)
    number = first.order.number
    if first.order.priority < case.order.priority:
        code, doing = Code.PRIORITY_JOB, f"at {number}, priority {first.order.priority}"
        if first.under_way:
            doing = f"on the way to {number}, priority {first.order.priority}"
    elif first.under_way:
        code, doing = Code.TRAVELLING, f"on the way to {number}"
    else:
        code, doing = exclusion.code, f"at {number}"
    return replace(exclusion, code=code, fact=f"{doing}, {fact}", measured=measured)


_OWN = {
    Limit.WINDOW: Code.OUTSIDE_WINDOW,
    Limit.PINNED_START: Code.OUTSIDE_WINDOW,
    Limit.ACCESS: Code.ACCESS_CLOSED,
    Limit.SHIFT: Code.SHIFT_ENDS,
    Limit.LEAVE: Code.ON_LEAVE,
    Limit.BREAK: Code.BREAK,
    Limit.PREDECESSOR: Code.WAITS_FOR,
    Limit.CREW: Code.CREW_APART,
    Limit.UNREACHABLE: Code.UNREACHABLE,
}
"""What each hard limit of the order itself is called."""

_OF_THE_TECHNICIAN = frozenset({Limit.SHIFT, Limit.LEAVE, Limit.BREAK})

_GIVES = {
    Limit.WINDOW: Gives.WINDOW,
    Limit.PINNED_START: Gives.START,
    Limit.ACCESS: Gives.ACCESS,
    Limit.SHIFT: Gives.SHIFT,
    Limit.LEAVE: Gives.LEAVE,
    Limit.BREAK: Gives.BREAK,
    Limit.PREDECESSOR: Gives.PREDECESSOR,
    Limit.CREW: Gives.CREW,
    Limit.DUE: Gives.DUE,
    Limit.SLA_RESPONSE: Gives.SLA_RESPONSE,
    Limit.SLA_COMPLETION: Gives.SLA_COMPLETION,
}


def _relaxation(violation: Violation, insertion: Insertion) -> Relaxation | None:
    limit, plan = violation.limit, insertion.plan
    gives = _GIVES.get(limit)
    endless = math.isinf(violation.by_s)
    if gives is None or (endless and limit is not Limit.PREDECESSOR):
        return None
    target = plan.technician.id if limit in _OF_THE_TECHNICIAN else violation.order_id
    shut_at = _shut_at(violation, insertion) if limit is Limit.ACCESS else None
    if shut_at is not None:
        return Relaxation(gives, target, None, shut_at)
    return Relaxation(gives, target, None if endless else violation.by_s, violation.at)


def _shut_at(violation: Violation, insertion: Insertion) -> datetime | None:
    """When work would begin where nobody is let in that day at all, rather than not for long."""
    begins = (
        stay.begin_at
        for stay in insertion.schedule.stays
        if stay.stop.order.id == violation.order_id
    )
    begin_at = next(begins, None)
    late = timedelta(seconds=violation.by_s)
    return begin_at if begin_at is not None and violation.at == begin_at + late else None


def _measured(violation: Violation, insertion: Insertion) -> Measured:
    measured: Measured = {
        "limit": violation.limit.value,
        "order_id": violation.order_id,
        "by_s": violation.by_s if math.isfinite(violation.by_s) else None,
        "limit_at": iso(violation.at) if violation.at is not None else None,
    }
    stay = insertion.stay
    if stay.arrive_at is not None:
        measured["arrive_at"] = iso(stay.arrive_at)
    return measured


def _unreachable(case: Case, day: Day) -> Exclusion:
    stays = day.schedule.stays
    stuck = next((stay.stop.order for stay in stays if stay.basis is Basis.UNREACHABLE), None)
    if stuck is not None and stuck.id != case.order.id:
        return Exclusion(
            Code.UNREACHABLE,
            f"no way by road to {stuck.number}, which comes before",
            f"{stuck.number} taken from this technician, or its site's location corrected",
            {"before": stuck.number},
        )
    return Exclusion(
        Code.UNREACHABLE,
        "no way by road to the site",
        "a road from there to the site, or a corrected location of the site",
    )


def _number(plan: Plan, order_id: OrderId) -> str:
    found = (stop.order.number for stop in plan.stops if stop.order.id == order_id)
    return next(found, order_id)
