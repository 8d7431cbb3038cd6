"""When technicians' fixes may be kept, from the records as they stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.days.privacy import HORIZON, Tracked, TrackingRule, tracked
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.ids import TechnicianId


def tracked_times(
    unit: Unit, settings: Settings, technicians: Collection[Technician], now: datetime
) -> dict[TechnicianId, Tracked]:
    """When the fixes of each may be kept, three days back and ahead.

    Good until one of the technicians is `concerned` by an event, and for a day at most.
    """
    ids = [technician.id for technician in technicians]
    times = unit.privacy.since(now - HORIZON, ids)
    work = unit.privacy.work(now - HORIZON, ids)
    zone = ZoneInfo(settings.time_zone)
    rule = TrackingRule(
        settings.tracking_outside_shifts, timedelta(minutes=settings.tracking_overtime_min)
    )
    return {
        one.id: tracked(
            one, now, zone, rule, times=times.get(one.id, ()), work=work.get(one.id, ())
        )
        for one in technicians
    }


def concerned(event: LoggedEvent) -> frozenset[str]:
    """Technicians whose tracked times the event may have changed."""
    kind, _, technician_id = event.stream.partition(":")
    if kind == "technician":
        return frozenset({technician_id})
    named = (event.body.get("technician_id"), *(event.body.get("crew") or ()))
    return frozenset(one for one in named if one) if kind == "order" else frozenset()
