"""Bodies that say why somebody can't be sent."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from api.schemas.dispatching import ExclusionOut
from geo_dispatch.dispatch.ranking.exclusions import Code


class ReasonsOut(Output):
    """How many technicians one kind of reason is the first for."""

    code: Code
    technicians: int


class WhyNotOut(Output):
    """What is between a technician and an order."""

    technician_id: str
    call_sign: str
    exclusions: list[ExclusionOut] = Field(
        description="The first limits, then those that show once these are lifted."
    )
    enough: bool = Field(
        description="With all of it relaxed as stated, they can be sent: ranking says so."
    )
    late_s: float = Field(description="What it takes in time, of all limits together.")


class OrderWhyNotOut(Output):
    """What is between an order and the technicians."""

    order_id: str
    number: str
    at: datetime
    best_id: str | None = Field(description="Who could be sent all the same; null: nobody.")
    reasons: list[ReasonsOut]
    nearest: list[WhyNotOut] = Field(description="Who lacks least comes first.")


class UnassignedOut(Output):
    """Orders that wait for a technician, the most urgent first."""

    positions_as_of: datetime
    items: list[OrderWhyNotOut]
