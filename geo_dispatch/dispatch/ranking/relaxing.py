"""Limits that give way: the case and the plan as they would be with `Relaxation`s applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Plan, Stop, Whereabouts
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import (
    Break,
    Certificate,
    Leave,
    Part,
    Shift,
    Skill,
    Technician,
    Vehicle,
)
from geo_dispatch.dispatch.work.clocks import SlaClock
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.time import Window

_DAY: Final = timedelta(days=1)
_A_DATE: Final = date(2000, 1, 1)

SomeHours = TypeVar("SomeHours", bound=Hours)


def relax(case: Case, plan: Plan, relaxations: Iterable[Relaxation]) -> tuple[Case, Plan]:
    """The case and the plan if all of these gave way, one after another."""
    for one in relaxations:
        if one.gives in _TECHNICIAN:
            technician = _TECHNICIAN[one.gives](plan.technician, case, one)
            plan = replace(plan, technician=technician)
        elif one.gives is Gives.POSITION:
            plan = replace(plan, whereabouts=_seen(case, plan))
        elif one.gives is Gives.CREW_SIZE:
            case = replace(case, order=replace(case.order, crew_size=int(one.amount or 1)))
        elif one.gives in {Gives.HOLD, Gives.PERMIT}:
            case = replace(case, order=_granted(case, one))
        elif one.gives is Gives.PREDECESSOR:
            case = replace(case, prior=_prior(case, one))
            plan = _with_stop(plan, one, lambda stop, _: replace(stop, priors=()))
        else:
            case, plan = _later(case, plan, one)
    return case, plan


def _later(case: Case, plan: Plan, one: Relaxation) -> tuple[Case, Plan]:
    """A limit in time of the order, or of another visit, moved."""
    if one.target != case.order.id:
        return case, _with_stop(plan, one, _stop_later)
    if one.gives is Gives.CREW:
        joins_at = case.joins_at
        return replace(case, joins_at=joins_at and joins_at + _amount(one)), plan
    if one.gives is Gives.ACCESS:
        return replace(case, site=replace(case.site, access_windows=_open(case, one))), plan
    return replace(case, order=_order_later(case.order, one)), plan


def _open(case: Case, one: Relaxation) -> tuple[Hours, ...]:
    return _longer_access(case.site.access_windows, one)


def _longer_access(hours: tuple[Hours, ...], one: Relaxation) -> tuple[Hours, ...]:
    return () if one.amount is None else tuple(_longer(hour, _amount(one)) for hour in hours)


def _stop_later(stop: Stop, one: Relaxation) -> Stop:
    if one.gives is Gives.ACCESS:
        return replace(stop, access=_longer_access(stop.access, one))
    if one.gives is Gives.CREW:
        return replace(stop, joins_at=stop.joins_at and stop.joins_at + _amount(one))
    return replace(stop, order=_order_later(stop.order, one))


def _with_stop(plan: Plan, one: Relaxation, change: Callable[[Stop, Relaxation], Stop]) -> Plan:
    stops = tuple(change(stop, one) if stop.order.id == one.target else stop for stop in plan.stops)
    return replace(plan, stops=stops)


def _order_later(order: WorkOrder, one: Relaxation) -> WorkOrder:
    by = _amount(one)
    if one.gives is Gives.WINDOW and order.window is not None:
        return replace(order, window=Window(order.window.start, order.window.end + by))
    if one.gives is Gives.START and order.start_at is not None:
        return replace(order, start_at=order.start_at + by)
    if one.gives is Gives.DUE and order.due_at is not None:
        return replace(order, due_at=order.due_at + by)
    if order.sla is None:
        return order
    if one.gives is Gives.SLA_RESPONSE:
        return replace(order, sla=replace(order.sla, response=_due(order.sla.response, by)))
    return replace(order, sla=replace(order.sla, completion=_due(order.sla.completion, by)))


def _due(clock: SlaClock | None, by: timedelta) -> SlaClock | None:
    return clock and replace(clock, due_at=clock.due_at + by)


def _granted(case: Case, one: Relaxation) -> WorkOrder:
    if one.gives is Gives.HOLD:
        return replace(case.order, hold=None)
    permits = tuple(
        replace(permit, granted_on=case.day) if permit.name == one.target else permit
        for permit in case.order.permits
    )
    return replace(case.order, permits=permits)


def _prior(case: Case, one: Relaxation) -> tuple[WorkOrder, ...]:
    if one.target == case.order.id:
        return ()
    return tuple(order for order in case.prior if order.id != one.target)


def _seen(case: Case, plan: Plan) -> Whereabouts:
    """Where they were last, as of now; at home, or at the site, if nobody ever knew."""
    if plan.whereabouts is not None:
        return replace(plan.whereabouts, at=case.now)
    return Whereabouts(plan.technician.home or case.site.location, case.now)


def _with_skill(technician: Technician, _: Case, one: Relaxation) -> Technician:
    skill = Skill(one.target, int(one.amount or 1))
    return replace(technician, skills=(*technician.skills, skill))


def _with_certificate(technician: Technician, _: Case, one: Relaxation) -> Technician:
    return replace(technician, certificates=(*technician.certificates, Certificate(one.target)))


def _with_equipment_type(technician: Technician, _: Case, one: Relaxation) -> Technician:
    return replace(technician, equipment_types=(*technician.equipment_types, one.target))


def _with_equipment(technician: Technician, _: Case, one: Relaxation) -> Technician:
    vehicle = technician.vehicle or Vehicle("van")
    vehicle = replace(vehicle, equipment=(*vehicle.equipment, one.target))
    return replace(technician, vehicle=vehicle)


def _with_part(technician: Technician, _: Case, one: Relaxation) -> Technician:
    return replace(technician, parts=(*technician.parts, Part(one.target, int(one.amount or 1))))


def _on_duty(technician: Technician, case: Case, one: Relaxation) -> Technician:
    """At work from then on, for as long as it takes: a day at the most."""
    local = (one.at or case.earliest).astimezone(case.zone)
    extra = Shift(local.weekday(), local.time(), local.time())
    return replace(technician, shifts=(*technician.shifts, extra))


def _less_leave(technician: Technician, case: Case, one: Relaxation) -> Technician:
    left: list[Leave] = []
    for leave in technician.leave:
        if leave.window.start != one.at:
            left.append(leave)
        elif one.amount is not None:
            start = max(leave.window.start, case.now) + _amount(one)
            if start < leave.window.end:
                left.append(replace(leave, window=Window(start, leave.window.end)))
    return replace(technician, leave=tuple(left))


def _longer_shifts(technician: Technician, _: Case, one: Relaxation) -> Technician:
    by = _amount(one)
    return replace(
        technician,
        shifts=tuple(_longer(shift, by) for shift in technician.shifts),
        on_call=tuple(Window(rota.start, rota.end + by) for rota in technician.on_call),
    )


def _later_breaks(technician: Technician, _: Case, one: Relaxation) -> Technician:
    by = _amount(one)
    shifts = tuple(
        replace(shift, breaks=tuple(_later_break(pause, by) for pause in shift.breaks))
        for shift in technician.shifts
    )
    return replace(technician, shifts=shifts)


_TECHNICIAN: Final[dict[Gives, Callable[[Technician, Case, Relaxation], Technician]]] = {
    Gives.SKILL: _with_skill,
    Gives.CERTIFICATE: _with_certificate,
    Gives.EQUIPMENT_TYPE: _with_equipment_type,
    Gives.EQUIPMENT: _with_equipment,
    Gives.PART: _with_part,
    Gives.DUTY: _on_duty,
    Gives.LEAVE: _less_leave,
    Gives.SHIFT: _longer_shifts,
    Gives.BREAK: _later_breaks,
}


def _amount(one: Relaxation) -> timedelta:
    return timedelta(seconds=one.amount or 0.0)


def _longer(hours: SomeHours, by: timedelta) -> SomeHours:
    """The hours, ending later; a whole day at the most."""
    start, end = _on_a_date(hours.start), _on_a_date(hours.end)
    length = (end - start) % _DAY or _DAY
    return replace(hours, end=(start + min(length + by, _DAY)).time())


def _later_break(pause: Break, by: timedelta) -> Break:
    latest = _on_a_date(pause.latest) + by
    last = time.max if latest.date() != _A_DATE else latest.time()
    return replace(pause, latest=last)


def _on_a_date(clock: time) -> datetime:
    return datetime.combine(_A_DATE, clock)
