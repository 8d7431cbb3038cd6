"""Bodies of devices and alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.common import Input, Output, Text


class DeviceIn(Input):
    """What a technician's device tells of itself."""

    battery: float | None = Field(None, ge=0, le=1, description="0 to 1.")
    charging: bool | None = None
    outage: Literal["no_permission", "location_off", "paused"] | None = Field(
        None, description="Why it sends no positions; null while it does."
    )
    sos: bool = Field(default=False, description="The technician pressed the alarm.")


class SosOut(Output):
    """An alarm that nobody has answered."""

    technician_id: str
    call_sign: str
    order_id: str | None = Field(description="The order that was in hand.")
    called_at: datetime


class SosListOut(Output):
    """Alarms that nobody has answered, the oldest first."""

    items: list[SosOut]


class AnswerIn(Input):
    """What was done about an alarm."""

    note: Text = ""
