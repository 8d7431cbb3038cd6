"""Bodies of pings and positions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.schemas.common import Output


class PositionOut(Output):
    """Where a technician was last."""

    technician_id: str
    call_sign: str
    lon: float
    lat: float
    cell: str = Field(description="H3 cell of the place.", examples=["891f8d7a493ffff"])
    at: datetime = Field(description="Event time of the fix.")
    accuracy_m: float | None
    speed_mps: float | None
    heading_deg: float | None
    mock: bool = Field(description="The device says that the position is made up.")
    status: str = Field(
        description="That of the order in hand; `available` without one.", examples=["en_route"]
    )
    order_id: str | None


class PositionsOut(Output):
    """Everybody's last position."""

    items: list[PositionOut]
    positions_as_of: datetime = Field(description="When this copy last was the same as Redis.")


class OnePositionOut(PositionOut):
    """A technician's last position."""

    positions_as_of: datetime


class PingIn(BaseModel):
    """Where a device says that its technician was, and when. Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    technician_id: str = Field("", description="Left out: the technician of the token or key.")
    at: AwareDatetime = Field(description="Event time by the device's clock, with a zone.")
    lon: float = Field(examples=[9.5209])
    lat: float = Field(examples=[47.141])
    accuracy_m: float | None = Field(None, description="Null or negative: not known.")
    speed_mps: float | None = Field(None, description="Null or negative: not known.")
    heading_deg: float | None = Field(None, description="Null or negative: not known.")
    mock: bool = Field(default=False, description="The device says that it is made up.")


class VerdictOut(Output):
    """What became of one ping."""

    verdict: Literal["accepted", "late", "duplicate", "rejected", "private"] = Field(
        description="`late`: kept as history, a newer one is known. `duplicate`: known already. "
        "`private`: off shift or private time; kept nowhere."
    )
    code: str | None = Field(None, description="Why it was rejected.", examples=["too_old"])
    message: str | None = None


class VerdictsOut(Output):
    """What became of each ping, in their order."""

    verdicts: list[VerdictOut]
