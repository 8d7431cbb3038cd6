"""What happens to the data of a technician: private times, who looked, what was erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.dispatch.work.events.base import Event
from geo_dispatch.kernel.ids import TechnicianId


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyChanged(Event):
    """The technician went private at ``since``, until then by itself, or ended it."""

    type = "technician.privacy_changed"
    technician_id: TechnicianId
    private: bool
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyUnlocked(Event):
    """In an emergency the office sees the technician from ``since`` until then, private or not."""

    type = "technician.privacy_unlocked"
    technician_id: TechnicianId
    reason: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailViewed(Event):
    """Somebody looked at where the technician was between two times.

    ``what`` is how: ``"trail"``, ``"playback"``, ``"route"``, ``"mileage"``,
    ``"presence"``, ``"proof"``, ``"export"``.
    """

    type = "technician.trail_viewed"
    technician_id: TechnicianId
    what: str
    start: datetime
    end: datetime
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianErased(Event):
    """All that is personal of the technician was taken away; what they did stays.

    ``seqs`` are the events of the log whose words went too: they keep their digests. ``fixes``
    says how many fixes there were.
    """

    type = "technician.erased"
    technician_id: TechnicianId
    reason: str
    seqs: list[int]
    fixes: int
