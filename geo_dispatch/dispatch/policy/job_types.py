"""Job types: what a kind of work takes, so that an order need only name it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from geo_dispatch.dispatch.records.technicians import MAX_SKILL_LEVEL
from geo_dispatch.dispatch.work.orders import (
    MAX_CREW,
    MAX_PRIORITY,
    OrderFields,
    Permit,
    SkillRequirement,
    WorkClass,
)
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.near import did_you_mean

LONGEST_S: Final = 30 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobType:
    """What orders of this type ask for unless they say otherwise.

    Attributes
    ----------
    name
        As orders call it; compared without case.
    needs_equipment_type
        Whoever goes must know the type of the equipment that the order names.
    duration_s
        Work on site, seconds; None: what was observed, or an hour.
    permits
        Names of what must be granted before work may begin.
    """

    name: str
    required_skills: tuple[SkillRequirement, ...] = ()
    required_certificates: tuple[str, ...] = ()
    required_equipment: tuple[str, ...] = ()
    needs_equipment_type: bool = False
    duration_s: float | None = None
    crew_size: int = 1
    priority: int | None = None
    work_class: WorkClass = "reactive"
    contract_critical: bool = False
    checklist: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()

    def filled_in(self, fields: OrderFields) -> OrderFields:
        """The fields of a new order, with those that it leaves out as this type has them."""
        ours: OrderFields = {
            "required_skills": self.required_skills,
            "required_certificates": self.required_certificates,
            "required_equipment": self.required_equipment,
            "crew_size": self.crew_size,
            "work_class": self.work_class,
            "contract_critical": self.contract_critical,
            "checklist": self.checklist,
            "permits": tuple(Permit(name) for name in self.permits),
        }
        if self.duration_s is not None:
            ours["duration_s"] = self.duration_s
        if self.priority is not None:
            ours["priority"] = self.priority
        return {**ours, **fields}


def job_type_of(job_types: Iterable[JobType], name: str) -> JobType | None:
    """The job type that orders call so, or None."""
    wanted = name.strip().casefold()
    return next((one for one in job_types if one.name.casefold() == wanted), None)


def job_type_faults(job_type: JobType, where: str) -> list[Fault]:
    """Everything wrong with the job type by itself."""
    faults = []
    if not job_type.name.strip():
        faults.append(Fault(f"{where}.name", "is empty; write what orders say, such as 'boiler'"))
    duration_s = job_type.duration_s
    if duration_s is not None and not 0 < duration_s <= LONGEST_S:
        faults.append(
            Fault(f"{where}.duration_s", f"{duration_s:g} is not above 0 and up to {LONGEST_S:g} s")
        )
    if not 1 <= job_type.crew_size <= MAX_CREW:
        faults.append(
            Fault(f"{where}.crew_size", f"{job_type.crew_size} is not between 1 and {MAX_CREW}")
        )
    if job_type.priority is not None and not 1 <= job_type.priority <= MAX_PRIORITY:
        faults.append(
            Fault(
                f"{where}.priority",
                f"{job_type.priority} is not between 1 (emergency) and {MAX_PRIORITY}",
            )
        )
    faults.extend(
        Fault(
            f"{where}.required_skills[{index}].level",
            f"{skill.level} is not between 1 and {MAX_SKILL_LEVEL}",
        )
        for index, skill in enumerate(job_type.required_skills)
        if not 1 <= skill.level <= MAX_SKILL_LEVEL
    )
    return faults


def unlisted_skill(name: str, listed: Collection[str], where: str) -> list[Fault]:
    """A fault when the policy lists skills, but not this; it names those that look like it."""
    if not listed or name.casefold() in {one.casefold() for one in listed}:
        return []
    meant = did_you_mean(name, listed, f"there are {', '.join(listed)}")
    return [Fault(where, f"{name!r} is not a skill of the policy{meant}")]
