"""The policy: everything about dispatching that a company decides for itself, as one document.

Reviewed and published in versions; each decision names the version that it was made under.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from geo_dispatch.dispatch.policy.job_types import JobType, job_type_of
from geo_dispatch.dispatch.policy.rules import Rule
from geo_dispatch.dispatch.ranking.scoring import RankingParams
from geo_dispatch.dispatch.sla.promises import Calendar, SlaPolicy
from geo_dispatch.dispatch.work.performance import PerformanceParams


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewParams:
    """What a dispatcher has to judge or to explain.

    Attributes
    ----------
    margin_min
        Automatic assignment needs the best to lead the next by so many minutes of score.
    override_needs_reason
        Sending another than the machine's first needs a reason. It always does where the machine
        had assigned the order.
    """

    margin_min: float = 2.0
    override_needs_reason: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderParams:
    """What new orders may say, and what they get when they don't.

    Attributes
    ----------
    job_types_only
        An order of a type that isn't in the document is refused.
    skills
        The skills that there are; empty: whatever technicians have. An order that asks for
        another is refused.
    durations
        Where an order doesn't say how long it takes: what its ``"job_type"`` says, or what was
        ``"observed"`` for that type and site, if there is evidence.
    """

    job_types_only: bool = False
    skills: tuple[str, ...] = ()
    durations: Literal["job_type", "observed"] = "job_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayParams:
    """What holds for everybody's day.

    Attributes
    ----------
    overtime_min
        How long after the end of a shift work may go on; `RankingParams` has its price.
    """

    overtime_min: float = 0.0

    @property
    def overtime_s(self) -> float:
        """The same in seconds."""
        return 60 * self.overtime_min


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageParams:
    """When people are told.

    Attributes
    ----------
    eta_moved_s
        A customer is told of an arrival that moved by more than this.
    arriving_s
        A technician who is expected within this is nearly there; 0 tells nobody.
    """

    eta_moved_s: float = 900.0
    arriving_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyParams:
    """How far an emergency may reach into the day.

    Attributes
    ----------
    respond_within_s
        How soon somebody must be there when neither the call nor an SLA says.
    max_changes
        More visits than this are never moved for one emergency.
    """

    respond_within_s: float = 3600.0
    max_changes: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy document."""

    orders: OrderParams = OrderParams()
    day: DayParams = DayParams()
    ranking: RankingParams = field(default_factory=RankingParams)
    review: ReviewParams = ReviewParams()
    emergency: EmergencyParams = EmergencyParams()
    messages: MessageParams = MessageParams()
    performance: PerformanceParams = field(default_factory=PerformanceParams)
    job_types: tuple[JobType, ...] = ()
    rules: tuple[Rule, ...] = ()
    sla: tuple[SlaPolicy, ...] = ()
    calendars: tuple[Calendar, ...] = ()

    def job_type(self, name: str) -> JobType | None:
        """The job type that orders call so, or None."""
        return job_type_of(self.job_types, name)

    @property
    def automatic(self) -> bool:
        """Whether any rule is in use: without one, nothing is assigned or flagged by itself."""
        return any(rule.enabled for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A policy as published; version 0 comes with the package.

    Attributes
    ----------
    text
        The document as it was reviewed: TOML, with its comments.
    digest
        sha256 of the text.
    published_by
        `Actor.label` of whoever published it.
    """

    version: int
    digest: str
    text: str
    policy: Policy
    author: str = ""
    reviewed_by: str = ""
    note: str = ""
    published_at: datetime | None = None
    published_by: str = ""
