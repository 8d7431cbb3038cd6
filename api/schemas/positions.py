"""Bodies of pings and positions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.schemas.common import Output
from geo_dispatch.dispatch.boards.activity import Activity
from geo_dispatch.tracking.freshness import Freshness
from geo_dispatch.tracking.outages import OutageCode


class OutageOut(Output):
    """Why no newer position comes, or soon won't."""

    code: OutageCode = Field(
        description="`no_permission`, `location_off`, `paused`: the app says so. `clock_wrong`: "
        "fixes are refused, their times lie in the future. `low_battery`: 15 % or less. "
        "`app_silent`: no sign of life for `position_silent_s`."
    )
    since: datetime
    text: str = Field(examples=["location is switched off on the phone"])


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
    mock: bool = Field(
        description="The device says that its newest fix is made up. The place is the last one "
        "that can be believed; that of the fix itself where there is none."
    )
    status: str = Field(
        description="That of the order in hand; `available` without one.", examples=["en_route"]
    )
    order_id: str | None
    freshness: Freshness = Field(
        description="By the age of the fix: `live`, `stale` after `position_stale_s`, `silent` "
        "after `position_silent_s`."
    )
    activity: Activity = Field(
        description="From the order in hand, the shift and the fix; `unknown` at work without a "
        "live position."
    )
    sos_at: datetime | None = Field(description="Since when their alarm waits for an answer.")
    battery: float | None = Field(description="0 to 1, as the app told last.")
    outages: list[OutageOut] = Field(
        description="While it is their working time: why no newer position comes."
    )


class NearOut(PositionOut):
    """A technician's last position, and how far that is."""

    distance_m: float = Field(description="Great-circle distance, metres; the drive is longer.")


class NearestOut(Output):
    """Those nearest to a place, the nearest first."""

    items: list[NearOut]
    positions_as_of: datetime


class CellCountOut(Output):
    """How many technicians were last seen in an H3 cell."""

    cell: str = Field(examples=["871f8d7a4ffffff"])
    count: int
    live: int = Field(description="How many of them have a live position.")


class DensityOut(Output):
    """Technicians by H3 cell."""

    resolution: int
    cells: list[CellCountOut]
    positions_as_of: datetime


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
