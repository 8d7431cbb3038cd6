"""What technicians' devices make happen: about to arrive, silent, heard again, an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.dispatch.work.events.base import Event
from geo_dispatch.kernel.ids import AssignmentId, OrderId, TechnicianId


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianArriving(Event):
    """The technician is nearly there, by the live position; told once for each assignment.

    Attributes
    ----------
    drive_s
        Driving still ahead, seconds.
    """

    type = "technician.arriving"
    order_id: OrderId
    technician_id: TechnicianId
    assignment_id: AssignmentId
    eta: datetime
    drive_s: float
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianSilent(Event):
    """At work with an order in hand, and no position has come for long.

    Attributes
    ----------
    since
        Time of the last fix, or the beginning of the shift where that is later.
    reasons
        Codes of what is known to keep positions from coming.
    """

    type = "technician.silent"
    technician_id: TechnicianId
    order_id: OrderId
    since: datetime
    reasons: tuple[str, ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianHeard(Event):
    """A position came again; ``silent_since`` is as it was told."""

    type = "technician.heard"
    technician_id: TechnicianId
    order_id: OrderId
    silent_since: datetime
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianSos(Event):
    """The technician pressed the alarm.

    Attributes
    ----------
    order_id
        The order in hand; None without one.
    lon, lat, position_at
        The last known position; None when there is none.
    """

    type = "technician.sos"
    technician_id: TechnicianId
    order_id: OrderId | None
    app: str
    lon: float | None
    lat: float | None
    position_at: datetime | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SosAnswered(Event):
    """Somebody of the office has dealt with the alarm of ``called_at``."""

    type = "technician.sos_answered"
    technician_id: TechnicianId
    called_at: datetime
    note: str
    occurred_at: datetime
