"""What a technician's app tells of itself beside positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.kernel.ids import OrderId, TechnicianId


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How an app is, as last told.

    Attributes
    ----------
    app
        Name of the form that it speaks: ``"owntracks"``.
    at_ms
        When it said so, milliseconds since 1970 UTC: by its clock, or when it was received.
    battery
        0 to 1; None when not told.
    charging
        None when not told.
    outage
        Why it sends no positions, by its own word: ``"no_permission"``, ``"location_off"``,
        ``"paused"``; None when it didn't say.
    sos
        The technician pressed the app's alarm.
    """

    app: str
    at_ms: int
    battery: float | None = None
    charging: bool | None = None
    outage: str | None = None
    sos: bool = False


@dataclass(frozen=True, slots=True)
class SosCall:
    """An alarm that nobody has answered; ``order_id`` is what was in hand."""

    technician_id: TechnicianId
    order_id: OrderId | None
    called_at: datetime
