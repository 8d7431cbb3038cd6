"""Who may not be sent, and why: one code, one fact, and what would lift it, per reason.

Two questions, asked at different times. `exclusions` needs no roads: is the technician in service,
working, skilled, and somewhere we know of? `exclusions_on_the_way` needs the drive: can they be
there, in the window, in the shift, outside leave?
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from geo_dispatch.dispatch.availability import leave_during, next_working
from geo_dispatch.dispatch.case import Case
from geo_dispatch.dispatch.orders import SkillRequirement
from geo_dispatch.dispatch.plan import Basis, Origin, Plan, Schedule
from geo_dispatch.dispatch.technicians import Leave, Skill, Technician
from geo_dispatch.kernel.time import Window, utc

Measured = dict[str, str | float | None]


class Code(StrEnum):
    """Why a technician can't be sent. Stable: clients and stored decisions rely on them."""

    RETIRED = "retired"
    OFF_SHIFT = "off_shift"
    SHIFT_ENDS = "shift_ends"
    ON_LEAVE = "on_leave"
    MISSING_SKILL = "missing_skill"
    SKILL_LEVEL = "skill_level"
    SKILL_EXPIRED = "skill_expired"
    NO_POSITION = "no_position"
    POSITION_STALE = "position_stale"
    UNREACHABLE = "unreachable"
    OUTSIDE_WINDOW = "outside_window"


NEVER: Final = frozenset({Code.RETIRED})
"""What no reason overrides."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One reason why a technician can't be sent.

    Attributes
    ----------
    fact
        What is the case, for a person: ``"skill HVAC ended 2026-10-31"``.
    lifts
        What would change it: ``"a renewal of HVAC up to 2026-11-22"``; empty when nothing would.
    measured
        The values compared, by name; times as ISO 8601 in UTC.
    """

    code: Code
    fact: str
    lifts: str = ""
    measured: Measured = field(default_factory=dict)


def exclusions(case: Case, plan: Plan, start: Origin | None) -> list[Exclusion]:
    """All reasons that can be told without roads; empty when there are none."""
    technician = plan.technician
    if technician.retired:
        return [Exclusion(Code.RETIRED, f"{technician.call_sign} is retired")]
    return [
        *_working(case, technician),
        *_skills(case, technician, case.earliest),
        *_position(case, plan, start),
    ]


def exclusions_on_the_way(
    case: Case, plan: Plan, day: Schedule, drive_s: float | None, attendance: Window | None
) -> list[Exclusion]:
    """The reasons that show only once the drive is known.

    Parameters
    ----------
    day
        The technician's plan before this order, worked out.
    drive_s
        From where the plan ends to the site.
    attendance
        From the beginning of the work to its end; None exactly when there is no way.
    """
    if drive_s is None or attendance is None:
        return [_unreachable(day)]
    technician = plan.technician
    return [
        *_in_window(case, day, attendance),
        *_skills(case, technician, attendance.start),
        *_in_shift(case, technician, attendance),
        *_off_leave(case, technician, attendance),
    ]


def _working(case: Case, technician: Technician) -> list[Exclusion]:
    at = case.earliest
    leave = technician.leave_at(at)
    if leave is not None:
        return [_on_leave(case, technician, leave)]
    if technician.shift_at(at, case.zone) is not None:
        return []
    back = next_working(technician, at, case.zone)
    measured: Measured = {"at": _iso(at), "works_from": _iso(back) if back else None}
    fact = f"off shift at {case.clock(at)}"
    if not technician.shifts:
        fact, lifts = "has no shifts", "shifts in the technician's record"
    elif back is None:
        lifts = "a shift within the next four weeks"
    else:
        lifts = f"on shift from {case.clock(back)}"
    return [Exclusion(Code.OFF_SHIFT, fact, lifts, measured)]


def _on_leave(case: Case, technician: Technician, leave: Leave) -> Exclusion:
    away = leave.window
    back = next_working(technician, away.end, case.zone)
    return Exclusion(
        Code.ON_LEAVE,
        f"on leave from {case.clock(away.start)} to {case.clock(away.end)}"
        + (f" ({leave.reason})" if leave.reason else ""),
        f"free from {case.clock(back or away.end)}",
        {"leave_from": _iso(away.start), "leave_until": _iso(away.end)},
    )


def held(need: SkillRequirement, technician: Technician) -> tuple[Skill, ...]:
    """The technician's certificates of that skill; names are compared without case."""
    name = need.name.casefold()
    return tuple(skill for skill in technician.skills if skill.name.casefold() == name)


def _skills(case: Case, technician: Technician, visit_at: datetime) -> list[Exclusion]:
    day = visit_at.astimezone(case.zone).date()
    lacking = (_skill(need, technician, day) for need in case.order.required_skills)
    return [exclusion for exclusion in lacking if exclusion is not None]


def _skill(need: SkillRequirement, technician: Technician, day: date) -> Exclusion | None:
    having = held(need, technician)
    high_enough = [skill for skill in having if skill.level >= need.level]
    if not having:
        return Exclusion(
            Code.MISSING_SKILL,
            f"has no skill {need.name}",
            f"skill {need.name} at level {need.level} or higher",
            {"skill": need.name, "level_needed": need.level},
        )
    if not high_enough:
        best = max(having, key=lambda skill: skill.level)
        return Exclusion(
            Code.SKILL_LEVEL,
            f"{best.name} at level {best.level}, the work needs {need.level}",
            f"{best.name} at level {need.level} or higher",
            {"skill": best.name, "level": best.level, "level_needed": need.level},
        )
    ends = [skill.expires_on for skill in high_enough if skill.expires_on is not None]
    if len(ends) < len(high_enough) or max(ends) >= day:
        return None
    last = max(ends)
    return Exclusion(
        Code.SKILL_EXPIRED,
        f"skill {need.name} ended {last.isoformat()}",
        f"a renewal of {need.name} up to {day.isoformat()} or later",
        {"skill": need.name, "expires_on": last.isoformat(), "visit_on": day.isoformat()},
    )


def _position(case: Case, plan: Plan, start: Origin | None) -> list[Exclusion]:
    if start is None:
        return [
            Exclusion(
                Code.NO_POSITION,
                "has never sent a position",
                "a position sent from the technician's phone",
            )
        ]
    seen = plan.whereabouts
    if start.basis is not Basis.STALE_POSITION or seen is None:
        return []
    age_s = (case.now - seen.at).total_seconds()
    return [
        Exclusion(
            Code.POSITION_STALE,
            f"last position at {case.clock(seen.at)}, {age_s / 60:.0f} min ago",
            "a new position sent from the technician's phone",
            {"position_at": _iso(seen.at), "age_s": age_s},
        )
    ]


def _unreachable(day: Schedule) -> Exclusion:
    stuck = next((stay.stop.order for stay in day.stays if stay.basis is Basis.UNREACHABLE), None)
    if stuck is not None:
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


def _in_window(case: Case, day: Schedule, attendance: Window) -> list[Exclusion]:
    window = case.order.window
    if window is None or attendance.start <= window.end or day.free_at is None:
        return []
    late_s = (attendance.start - window.end).total_seconds()
    there = case.clock(attendance.start)
    return [
        Exclusion(
            Code.OUTSIDE_WINDOW,
            f"free from {case.clock(day.free_at)}, there at {there}, "
            f"but the window ends {case.clock(window.end)}",
            f"a window that ends {there} or later",
            {
                "free_at": _iso(day.free_at),
                "arrive_at": _iso(attendance.start),
                "window_end": _iso(window.end),
                "late_s": late_s,
            },
        )
    ]


def _in_shift(case: Case, technician: Technician, attendance: Window) -> list[Exclusion]:
    if technician.shift_at(attendance.start, case.zone) is not None:
        return []
    back = next_working(technician, attendance.start, case.zone)
    return [
        Exclusion(
            Code.SHIFT_ENDS,
            f"there at {case.clock(attendance.start)}, after the shift",
            f"on shift from {case.clock(back)}" if back else "a longer shift",
            {"arrive_at": _iso(attendance.start), "works_from": _iso(back) if back else None},
        )
    ]


def _off_leave(case: Case, technician: Technician, attendance: Window) -> list[Exclusion]:
    leave = leave_during(technician, attendance)
    return [_on_leave(case, technician, leave)] if leave else []


def _iso(moment: datetime) -> str:
    return utc(moment).isoformat().replace("+00:00", "Z")
