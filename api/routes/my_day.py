"""The technician's own day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from api.auth import Caller
from api.deps import Ctx
from api.schemas.dispatching import DayOut
from geo_dispatch.dispatch.days.availability import Rest
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.kernel.errors import Forbidden
from geo_dispatch.services.dispatching.eta import range_of
from geo_dispatch.services.orders import my_day
from geo_dispatch.services.orders.my_day import Briefing
from geo_dispatch.services.views import (
    customer_view,
    eta_view,
    order_view,
    site_view,
    visit_view,
)

router = APIRouter(prefix="/v1/my", tags=["work orders"])


@router.get("/day", operation_id="get_my_day")
def get_my_day(context: Ctx, caller: Caller) -> DayOut:
    """List the visits of the technician for whom the token speaks, each with its briefing."""
    if caller.technician_id is None:
        raise Forbidden("this token speaks for no technician; use a technician's token")
    day = my_day.day_of(context, caller.technician_id)
    return DayOut.model_validate(
        {
            "technician_id": day.technician.id,
            "call_sign": day.technician.call_sign,
            "now": day.now,
            "resting_since": day.resting_since,
            "break_due": day.break_due and _due(day.break_due),
            "alarm_since": day.alarm_since,
            "items": [_view(briefing, day.now) for briefing in (*day.open, *day.done)],
        }
    )


def _due(rest: Rest) -> dict[str, Any]:
    return {"latest": rest.latest, "duration_s": rest.length.total_seconds()}


def _view(briefing: Briefing, now: datetime) -> dict[str, Any]:
    order, eta = briefing.order, briefing.eta
    return order_view(order) | {
        "site": site_view(briefing.site),
        "customer": briefing.customer and customer_view(briefing.customer),
        "eta": eta and eta_view(eta) | {"between": as_json(range_of(order, eta, now))},
        "visit": briefing.visit and visit_view(briefing.visit),
        "suggested_arrival_at": briefing.suggested_arrival_at,
    }
