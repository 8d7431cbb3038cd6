"""Why a technician can't be sent: one code, one fact, and what would lift it, per reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from geo_dispatch.dispatch.ranking.relaxation import Relaxation
from geo_dispatch.kernel.time import utc

Measured = dict[str, str | int | float | None]
"""Levels and pieces stay whole numbers, also when they were stored."""


class Code(StrEnum):
    """Why a technician can't be sent, or an order not moved.

    Stable: clients and stored decisions rely on them.
    """

    RETIRED = "retired"
    ON_HOLD = "on_hold"
    PERMIT_MISSING = "permit_missing"
    WAITS_FOR = "waits_for"
    OFF_SHIFT = "off_shift"
    NOT_ON_CALL = "not_on_call"
    ON_LEAVE = "on_leave"
    MISSING_SKILL = "missing_skill"
    SKILL_LEVEL = "skill_level"
    SKILL_EXPIRED = "skill_expired"
    CERT_MISSING = "cert_missing"
    CERT_EXPIRED = "cert_expired"
    EQUIPMENT_UNKNOWN = "equipment_unknown"
    EQUIPMENT_MISSING = "equipment_missing"
    PART_MISSING = "part_missing"
    NO_POSITION = "no_position"
    POSITION_STALE = "position_stale"
    UNREACHABLE = "unreachable"
    OUTSIDE_WINDOW = "outside_window"
    TRAVELLING = "travelling"
    PRIORITY_JOB = "priority_job"
    WOULD_BE_LATE_FOR = "would_be_late_for"
    ACCESS_CLOSED = "access_closed"
    SHIFT_ENDS = "shift_ends"
    BREAK = "break"
    CREW_APART = "crew_apart"
    PINNED = "pinned"
    ON_THE_WAY = "on_the_way"
    AT_WORK = "at_work"


NEVER: Final = frozenset({Code.RETIRED, Code.AT_WORK})
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
    relax
        The same as `lifts`, to be applied; None when nothing is known that would.
    """

    code: Code
    fact: str
    lifts: str = ""
    measured: Measured = field(default_factory=dict)
    relax: Relaxation | None = None


def iso(moment: datetime) -> str:
    """The moment as `Exclusion.measured` has it."""
    return utc(moment).isoformat().replace("+00:00", "Z")
