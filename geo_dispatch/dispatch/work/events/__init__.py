"""What has happened: the bodies of the event log.

Each class is one type of event; `EVENT_TYPES` maps the stored name to the class. The log is the
audit trail, the source of live updates and the trigger of replanning; bodies only ever grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from geo_dispatch.dispatch.work.events.base import Event
from geo_dispatch.dispatch.work.events.field import (
    ArrivalReviewed,
    EtaPublished,
    OrderArrived,
    OrderCompleted,
    OrderDelayed,
    OrderDeparted,
    OrderEnRoute,
    OrderFileAdded,
    OrderFollowedUp,
    OrderNeedsHelp,
    OrderResumed,
    OrderStarted,
    SetOutRevised,
    VisitRevised,
    VisitSuggested,
)
from geo_dispatch.dispatch.work.events.office import (
    ClocksMoved,
    CrewChanged,
    CrewSequenced,
    FlagCleared,
    MessageQueued,
    OrderAssigned,
    OrderAtRisk,
    OrderBriefed,
    OrderBumped,
    OrderCancelled,
    OrderChanged,
    OrderFlagged,
    OrderHeld,
    OrderPinned,
    OrderPlaced,
    OrderReleased,
    OrderUnassigned,
    RiskCleared,
)
from geo_dispatch.dispatch.work.events.privacy import (
    PrivacyChanged,
    PrivacyUnlocked,
    TechnicianErased,
    TrailViewed,
)
from geo_dispatch.dispatch.work.events.records import (
    BreakEnded,
    BreakStarted,
    PerformanceRefreshed,
    PolicyPublished,
    RecordChanged,
    RecordCreated,
    RecordRetired,
    RepairDecided,
    RepairProposed,
    ResourceBooked,
    ResourceReleased,
    RoadsChanged,
    TerritoriesPublished,
)
from geo_dispatch.dispatch.work.events.signals import (
    SosAnswered,
    TechnicianArriving,
    TechnicianHeard,
    TechnicianSilent,
    TechnicianSos,
)

__all__ = [
    "EVENT_TYPES",
    "ArrivalReviewed",
    "BreakEnded",
    "BreakStarted",
    "ClocksMoved",
    "CrewChanged",
    "CrewSequenced",
    "EtaPublished",
    "Event",
    "FlagCleared",
    "LoggedEvent",
    "MessageQueued",
    "OrderArrived",
    "OrderAssigned",
    "OrderAtRisk",
    "OrderBriefed",
    "OrderBumped",
    "OrderCancelled",
    "OrderChanged",
    "OrderCompleted",
    "OrderDelayed",
    "OrderDeparted",
    "OrderEnRoute",
    "OrderFileAdded",
    "OrderFlagged",
    "OrderFollowedUp",
    "OrderHeld",
    "OrderNeedsHelp",
    "OrderPinned",
    "OrderPlaced",
    "OrderReleased",
    "OrderResumed",
    "OrderStarted",
    "OrderUnassigned",
    "PerformanceRefreshed",
    "PolicyPublished",
    "PrivacyChanged",
    "PrivacyUnlocked",
    "RecordChanged",
    "RecordCreated",
    "RecordRetired",
    "RepairDecided",
    "RepairProposed",
    "ResourceBooked",
    "ResourceReleased",
    "RiskCleared",
    "RoadsChanged",
    "SetOutRevised",
    "SosAnswered",
    "TechnicianArriving",
    "TechnicianErased",
    "TechnicianHeard",
    "TechnicianSilent",
    "TechnicianSos",
    "TerritoriesPublished",
    "TrailViewed",
    "VisitRevised",
    "VisitSuggested",
    "as_json",
    "event_to_body",
    "stream_of",
]

EVENT_TYPES: dict[str, type[Event]] = {
    cls.type: cls
    for cls in (
        RecordCreated,
        RecordChanged,
        RecordRetired,
        BreakStarted,
        BreakEnded,
        PrivacyChanged,
        PrivacyUnlocked,
        TrailViewed,
        TechnicianErased,
        RepairProposed,
        RepairDecided,
        ResourceBooked,
        ResourceReleased,
        TerritoriesPublished,
        RoadsChanged,
        PolicyPublished,
        PerformanceRefreshed,
        OrderPlaced,
        OrderChanged,
        OrderAssigned,
        OrderBriefed,
        OrderUnassigned,
        CrewChanged,
        CrewSequenced,
        OrderPinned,
        OrderHeld,
        OrderReleased,
        OrderFlagged,
        FlagCleared,
        OrderAtRisk,
        RiskCleared,
        ClocksMoved,
        OrderCancelled,
        OrderBumped,
        MessageQueued,
        OrderEnRoute,
        OrderArrived,
        ArrivalReviewed,
        OrderStarted,
        OrderNeedsHelp,
        OrderResumed,
        OrderCompleted,
        OrderFollowedUp,
        OrderFileAdded,
        OrderDeparted,
        VisitRevised,
        VisitSuggested,
        SetOutRevised,
        EtaPublished,
        OrderDelayed,
        TechnicianArriving,
        TechnicianSilent,
        TechnicianHeard,
        TechnicianSos,
        SosAnswered,
    )
}
"""Stored name to class."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as it stands in the log.

    Attributes
    ----------
    seq
        Place in the whole log; grows, with gaps.
    stream
        What it is about: ``"order:wo_4f…"``, ``"technician:tc_9a…"``.
    version
        Place in its stream, from 1, without gaps.
    actor
        Who did it: `Actor.label`.
    """

    seq: int
    stream: str
    version: int
    type: str
    body: dict[str, Any]
    at: datetime
    actor: str

    @property
    def event(self) -> Event:
        """The event itself, from its stored body."""
        return msgspec.convert(self.body, EVENT_TYPES[self.type])


def stream_of(order_id: str) -> str:
    """The stream of everything that happens to the order."""
    return f"order:{order_id}"


def event_to_body(event: Event) -> dict[str, Any]:
    """The event as plain JSON, times as ISO-8601 in UTC."""
    body: dict[str, Any] = as_json(event)
    return body


def as_json(value: Any) -> Any:
    """The value as it comes out of JSON: dicts, lists, text, numbers."""
    return msgspec.json.decode(msgspec.json.encode(value))
