"""When technicians' fixes may be kept, from the records as they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.days.privacy import (
    HORIZON,
    NEVER,
    Tracked,
    TrackingRule,
    private_at,
    tracked,
)
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import LoggedEvent, TrailViewed
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.fixes import Fix

_AT_WORK: Final = frozenset(
    {
        "order.assigned",
        "order.unassigned",
        "order.en_route",
        "order.set_out_revised",
        "order.arrived",
        "order.arrival_reviewed",
        "order.departed",
        "order.completed",
        "order.cancelled",
        "visit.revised",
    }
)
"""Events after which a technician is at work on an order, or no longer is."""


def tracked_times(
    unit: Unit, settings: Settings, technicians: Collection[Technician], now: datetime
) -> dict[TechnicianId, Tracked]:
    """When the fixes of each may be kept, three days back and ahead; never of retired ones.

    Good until one of the technicians is `concerned` by an event, and for a day at most.
    """
    at_work = [technician for technician in technicians if not technician.retired]
    ids = [technician.id for technician in at_work]
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
        for one in at_work
    } | {one.id: NEVER for one in technicians if one.retired}


@dataclass(frozen=True, slots=True)
class Sifted:
    """Fixes on their way into history.

    Attributes
    ----------
    kept
        Those that lie in no private time.
    gone
        Of whose fixes these are, who is private now: no last position of theirs may stay.
    """

    kept: list[Fix]
    gone: frozenset[TechnicianId]


def sifted(unit: Unit, fixes: Sequence[Fix], now: datetime) -> Sifted:
    """Leave out what was taken before the door heard of a private time, or of an erasure."""
    if not fixes:
        return Sifted([], frozenset())
    ids = {fix.technician_id for fix in fixes}
    times = unit.privacy.since(ms_to_datetime(min(fix.at_ms for fix in fixes)), ids)
    if not times:
        return Sifted(list(fixes), frozenset())
    kept = [
        fix
        for fix in fixes
        if fix.technician_id not in times
        or private_at(times[fix.technician_id], ms_to_datetime(fix.at_ms)) is None
    ]
    private = {key for key, own in times.items() if private_at(own, now) is not None}
    return Sifted(kept, frozenset(private))


def concerned(event: LoggedEvent) -> frozenset[str]:
    """Technicians of whom the event may have changed the record or the tracked times."""
    kind, _, technician_id = event.stream.partition(":")
    if kind == "technician":
        return frozenset() if event.type == TrailViewed.type else frozenset({technician_id})
    if event.type not in _AT_WORK:
        return frozenset()
    body = event.body
    named = (body.get("technician_id"), body.get("technician_before"), *(body.get("crew") or ()))
    return frozenset(one for one in named if one)
