"""Bodies of policies: the document, its versions, and what they would have changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from api.schemas.common import FaultOut, Input, Moment, Name, Output, Text
from api.schemas.dispatching import CandidateOut
from api.schemas.proposals import ProposedChangeOut
from geo_dispatch.dispatch.policy.decisions import DecisionKind
from geo_dispatch.services.policy.simulate import Change
from geo_dispatch.services.policy.versions import MAX_CHARACTERS

Document = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_CHARACTERS,
        description="The document as TOML; docs/rules.md explains every table.",
        examples=["[review]\nmargin_min = 3.0\n"],
    ),
]


class PolicyCheckIn(Input):
    """A document to look at."""

    toml: Document


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; say it")
    return text


Said = Annotated[Text, AfterValidator(_said)]


class PolicyIn(PolicyCheckIn):
    """A document to put in force, after a review."""

    author: Name = Field(description="Who wrote it.")
    reviewed_by: Name = Field(description="Who else looked at it; not its author.")
    note: Said = Field(description="What changes, and why.")


class DifferenceOut(Output):
    """One value that is not as it was."""

    where: str = Field(examples=["rules[gold-boilers].then.max_drive_min"])
    before: Any = Field(description="Null: it was not there.")
    after: Any = Field(description="Null: it is gone.")


class PolicyVersionOut(Output):
    """A published policy, without the document."""

    version: int = Field(description="0 came with geo-dispatch.")
    digest: str = Field(description="sha256 of the TOML text; decisions are made under it.")
    author: str
    reviewed_by: str
    note: str
    published_at: datetime | None
    published_by: str
    differences: list[DifferenceOut] = Field(description="From the version before.")


class PolicyOut(PolicyVersionOut):
    """A policy: as its TOML text, and as JSON with everything that the text leaves out."""

    toml: str
    policy: dict[str, Any]


class PolicyVersionsOut(Output):
    """All versions, the newest first."""

    items: list[PolicyVersionOut]


class PolicyCheckOut(Output):
    """What there is to say of a document without faults."""

    warnings: list[FaultOut] = Field(description="Names that nothing has yet.")
    differences: list[DifferenceOut] = Field(description="From the policy in force.")


class SimulateIn(PolicyCheckIn):
    """A document to try out on past decisions."""

    start: Moment = Field(description="Decisions from here ...")
    end: Moment = Field(description="... until here.")


class OutcomeOut(Output):
    """What was decided, or would have been."""

    technician_id: str | None = Field(description="Null: left to a dispatcher.")
    call_sign: str
    source: str = Field(
        description="`rule:<id>`, `manual`; the code of the flag where nobody was sent."
    )
    reason: str


class SimulatedOut(Output):
    """One past decision under the document."""

    decision_id: str
    order_id: str
    number: str
    at: datetime
    change: Change
    before: OutcomeOut
    after: OutcomeOut
    exact: bool = Field(
        description="Every place in everybody's day was looked at then, not only the best."
    )


class SimulationOut(Output):
    """A dry run: what the document would have made of past decisions."""

    start: datetime
    end: datetime
    decisions: int
    counts: dict[Change, int]
    changed: list[SimulatedOut]


class DecisionBriefOut(Output):
    """A decision about who goes."""

    id: str
    order_id: str
    at: datetime
    actor: str
    kind: DecisionKind
    source: str
    chosen_id: str | None
    suggested_id: str | None = Field(
        description="Whom a rule had sent, else the first of the ranking."
    )
    reason: str
    policy_version: int
    performance_version: int


class DecisionsOut(Output):
    """Decisions about one order, oldest first."""

    items: list[DecisionBriefOut]


class DecisionOut(DecisionBriefOut):
    """A decision with the ranking as it stood."""

    digest: str = Field(description="sha256 of the whole ranking, or of the repair.")
    ranking: list[CandidateOut]


class DecisionReplayOut(Output):
    """A decision made again from what was known when it was made."""

    decision: DecisionBriefOut
    same: bool = Field(description="All that comes of it is the same, to the byte.")
    candidates: list[CandidateOut] = Field(description="Nobody for a repair, which ranks nobody.")
    changes: list[ProposedChangeOut] = Field(description="Of an emergency or a repair.")


class OverrideReportOut(Output):
    """How often people decided otherwise than the machine."""

    start: datetime
    end: datetime
    automatic: int = Field(description="Assigned by rules.")
    flagged: int = Field(description="Left to a dispatcher by rules.")
    manual: int = Field(description="By people, where the machine had somebody to suggest.")
    overridden: int = Field(description="Of those: another was sent than the machine's first.")
    rate: float | None = Field(description="`overridden` per `manual`.")
    by_actor: dict[str, int]
    overrides: list[DecisionBriefOut]


class PerformanceEntryOut(Output):
    """How one technician did at one type of job."""

    technician_id: str
    job_type: str
    visits: int
    first_time_fix: float = Field(description="Share fixed without a follow-up.")
    type_first_time_fix: float = Field(description="The same of everybody.")
    duration_ratio: float = Field(description="Median time at work over everybody's.")


class DurationOut(Output):
    """How long one type of job takes, at one site or, with null, anywhere."""

    job_type: str
    site_id: str | None
    visits: int
    p50_s: float = Field(description="Half of them took no longer.")
    p90_s: float = Field(description="Nine of ten took no longer.")


class PerformanceOut(Output):
    """What completed orders say; decisions name the version that they used."""

    version: int = Field(description="0: nothing was worked out so far.")
    since: datetime | None
    until: datetime | None
    entries: list[PerformanceEntryOut]
    durations: list[DurationOut]
