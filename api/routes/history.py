"""What was done before, and what a technician must know before they leave."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit
from api.routes.work_orders import readable
from api.schemas.common import Page
from api.schemas.history import OrderBriefingOut, PastOut
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.services.history import briefing, past_work
from geo_dispatch.services.history.past_work import Past

router = APIRouter(prefix="/v1", tags=["history"], route_class=IdempotentRoute)


@router.get("/sites/{site_id}/history", operation_id="get_site_history")
def get_site_history(
    context: Ctx, _caller: Caller, site_id: str, limit: Limit = 100, cursor: Cursor = None
) -> Page[PastOut]:
    """List the orders that ended at a site, latest first."""
    return _page(past_work.of_site(context, site_id, before=cursor, limit=limit + 1), limit)


@router.get("/customers/{customer_id}/history", operation_id="get_customer_history")
def get_customer_history(
    context: Ctx, _caller: Caller, customer_id: str, limit: Limit = 100, cursor: Cursor = None
) -> Page[PastOut]:
    """List the orders of a customer that ended, latest first."""
    return _page(past_work.of_customer(context, customer_id, before=cursor, limit=limit + 1), limit)


@router.get("/equipment/{equipment_id}/history", operation_id="get_equipment_history")
def get_equipment_history(
    context: Ctx, _caller: Caller, equipment_id: str, limit: Limit = 100, cursor: Cursor = None
) -> Page[PastOut]:
    """List the orders that ended at a piece of equipment, latest first."""
    found = past_work.of_equipment(context, equipment_id, before=cursor, limit=limit + 1)
    return _page(found, limit)


@router.get("/work-orders/{order_id}/briefing", operation_id="get_briefing")
def get_briefing(context: Ctx, caller: Caller, order_id: str) -> OrderBriefingOut:
    """Tell what a technician should know before they leave, now and as it was sent."""
    order = readable(context, caller, order_id)
    return OrderBriefingOut.model_validate(briefing.of_order(context, order.id))


def _page(found: Sequence[Past], limit: int) -> Page[PastOut]:
    shown = found[:limit]
    return Page(
        items=[PastOut.model_validate(as_json(one)) for one in shown],
        next=shown[-1].order_id if len(found) > limit else None,
    )
