"""What is known of a work order: its ETA, way there, visits and story."""

from __future__ import annotations

from typing import Literal

import msgspec
from fastapi import APIRouter

from api.auth import Caller
from api.deps import Ctx, State
from api.idempotency import IdempotentRoute
from api.routes.roads import route_between
from api.routes.trails import Purpose
from api.routes.work_orders import readable
from api.schemas.dispatching import EtaOut, TimelineOut, VisitsOut
from api.schemas.driven import WaysOut
from api.schemas.orders import ReasonIn, WorkOrderOut
from api.schemas.roads import RouteOut
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching import eta
from geo_dispatch.services.history import timeline
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.keeping import SITES
from geo_dispatch.services.tracking import suggestions, ways
from geo_dispatch.services.tracking.by_road import matched_on
from geo_dispatch.services.views import order_view, visit_view

router = APIRouter(prefix="/v1", tags=["work orders"], route_class=IdempotentRoute)


@router.get("/work-orders/{order_id}/eta", operation_id="get_eta")
def get_eta(context: Ctx, caller: Caller, order_id: str) -> EtaOut:
    """Say when the technician is expected."""
    order = readable(context, caller, order_id)
    return EtaOut.model_validate(msgspec.to_builtins(eta.eta_of(context, order.id)))


@router.get("/work-orders/{order_id}/timeline", operation_id="get_timeline")
def get_timeline(context: Ctx, caller: Caller, order_id: str) -> TimelineOut:
    """Tell the story of the order, in the order in which we learned it.

    Clients hear what happens to it, not whom the office looked at and why.
    """
    order = readable(context, caller, order_id)
    entries = timeline.of_order(context, order.id, reader=caller)
    return TimelineOut.model_validate({"items": [msgspec.to_builtins(entry) for entry in entries]})


@router.get("/work-orders/{order_id}/visits", operation_id="list_visits")
def list_visits(context: Ctx, caller: Caller, order_id: str) -> VisitsOut:
    """List all attendances for the order, with the fixes that prove them.

    `suggested` is one that fixes make likely, but not sure: post the status `on_site` with its
    `since` as `arrived_at` to make it an arrival. Clients are not shown it.
    """
    order = readable(context, caller, order_id)
    with context.store.read() as unit:
        visits = unit.visits.of_order(order.id)
        suggested = suggestions.shown(unit, order, caller)
    return VisitsOut.model_validate(
        {"items": [visit_view(visit) for visit in visits], "suggested": as_json(suggested)}
    )


@router.get("/work-orders/{order_id}/route", operation_id="get_work_order_route")
def get_work_order_route(state: State, caller: Caller, order_id: str) -> RouteOut:
    """Find the fastest way to the site from where the technician is now."""
    context = state.context
    order = readable(context, caller, order_id)
    if order.technician_id is None:
        raise NotFound("technician of", order.number, "assign somebody first")
    position = state.feed.mirror.get(order.technician_id)
    if position is None:
        raise NotFound("position of technician", order.technician_id, "no ping came so far")
    site = records.get(context, SITES, order.site_id)
    return route_between(context, position.place, site.location)


@router.get("/work-orders/{order_id}/ways", operation_id="list_order_ways")
def list_order_ways(context: Ctx, caller: Caller, order_id: str, purpose: Purpose = "") -> WaysOut:
    """Set the ways driven to the order against the engine's fastest way; who looks is written down.

    One for each time somebody set out and arrived, and the one that somebody is on.
    """
    order = readable(context, caller, order_id)
    found = ways.of_order(context, order.id, actor=caller, purpose=purpose)
    return WaysOut.of(found, matched_on(context.roads_as_built))


@router.post("/visits/{visit_id}/confirm", operation_id="confirm_visit")
def confirm_visit(context: Ctx, caller: Caller, visit_id: str) -> WorkOrderOut:
    """Confirm an arrival that fixes showed; answers the order."""
    return _review(context, caller, visit_id, "confirmed")


@router.post("/visits/{visit_id}/contest", operation_id="contest_visit")
def contest_visit(context: Ctx, caller: Caller, visit_id: str, body: ReasonIn) -> WorkOrderOut:
    """Contest an arrival that fixes showed, with the reason; answers the order."""
    return _review(context, caller, visit_id, "contested", body.reason)


def _review(
    context: Context,
    caller: Actor,
    visit_id: str,
    verdict: Literal["confirmed", "contested"],
    reason: str = "",
) -> WorkOrderOut:
    order = work_orders.review(context, visit_id, verdict, actor=caller, reason=reason)
    return WorkOrderOut.model_validate(order_view(order))
