"""Bodies of assignments and of what else a dispatcher does with an order in one call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field, field_validator, model_validator

from api.schemas.common import MAX_ITEMS, Flag, Input, Moment, Name, Output, Text, Whole
from api.schemas.orders import ReasonIn
from geo_dispatch.dispatch.days.feasibility import Limit
from geo_dispatch.dispatch.ranking.exclusions import Code
from geo_dispatch.dispatch.work.orders import MAX_CREW, HoldReason
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.dispatching.placing import Wish


class MoveIn(Input):
    """Where in whose day it goes; what is left out stays, or is worked out."""

    technician_id: Name | None = Field(None, description="Left out: whoever has it.")
    position: Whole | None = Field(
        None,
        ge=0,
        le=MAX_ITEMS,
        description="Index among the technician's open orders without this one; left out: where "
        "it fits best.",
    )
    start_at: Moment | None = Field(None, description="Agreed beginning: not before it.")
    pinned: Flag | None = Field(None, description="Nothing automatic moves it from there.")
    crew: list[Name] | None = Field(
        None,
        max_length=MAX_CREW,
        description="Who goes besides; left out: whoever costs least, if it takes several.",
    )
    force: Flag = Field(default=False, description="Override conflicts; needs a reason.")
    reason: Text = ""

    def wish(self) -> Wish:
        """As assignments take it."""
        crew = None if self.crew is None else tuple(TechnicianId(one) for one in self.crew)
        return Wish(self.position, self.start_at, self.pinned, crew)


class AssignIn(MoveIn):
    """Whom to send: a technician, a crew, or ``auto`` for the best of the ranking."""

    technician_id: Name | None = None
    auto: Flag = False
    crew_id: Name | None = Field(None, description="A crew: its lead with its members.")

    def wish(self) -> Wish:
        """As assignments take it."""
        return replace(super().wish(), crew_id=self.crew_id)

    @model_validator(mode="after")
    def _one_of_three(self) -> AssignIn:
        if sum((self.auto, self.technician_id is not None, self.crew_id is not None)) != 1:
            raise ValueError('give one of "technician_id", "crew_id" and "auto": true')
        if self.crew_id is not None and self.crew is not None:
            raise ValueError('give either "crew_id" or "crew"')
        return self


class PinIn(Input):
    """Whether anything automatic may move it."""

    pinned: Flag = True


class UnassignIn(ReasonIn):
    """Why it is taken back."""

    force: Flag = Field(
        default=False, description="Though it is pinned, or on the way; needs a reason."
    )

    @model_validator(mode="after")
    def _says_why(self) -> UnassignIn:
        if self.force and not self.reason.strip():
            raise ValueError('"force" needs a "reason": say why it is taken back all the same')
        return self


class HoldIn(Input):
    """Why it waits for something that no technician can bring."""

    reason: HoldReason
    note: Text = ""
    force: Flag = Field(
        default=False, description="Though it is pinned, or on the way; needs a note."
    )

    @model_validator(mode="after")
    def _says_why(self) -> HoldIn:
        if self.force and not self.note.strip():
            raise ValueError('"force" needs a "note": say why it is held all the same')
        return self


class NoteIn(Input):
    """A word on it."""

    note: Text = ""


class JudgeIn(Input):
    """Why nobody else need look at it for now."""

    reason: Text = Field(examples=["I call the customer first"])

    @field_validator("reason")
    @classmethod
    def _says_why(cls, reason: str) -> str:
        if not reason.strip():
            raise ValueError("is empty; say what comes of it, such as 'I call the customer first'")
        return reason


class RippleMoveOut(Output):
    """A visit that would begin at another time."""

    order_id: str
    number: str
    technician_id: str
    begin_before: datetime | None
    begin_after: datetime | None


class ConflictOut(Output):
    """What speaks against an assignment."""

    code: Code
    fact: str
    lifts: str = Field(description="What would change it; empty when nothing would.")


class WarningOut(Output):
    """A promise that an assignment breaks without being refused."""

    limit: Limit
    order_id: str
    by_s: float
    at: datetime | None
    fact: str


class RippleOut(Output):
    """What an assignment would do; nothing has changed."""

    order_id: str
    technician_id: str
    position: int
    begin_at: datetime | None
    finish_at: datetime | None
    added_drive_s: float | None = Field(description="Of the technician's whole day.")
    moved: list[RippleMoveOut]
    conflicts: list[ConflictOut] = Field(description="Refused with these, unless forced.")
    warnings: list[WarningOut]
