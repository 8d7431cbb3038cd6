"""What can be asked of a work order. `lifecycle.decide` answers with events, or refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work.orders import (
    FlagCode,
    HoldReason,
    OrderFields,
    Outcome,
    Risk,
    Source,
    WorkOrder,
)
from geo_dispatch.kernel.ids import AssignmentId, TechnicianId, VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of all commands; ``step`` is its name in messages."""

    step: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder(Command):
    """Take in a new order, as it stands in ``order``."""

    step = "place"
    order: WorkOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder(Command):
    """Change what it asks for."""

    step = "change"
    changes: OrderFields


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Command):
    """Give it to a technician; whoever had it before loses it.

    Attributes
    ----------
    conflicts
        What a person overrode, and ``reason`` why.
    source
        As `WorkOrder.assignment_source`.
    start_at
        The beginning that was agreed with it; None leaves the order's.
    ranking
        The candidates as they stood, best first, as the API shows them.
    decision_id
        What was known then is kept under it, to be decided again.
    """

    step = "assign"
    assignment_id: AssignmentId
    technician_id: TechnicianId
    sequence: int
    source: str = "manual"
    crew: tuple[TechnicianId, ...] = ()
    start_at: datetime | None = None
    pinned: bool = False
    decision_id: str | None = None
    reason: str = ""
    conflicts: tuple[dict[str, Any], ...] = ()
    ranking: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCrew(Command):
    """These go with its technician, and nobody else.

    Attributes
    ----------
    assignment_id
        Assignments of those who are new carry it with a number behind.
    """

    step = "change the crew"
    assignment_id: AssignmentId
    crew: tuple[TechnicianId, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resequence(Command):
    """Move it among its technician's open orders, or among those of one of its crew.

    Attributes
    ----------
    member
        In whose day; None: of the technician who has it.
    """

    step = "resequence"
    sequence: int
    member: TechnicianId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin(Command):
    """A person wants it as it is, or lets go of that."""

    step = "pin"
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOnHold(Command):
    """It waits for something that no technician can bring; whoever has it loses it."""

    step = "hold"
    reason: HoldReason
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Command):
    """What it waited for has come."""

    step = "release"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseFlag(Command):
    """It needs a dispatcher's judgment; what was known then is kept under ``decision_id``."""

    step = "flag"
    code: FlagCode
    fact: str
    decision_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearFlag(Command):
    """A dispatcher has judged, for a reason; or what was to be judged is settled."""

    step = "clear the flag"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellRisk(Command):
    """It is expected to miss a limit; None: no longer."""

    step = "tell the risk"
    risk: Risk | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassign(Command):
    """Take it from its technician; it waits again."""

    step = "unassign"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOut(Command):
    """The technician is on the way."""

    step = "set out"
    source: Source
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmArrival(Command):
    """The technician is on site, since ``occurred_at``.

    Attributes
    ----------
    evidence
        The fixes that prove it, as JSON; None for a person's word.
    """

    step = "arrive"
    visit_id: VisitId
    source: Source
    occurred_at: datetime | None = None
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseVisit(Command):
    """A late fix changed what is known of a visit; None for both times takes it back."""

    step = "revise"
    visit_id: VisitId
    technician_id: TechnicianId
    arrived_before: datetime | None = None
    departed_before: datetime | None = None
    arrived_at: datetime | None
    departed_at: datetime | None
    evidence: dict[str, Any] | None = None
    left_evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestVisit(Command):
    """Fixes make it likely, but not sure, that the technician arrived."""

    step = "suggest an arrival"
    occurred_at: datetime
    evidence: dict[str, Any]
    source: Source = "gps"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseSetOut(Command):
    """The technician is on the way since another time; None: not on the way.

    Late fixes say so, or that they went to another job first; or a person's word about another.
    """

    step = "revise setting out"
    source: Source = "gps"
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewArrival(Command):
    """The technician confirms or contests an arrival."""

    step = "review"
    visit_id: VisitId
    verdict: Literal["confirmed", "contested"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Command):
    """On the tools."""

    step = "start"
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForHelp(Command):
    """The technician is stuck."""

    step = "ask for help"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Command):
    """Help came: go on where it stood before."""

    step = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete(Command):
    """The work is done.

    Attributes
    ----------
    parts_used
        What came out of the van for it.
    """

    step = "complete"
    notes: str = ""
    outcome: Outcome = "fixed"
    parts_used: tuple[Part, ...] = ()
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Command):
    """It will not be done."""

    step = "cancel"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depart(Command):
    """The technician left the site; the order stays where it stands."""

    step = "depart"
    visit_id: VisitId
    technician_id: TechnicianId
    occurred_at: datetime | None = None
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire(Command):
    """Out of use; its history stays."""

    step = "retire"
