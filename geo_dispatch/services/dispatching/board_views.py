"""The board as JSON, and a technician's day as a calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from geo_dispatch.adapters.calendars import Entry, calendar_bytes
from geo_dispatch.dispatch.boards.board import BoardVisit, Lane
from geo_dispatch.dispatch.boards.conflicts import DayConflict
from geo_dispatch.dispatch.days.free import Availability
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.dispatch.work.orders import UNDER_WAY, WorkOrder
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import SiteId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.board import Sheet, Waiting, calendar_days
from geo_dispatch.services.views import View
from geo_dispatch.tracking.nearest import PositionIndex


def sheet_view(sheet: Sheet) -> View:
    """The board as JSON."""
    return {
        "date": sheet.on.isoformat(),
        "at": sheet.at,
        "version": sheet.version,
        "lanes": [_lane(lane, sheet) for lane in sheet.lanes],
        "backlog": [_waiting(one, sheet.at) for one in sheet.backlog],
        "alerts": [_waiting(one, sheet.at) for one in sheet.alerts],
        "review": [_waiting(one, sheet.at) for one in sheet.review],
        "stalled": [_waiting(one, sheet.at) for one in sheet.stalled],
        "counts": sheet.counts,
        "equipment": [
            {
                "resource_id": resource.id,
                "name": resource.name,
                "kind": resource.kind,
                "provides": list(resource.provides),
                "bookings": [
                    {
                        "start": booking.window.start,
                        "end": booking.window.end,
                        "order_id": booking.order_id,
                        "reason": booking.reason,
                    }
                    for booking in sheet.bookings
                    if booking.resource_id == resource.id
                ],
            }
            for resource in sheet.resources
        ],
    }


def _lane(lane: Lane, sheet: Sheet) -> View:
    technician, seen = lane.technician, lane.whereabouts
    return {
        "technician_id": technician.id,
        "call_sign": technician.call_sign,
        "version": technician.version,
        "territory_id": technician.territory_id,
        "position": None if seen is None else {**_place(seen.place), "at": seen.at},
        "shifts": as_json(lane.duties),
        "breaks": [{"start": one.begin_at, "end": one.end_at} for one in lane.breaks],
        "leave": [
            {"start": one.window.start, "end": one.window.end, "reason": one.reason}
            for one in lane.leave
        ],
        "on_call": as_json(lane.on_call),
        "load_minutes": lane.load_s / 60,
        "free_at": lane.free_at,
        "visits": [
            _visit(visit, sheet.sites[visit.order.site_id], sheet.flags.get(visit.order.id, ()))
            for visit in lane.visits
        ],
    }


def _visit(visit: BoardVisit, site: Site, flags: tuple[str, ...]) -> View:
    order = visit.order
    return {
        **_order(order, site),
        "sequence": order.sequence,
        "pinned": order.pinned,
        "contract_critical": order.contract_critical,
        "crew": list(order.crew),
        "travel_s": visit.travel_s,
        "depart_at": visit.depart_at,
        "arrive_at": visit.arrive_at,
        "begin_at": visit.begin_at,
        "finish_at": visit.finish_at,
        "wait_s": visit.wait_s,
        "slack_minutes": None if visit.slack_s is None else visit.slack_s / 60,
        "movable": visit.movable,
        "why_not_movable": visit.why_not,
        "basis": visit.basis,
        "flags": list(flags),
        "broken": [{"limit": one.limit, "fact": one.fact} for one in visit.broken],
    }


def _waiting(one: Waiting, at: datetime) -> View:
    order, age = one.order, one.stalled
    return {
        **_order(order, one.site),
        "placed_at": order.placed_at,
        "technician_id": order.technician_id,
        "slack_minutes": None if one.slack_s is None else one.slack_s / 60,
        "contract_risk": one.contract_risk,
        "flags": list(one.flags),
        "hold": as_json(order.hold),
        "flag": as_json(order.flag),
        "stalled": None
        if age is None
        else {"since": age.since, "age_s": age.age_s(at), "why": age.why},
    }


def _order(order: WorkOrder, site: Site) -> View:
    return {
        "order_id": order.id,
        "number": order.number,
        "type": order.type,
        "status": order.status,
        "work_class": order.work_class,
        "priority": order.priority,
        "site": {
            "id": site.id,
            "name": site.name,
            "territory_id": site.territory_id,
            **_place(site.location),
        },
        "window": as_json(order.window),
        "due_at": order.due_at,
        "start_at": order.start_at,
        "duration_s": order.duration_s,
        "risk": as_json(order.risk),
        "version": order.version,
    }


def _place(place: LonLat) -> View:
    return {"lon": place.lon, "lat": place.lat}


def calendar(ctx: Context, technician_id: str, *, positions: PositionIndex) -> bytes:
    """The technician's visits as a calendar: as planned, and of the last week as they were.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    technician, day, done, sites = calendar_days(ctx, technician_id, positions=positions)
    entries = [_entry(order, sites, order.started_at, order.ended_at) for order in done]
    entries += [
        _entry(stay.stop.order, sites, stay.begin_at, stay.finish_at) for stay in day.schedule.stays
    ]
    return calendar_bytes(technician.call_sign, [one for one in entries if one is not None])


def _entry(
    order: WorkOrder, sites: dict[SiteId, Site], begin: datetime | None, end: datetime | None
) -> Entry | None:
    begin = begin or (order.arrival.at if order.arrival else None)
    if begin is None or end is None:
        return None
    site = sites[order.site_id]
    return Entry(
        uid=f"{order.id}@geo-dispatch",
        summary=f"{order.number} {order.type}",
        begin_at=begin,
        end_at=max(end, begin + timedelta(seconds=1)),
        location=", ".join(part for part in (site.name, site.address) if part),
        place=site.location,
        status="CONFIRMED" if order.pinned or order.status in UNDER_WAY else "TENTATIVE",
        revision=order.version,
        changed_at=order.status_at or order.placed_at,
        description=order.notes,
    )


def today(ctx: Context) -> date:
    """The local day."""
    return ctx.clock().astimezone(ctx.zone).date()


def conflicts_view(on: date, at: datetime, found: Iterable[DayConflict]) -> View:
    """The conflicts of a day as JSON."""
    return {"date": on, "at": at, "items": [as_json(one) for one in found]}


def availability_view(at: datetime, found: Iterable[Availability]) -> View:
    """Who is free then, as JSON."""
    return {
        "at": at,
        "items": [
            {
                "technician_id": one.technician_id,
                "call_sign": one.call_sign,
                "free": one.free,
                "doing": one.doing,
                "fact": one.fact,
                "order_id": one.order_id,
                "place": None if one.place is None else _place(one.place),
                "free_from": one.free_from,
                "free_until": one.free_until,
                "slack_minutes": None if one.slack_s is None else one.slack_s / 60,
            }
            for one in found
        ],
    }
