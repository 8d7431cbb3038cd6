"""Who may not be sent: every reason that can be told before a single road is asked.

What shows only once the visit has its place in the day is told by `refusals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from geo_dispatch.dispatch.days.availability import next_working, so_long
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Basis, Origin, Plan
from geo_dispatch.dispatch.ranking.exclusions import NEVER, Code, Exclusion, Measured, iso
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation
from geo_dispatch.dispatch.ranking.requirements import lacking, nowhere
from geo_dispatch.dispatch.records.technicians import Leave, Technician
from geo_dispatch.kernel.time import Window, utc

__all__ = ["NEVER", "Code", "Exclusion", "exclusions", "horizon", "of_the_order"]


def exclusions(case: Case, plan: Plan, start: Origin | None) -> list[Exclusion]:
    """All reasons that can be told without roads; empty when there are none."""
    technician = plan.technician
    if technician.retired:
        return [Exclusion(Code.RETIRED, f"{technician.call_sign} is out of service")]
    return [
        *of_the_order(case),
        *_waits_for(case, plan),
        *off_duty(case, technician),
        *lacking(case, technician, case.earliest),
        *nowhere(case, technician),
        *no_place(case, plan, start),
    ]


def of_the_order(case: Case) -> list[Exclusion]:
    """Reasons in the order itself: nobody can be sent, whoever it is."""
    return [*_on_hold(case), *_permits(case)]


def horizon(case: Case) -> datetime:
    """Until when the work must begin: the end of the window, or of the day where it can begin."""
    if case.order.window is not None:
        return case.order.window.end
    midnight = datetime.combine(case.day + timedelta(days=1), time(), case.zone)
    return utc(midnight)


def off_duty(case: Case, technician: Technician) -> list[Exclusion]:
    """Why the technician is not at work at any time at which the visit could begin."""
    at = case.earliest
    back = next_working(technician, at, case.zone)
    latest = max(horizon(case), at)
    if back is not None and back <= latest:
        return []
    if case.order.emergency and _on_call(technician, at, latest):
        return []
    leave = technician.leave_at(at)
    if leave is not None:
        return [_on_leave(case, technician, leave, back)]
    duty = Relaxation(Gives.DUTY, technician.id, at=at)
    measured: Measured = {"at": iso(at), "works_from": iso(back) if back else None}
    fact = f"off shift at {case.clock(at)}"
    lifts = f"a shift at {case.clock(at)}"
    lifts += f"; the next one begins at {case.clock(back)}" if back else ", there is none ahead"
    if case.order.emergency and technician.on_call:
        rota = min((w.start for w in technician.on_call if w.start > at), default=None)
        next_call = f"next from {case.clock(rota)}" if rota else "not again on the rota"
        measured["on_call_from"] = iso(rota) if rota else None
        return [
            Exclusion(
                Code.NOT_ON_CALL, f"{fact} and not on call, {next_call}", lifts, measured, duty
            )
        ]
    if not technician.shifts:
        fact, lifts = "has no shifts", f"shifts entered for {technician.call_sign}"
    return [Exclusion(Code.OFF_SHIFT, fact, lifts, measured, duty)]


def no_place(case: Case, plan: Plan, start: Origin | None) -> list[Exclusion]:
    """Why nobody knows where the technician would set out from."""
    technician = plan.technician
    relax = Relaxation(Gives.POSITION, technician.id, at=case.now)
    if start is None:
        return [
            Exclusion(
                Code.NO_POSITION,
                "has never sent a position",
                f"a position from the phone of {technician.call_sign}",
                relax=relax,
            )
        ]
    seen = plan.whereabouts
    today = case.now.astimezone(case.zone).date()
    if start.basis is not Basis.STALE_POSITION or seen is None or case.day > today:
        return []
    age_s = (case.now - seen.at).total_seconds()
    return [
        Exclusion(
            Code.POSITION_STALE,
            f"last position at {case.clock(seen.at)}, {so_long(age_s)} ago",
            f"a new position from the phone of {technician.call_sign}",
            {"position_at": iso(seen.at), "age_s": age_s},
            relax,
        )
    ]


def _on_hold(case: Case) -> list[Exclusion]:
    hold = case.order.hold
    if hold is None:
        return []
    return [
        Exclusion(
            Code.ON_HOLD,
            f"{case.order.number} is on hold since {case.clock(hold.since)}: "
            + hold.reason.in_words
            + (f" ({hold.note})" if hold.note else ""),
            f"{case.order.number} released",
            {"reason": hold.reason.value, "since": iso(hold.since)},
            Relaxation(Gives.HOLD, case.order.id),
        )
    ]


def _permits(case: Case) -> Iterator[Exclusion]:
    for permit in case.order.permits:
        granted = permit.granted_on
        if granted is not None and granted <= case.day:
            continue
        fact = (
            f"{permit.name} is not granted"
            if granted is None
            else f"{permit.name} holds from {granted.isoformat()} only"
        )
        yield Exclusion(
            Code.PERMIT_MISSING,
            fact,
            f"{permit.name} granted by {case.day.isoformat()}",
            {"permit": permit.name, "granted_on": granted.isoformat() if granted else None},
            Relaxation(Gives.PERMIT, permit.name, at=case.earliest),
        )


def _waits_for(case: Case, plan: Plan) -> Iterator[Exclusion]:
    """Stages that must be complete before and that nobody has a time for."""
    own = {stop.order.id for stop in plan.stops}
    for prior in case.unfinished:
        if prior.id in own or prior.id in case.done_at:
            continue
        yield Exclusion(
            Code.WAITS_FOR,
            f"{prior.number} must be complete before, and is {prior.status.replace('_', ' ')}",
            f"{prior.number} complete, or a time known at which it will be",
            {"order": prior.number, "status": prior.status.value},
            Relaxation(Gives.PREDECESSOR, prior.id),
        )


def _on_call(technician: Technician, at: datetime, latest: datetime) -> bool:
    return any(rota.start <= latest and rota.end > at for rota in technician.on_call)


def _on_leave(case: Case, technician: Technician, leave: Leave, back: datetime | None) -> Exclusion:
    away: Window = leave.window
    return Exclusion(
        Code.ON_LEAVE,
        f"on leave from {case.clock(away.start)} to {case.clock(away.end)}"
        + (f" ({leave.reason})" if leave.reason else ""),
        f"free from {case.clock(back or away.end)}",
        {"leave_from": iso(away.start), "leave_until": iso(away.end)},
        Relaxation(Gives.LEAVE, technician.id, at=away.start),
    )
