"""Bodies of service level agreements: an order's promises, reports, contracts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, cast

from pydantic import Field

from api.schemas.common import (
    MAX_ITEMS,
    Change,
    Day,
    ExternalId,
    Flag,
    HoursIn,
    HoursOut,
    Name,
    Output,
    Text,
    Tier,
)
from api.schemas.orders import SlaOut
from geo_dispatch.dispatch.records.contracts import ContractFields


class PolicyTermsOut(Output):
    """A promise, and the orders that it is made for; an empty list asks for nothing."""

    name: str = Field(examples=["gold"])
    tiers: list[str]
    job_types: list[str]
    work_classes: list[str]
    priorities: list[int]
    response_s: float | None = Field(description="Business time until somebody is there.")
    completion_s: float | None = Field(description="Business time until the work is done.")
    calendar: str = Field(description="Which time counts.", examples=["office"])
    response_stops_at: Literal["assigned", "en_route", "arrived"]
    pauses: list[str] = Field(description="Holds during which no time counts.")


class ClockOut(Output):
    """A clock of an order."""

    state: Literal["runs", "paused", "kept", "missed", "cancelled"] = Field(
        description="cancelled: the order was, before its time; nothing was kept or missed."
    )
    target_s: float
    due_at: datetime = Field(description="The deadline, as pauses have moved it so far.")
    left_s: float = Field(
        description="Business time until then, seconds; negative past it. As it stood, once "
        "paused or stopped."
    )
    paused_at: datetime | None
    stopped_at: datetime | None


class CountdownOut(Output):
    """A limit that the order can still keep or miss."""

    limit: Literal["window", "due", "sla_response", "sla_completion"]
    at: datetime
    of: Literal["begin", "finish"] = Field(description="What of the work must be by then.")
    left_s: float = Field(description="Seconds until then, day and night; negative past it.")


class SlaProofOut(Output):
    """An event of the order's record that started, paused, resumed or stopped a clock."""

    seq: int = Field(description="Its place in the log.")
    type: str = Field(examples=["order.arrived"])
    actor: str
    at: datetime = Field(description="When it was written down.")
    occurred_at: datetime = Field(description="When it happened.")
    effect: str = Field(examples=["response kept, 12 min early"])
    digest: str = Field(description="Seal of the order's record up to it, sha256.")
    chain: str = Field(description="Seal of the whole log up to it, sha256.")


class OrderSlaOut(Output):
    """What an order was promised, how that stands, and what proves it."""

    order_id: str
    number: str
    now: datetime
    policy: PolicyTermsOut | None = Field(description="Null when no policy covers the order.")
    policy_version: int | None
    response: ClockOut | None
    completion: ClockOut | None
    deadlines: list[CountdownOut]
    evidence: list[SlaProofOut]


class SlaEvidenceOut(Output):
    """An order's clocks as they stand, and what proves it."""

    order_id: str
    number: str
    placed_at: datetime
    sla: SlaOut
    proofs: list[SlaProofOut]


class EvidenceFileOut(Output):
    """Evidence on promises, to be kept or handed over."""

    written_at: datetime
    log_seq: int = Field(description="The newest event of the log when this was written ...")
    log_chain: str = Field(description="... and its seal.")
    orders: list[SlaEvidenceOut] = Field(description="Those that something was promised.")


class AttainmentOut(Output):
    """How well promises of one kind to one customer were kept."""

    promise: Literal["response", "completion", "window", "due"]
    policy: str = Field(description="Empty for windows and due times.")
    tier: str
    customer_id: str
    customer: str
    kept: int
    missed: int
    open: int
    attained: float | None = Field(description="kept / (kept + missed); null before any is.")


class MissOut(Output):
    """A promise that was not kept, or is past its time."""

    promise: Literal["response", "completion", "window", "due"]
    policy: str
    tier: str
    customer: str
    order_id: str
    number: str
    due_at: datetime
    at: datetime | None = Field(description="When it was met at last; null: not yet.")
    late_by_s: float


class SlaReportOut(Output):
    """Promises to the orders placed in a period."""

    start: datetime
    end: datetime
    now: datetime
    orders: int
    attainment: list[AttainmentOut]
    missed: list[MissOut]


class ContractChange(Change):
    """What to change of a contract."""

    customer_id: Name = ""
    name: Name = Field("", examples=["Boilers, full service"])
    tier: Tier = Field("", description="What it promises: SLA policies and rules ask for it.")
    starts_on: Day = Field(date(2026, 1, 1), description="Its first day, local.")
    renews_on: Day | None = Field(None, description="The day on which it ends or begins anew.")
    renews_itself: Flag = Field(False, description="Goes on after that unless somebody ends it.")
    preferred_hours: list[HoursIn] = Field(
        [], max_length=MAX_ITEMS, description="When the customer likes to be visited."
    )
    notes: Text = ""
    external_id: ExternalId | None = None

    def fields(self) -> ContractFields:
        """As the records take them."""
        return cast("ContractFields", self.given())


class ContractIn(ContractChange):
    """A new contract."""

    customer_id: Name
    name: Name = Field(examples=["Boilers, full service"])
    tier: Tier = Field(examples=["gold"])
    starts_on: Day


class ContractOut(Output):
    """A service agreement with a customer."""

    id: str = Field(examples=["co_5q2k7m9x"])
    customer_id: str
    name: str
    tier: str
    starts_on: date
    renews_on: date | None
    renews_itself: bool
    preferred_hours: list[HoursOut]
    notes: str
    external_id: str | None
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")


class RenewalOut(Output):
    """A contract that somebody should see to."""

    contract: ContractOut
    days_left: int = Field(description="Negative: it has ended and nobody has seen to it.")
    within_days: Literal[60, 30, 7]


class RenewalsOut(Output):
    """Contracts that end or renew soon, the most urgent first."""

    items: list[RenewalOut]
