"""Bodies of what proves who was where, and that the record is as it was written."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from api.schemas.orders import EvidenceFixOut, EvidenceOut


class PresenceOut(Output):
    """A technician near the place."""

    technician_id: str
    call_sign: str
    since: datetime
    until: datetime | None = Field(description="Null while there by the newest fix.")
    stayed: bool = Field(
        description="By the rule that confirms arrivals; otherwise they only passed."
    )
    fixes: int = Field(description="How many lay within the radius.")
    closest_m: float
    evidence: EvidenceOut | None
    order_ids: list[str] = Field(description="Whose visits those were.")


class PresencesOut(Output):
    """Everybody who was near, oldest first."""

    items: list[PresenceOut]


class TimeOut(Output):
    """A time on the order, and what it comes from."""

    what: str = Field(examples=["order.arrived"])
    at: datetime
    told_at: datetime = Field(description="When it was written down.")
    source: str = Field(description="`gps`, `person` or `office`.")
    actor: str
    technician_id: str | None
    visit_id: str | None
    seq: int = Field(description="Of the event in the log.")
    fixes: list[EvidenceFixOut]


class FixOut(Output):
    """A fix as the phone sent it."""

    technician_id: str
    at_ms: int
    lon: float
    lat: float
    accuracy_m: float | None
    speed_mps: float | None
    heading_deg: float | None
    mock: bool


class ProofOut(Output):
    """What the times of an order come from."""

    times: list[TimeOut]
    fixes: list[FixOut] = Field(description="From setting out until the last departure.")


class HeadOut(Output):
    """The end of the event log; noted elsewhere, it proves that nothing before it was touched."""

    seq: int
    chain: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    at: datetime
