"""What the work asks of a technician, held against what they can, have and know.

Names are compared without case. What expires is judged on the local day of the visit.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.ranking.booking import Lack, allocate, not_aboard
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion, Measured, iso
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation
from geo_dispatch.dispatch.records.resources import Booking
from geo_dispatch.dispatch.records.technicians import Certificate, Part, Skill, Technician
from geo_dispatch.dispatch.work.orders import SkillRequirement
from geo_dispatch.kernel.time import Window

SHORTEST_VISIT: Final = timedelta(seconds=1)


def lacking(case: Case, technician: Technician, at: datetime) -> list[Exclusion]:
    """Everything that the work needs and the technician lacks on the day of ``at``."""
    if case.joins_at is not None:
        return []
    day = at.astimezone(case.zone).date()
    return [
        *(one for need in case.order.required_skills if (one := _skill(need, technician, day))),
        *(
            one
            for name in case.order.required_certificates
            if (one := _certificate(name, technician, day))
        ),
        *_equipment_type(case, technician),
        *(one for need in case.order.required_parts if (one := _part(need, technician))),
    ]


def not_to_be_had(
    case: Case, technician: Technician, at: datetime, *, ever: bool = False
) -> list[Exclusion]:
    """Vehicles and tools that the work needs, not aboard and not to be booked for the visit.

    Parameters
    ----------
    at
        When the work would begin.
    ever
        Leave out what could be booked at another time.
    """
    if case.joins_at is not None:
        return []
    needed = not_aboard(case.order, [technician])
    visit = Window(at, at + max(timedelta(seconds=case.order.duration_s), SHORTEST_VISIT))
    allocation = allocate(needed, case.resources, case.bookings, visit, order_id=case.order.id)
    return [
        _equipment(case, lack, technician, visit)
        for lack in allocation.lacks
        if not (ever and lack.taken)
    ]


def met(case: Case, technician: Technician) -> tuple[str, ...]:
    """What the work asks for and the technician brings, each as a fact."""
    if case.joins_at is not None:
        return ()
    order = case.order
    aboard = set(order.required_equipment) - set(not_aboard(order, [technician]))
    stock = {part.sku.casefold(): part.quantity for part in technician.parts}
    facts = [
        f"{best.name} at level {best.level}{_until(best.expires_on)}"
        for need in order.required_skills
        if (best := max(held(need, technician), key=lambda one: one.level, default=None))
    ]
    facts += [
        f"{last.kind} {last.name}{_until(last.expires_on)}"
        for name in order.required_certificates
        if (last := max(certificates_held(name, technician), key=_lasts, default=None))
    ]
    if case.equipment_type and not _equipment_type(case, technician):
        facts.append(f"knows {case.equipment_type}")
    facts += [
        f"{name} {'aboard' if name in aboard else 'to be booked'}"
        for name in order.required_equipment
    ]
    facts += [
        f"{part.sku}: {stock.get(part.sku.casefold(), 0)} in the van, {part.quantity} needed"
        for part in order.required_parts
    ]
    return tuple(facts)


def held(need: SkillRequirement, technician: Technician) -> list[Skill]:
    """The technician's skills of that name."""
    return [skill for skill in technician.skills if same(skill.name, need.name)]


def certificates_held(name: str, technician: Technician) -> list[Certificate]:
    """The technician's certificates of that name."""
    return [one for one in technician.certificates if same(one.name, name)]


def same(one: str, other: str) -> bool:
    """Whether two names mean the same."""
    return one.casefold() == other.casefold()


def _skill(need: SkillRequirement, technician: Technician, day: date) -> Exclusion | None:
    having = held(need, technician)
    high_enough = [skill for skill in having if skill.level >= need.level]
    relax = Relaxation(Gives.SKILL, need.name, need.level)
    if not having:
        return Exclusion(
            Code.MISSING_SKILL,
            f"has no skill {need.name}",
            f"skill {need.name} at level {need.level} or higher",
            {"skill": need.name, "level_needed": need.level},
            relax,
        )
    if not high_enough:
        best = max(having, key=lambda skill: skill.level)
        return Exclusion(
            Code.SKILL_LEVEL,
            f"{best.name} at level {best.level}, the work needs {need.level}",
            f"{best.name} at level {need.level} or higher",
            {"skill": best.name, "level": best.level, "level_needed": need.level},
            relax,
        )
    last = max(high_enough, key=_lasts)
    if _lasts(last) >= day:
        return None
    return Exclusion(
        Code.SKILL_EXPIRED,
        f"skill {need.name} ended {_lasts(last).isoformat()}",
        f"a renewal of {need.name} up to {day.isoformat()} or later",
        {"skill": need.name, "expires_on": _lasts(last).isoformat(), "visit_on": day.isoformat()},
        relax,
    )


def _certificate(name: str, technician: Technician, day: date) -> Exclusion | None:
    having = certificates_held(name, technician)
    relax = Relaxation(Gives.CERTIFICATE, name)
    if not having:
        return Exclusion(
            Code.CERT_MISSING,
            f"has no {name}",
            f"{name} in the technician's record",
            {"certificate": name},
            relax,
        )
    last = max(having, key=_lasts)
    if _lasts(last) >= day:
        return None
    ended = _lasts(last).isoformat()
    return Exclusion(
        Code.CERT_EXPIRED,
        f"{last.kind} {last.name} ends {ended}, the visit is on {day.isoformat()}",
        f"a renewal of {last.name} up to {day.isoformat()} or later",
        {"certificate": last.name, "expires_on": ended, "visit_on": day.isoformat()},
        relax,
    )


def _equipment_type(case: Case, technician: Technician) -> list[Exclusion]:
    wanted = case.equipment_type
    if not wanted or any(same(wanted, known) for known in technician.equipment_types):
        return []
    return [
        Exclusion(
            Code.EQUIPMENT_UNKNOWN,
            f"doesn't know {wanted}",
            f"{wanted} among the equipment that the technician knows",
            {"equipment_type": wanted},
            Relaxation(Gives.EQUIPMENT_TYPE, wanted),
        )
    ]


def _part(need: Part, technician: Technician) -> Exclusion | None:
    there = sum(part.quantity for part in technician.parts if same(part.sku, need.sku))
    if there >= need.quantity:
        return None
    return Exclusion(
        Code.PART_MISSING,
        f"{there or 'no'} {need.sku} in the van, {need.quantity} needed",
        f"{need.quantity - there} more {need.sku}",
        {"sku": need.sku, "in_van": there, "needed": need.quantity},
        Relaxation(Gives.PART, need.sku, need.quantity - there),
    )


def _equipment(case: Case, lack: Lack, technician: Technician, visit: Window) -> Exclusion:
    relax = Relaxation(Gives.EQUIPMENT, lack.name)
    measured: Measured = {"equipment": lack.name, "visit_from": iso(visit.start)}
    if lack.free_from is None or not lack.taken:
        return Exclusion(
            Code.EQUIPMENT_MISSING,
            f"no {lack.name} aboard, and none to be booked",
            f"a {lack.name} in {technician.call_sign}, or one to be booked",
            measured,
            relax,
        )
    taken = "; ".join(
        f"{resource.name} is {_busy(booking)} until {case.clock(booking.window.end)}"
        for resource, booking in lack.taken
    )
    return Exclusion(
        Code.EQUIPMENT_MISSING,
        f"no {lack.name} aboard: {taken}",
        f"a visit from {case.clock(lack.free_from)}",
        measured | {"free_from": iso(lack.free_from)},
        relax,
    )


def _busy(booking: Booking) -> str:
    if booking.order_id is not None:
        return f"booked for {booking.number or booking.order_id}"
    return f"away ({booking.reason})" if booking.reason else "away"


def _lasts(one: Skill | Certificate) -> date:
    return one.expires_on or date.max


def _until(expires_on: date | None) -> str:
    return f", until {expires_on.isoformat()}" if expires_on is not None else ""
