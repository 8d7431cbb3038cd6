"""What would have to give way for a technician to be sent: named, and applied to see.

Each reason against a technician carries its `Relaxation`. `relax` gives the case and the plan as
they would be with it; ranking those again shows whether that was enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Gives(StrEnum):
    """What gives way. Stable: clients rely on them."""

    SKILL = "skill"
    CERTIFICATE = "certificate"
    EQUIPMENT_TYPE = "equipment_type"
    EQUIPMENT = "equipment"
    PART = "part"
    PERMIT = "permit"
    HOLD = "hold"
    PREDECESSOR = "predecessor"
    POSITION = "position"
    DUTY = "duty"
    LEAVE = "leave"
    SHIFT = "shift"
    WINDOW = "window"
    START = "start"
    ACCESS = "access"
    BREAK = "break"
    CREW = "crew"
    CREW_SIZE = "crew_size"
    DUE = "due"
    SLA_RESPONSE = "sla_response"
    SLA_COMPLETION = "sla_completion"


_TIMES: Final = frozenset(
    {
        Gives.SHIFT,
        Gives.LEAVE,
        Gives.WINDOW,
        Gives.START,
        Gives.ACCESS,
        Gives.BREAK,
        Gives.CREW,
        Gives.DUE,
        Gives.SLA_RESPONSE,
        Gives.SLA_COMPLETION,
    }
)
"""What gives way by an amount of time."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One thing that gives way, and by how much.

    Attributes
    ----------
    target
        What it is about: the name of a skill or part, an order's id, the technician's.
    amount
        Seconds for times, the level of a skill, pieces of a part, the size of a crew; None where it
        is all or nothing.
    at
        From when, for duty and leave; the visit's moment for what must hold on its day.
    """

    gives: Gives
    target: str
    amount: int | float | None = None
    at: datetime | None = None

    @property
    def in_time(self) -> bool:
        """Whether it gives way by so many seconds: no less of them would do."""
        return self.gives in _TIMES and self.amount is not None
