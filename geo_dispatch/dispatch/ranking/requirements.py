"""What the work asks of a technician, held against what they can, have and know.

Names are compared without case. What expires is judged on the local day of the visit.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.ranking.booking import not_aboard
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation
from geo_dispatch.dispatch.records.technicians import Certificate, Part, Skill, Technician
from geo_dispatch.dispatch.work.orders import SkillRequirement


def lacking(case: Case, technician: Technician, at: datetime) -> list[Exclusion]:
    """Everything that the work needs and the technician lacks on the day of ``at``."""
    if case.joins_at is not None:
        return []
    order, days = case.order, _Days(*(one.astimezone(case.zone).date() for one in (at, case.now)))
    return [
        *(one for need in order.required_skills if (one := _skill(need, technician, days))),
        *(
            one
            for name in order.required_certificates
            if (one := _certificate(name, technician, days))
        ),
        *_equipment_type(case, technician),
        *(one for need in order.required_parts if (one := _part(need, technician))),
    ]


def nowhere(case: Case, technician: Technician) -> list[Exclusion]:
    """Vehicles and tools that the work needs, not aboard and not to be booked at any time."""
    if case.joins_at is not None:
        return []
    there = {name for one in case.resources if not one.retired for name in one.provides}
    return [
        Exclusion(
            Code.EQUIPMENT_MISSING,
            f"no {name} aboard, and none to be booked",
            f"a {name} in {technician.call_sign}, or one to be booked",
            {"equipment": name},
            Relaxation(Gives.EQUIPMENT, name),
        )
        for name in not_aboard(case.order, [technician])
        if name not in there
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


class _Days(NamedTuple):
    """Of the visit, and today; local."""

    visit: date
    today: date

    def over(self, what: str, last: date) -> str:
        """That something doesn't hold on the day of the visit, or no longer does."""
        if last < self.today:
            return f"{what} ended {last.isoformat()}"
        return f"{what} ends {last.isoformat()}, the visit is on {self.visit.isoformat()}"


def _skill(need: SkillRequirement, technician: Technician, days: _Days) -> Exclusion | None:
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
            f"has {best.name} at level {best.level}, the work needs level {need.level}",
            f"{best.name} at level {need.level} or higher",
            {"skill": best.name, "level": best.level, "level_needed": need.level},
            relax,
        )
    last, day = max(map(_lasts, high_enough)), days.visit.isoformat()
    if last >= days.visit:
        return None
    return Exclusion(
        Code.SKILL_EXPIRED,
        days.over(f"skill {need.name}", last),
        f"{need.name} renewed until {day} or later",
        {"skill": need.name, "expires_on": last.isoformat(), "visit_on": day},
        relax,
    )


def _certificate(name: str, technician: Technician, days: _Days) -> Exclusion | None:
    having = certificates_held(name, technician)
    relax = Relaxation(Gives.CERTIFICATE, name)
    if not having:
        return Exclusion(
            Code.CERT_MISSING,
            f"has no {name}",
            f"{name} entered for {technician.call_sign}",
            {"certificate": name},
            relax,
        )
    last = max(having, key=_lasts)
    until, day = _lasts(last), days.visit.isoformat()
    if until >= days.visit:
        return None
    return Exclusion(
        Code.CERT_EXPIRED,
        days.over(f"{last.kind} {last.name}", until),
        f"{last.name} renewed until {day} or later",
        {"certificate": last.name, "expires_on": until.isoformat(), "visit_on": day},
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
            f"{wanted} entered as known to {technician.call_sign}",
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
        f"{need.quantity - there} more {need.sku} in the van",
        {"sku": need.sku, "in_van": there, "needed": need.quantity},
        Relaxation(Gives.PART, need.sku, need.quantity - there),
    )


def _lasts(one: Skill | Certificate) -> date:
    return one.expires_on or date.max


def _until(expires_on: date | None) -> str:
    return f", until {expires_on.isoformat()}" if expires_on is not None else ""
