"""Why somebody can't be sent, and why orders wait."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from api.auth import Caller
from api.deps import State
from api.routes.work_orders import readable
from api.schemas.why_not import OrderWhyNotOut, UnassignedOut
from geo_dispatch.services.dispatching import why_not

router = APIRouter(prefix="/v1", tags=["work orders"])


@router.get(
    "/work-orders/{order_id}/why-not",
    operation_id="explain_exclusions",
    responses={409: {"description": "The order has ended: nobody is wanted for it any more."}},
)
def explain_exclusions(
    state: State,
    caller: Caller,
    order_id: str,
    technician_id: Annotated[
        str | None, Query(description="Only this one; empty when they can be sent.")
    ] = None,
) -> OrderWhyNotOut:
    """Tell of each technician who can't be sent the limits in the way, and what lifts them."""
    context, mirror = state.context, state.feed.mirror
    order = readable(context, caller, order_id)
    mirror.require()
    told = why_not.of_order(
        context,
        order.id,
        positions=mirror.index,
        now=context.clock(),
        technician_id=technician_id,
    )
    return OrderWhyNotOut.model_validate(msgspec.to_builtins(told))


@router.get("/why-not", operation_id="explain_unassigned")
def explain_unassigned(
    state: State,
    _caller: Caller,
    limit: Annotated[int, Query(ge=1, le=200, description="So many orders at the most.")] = 50,
) -> UnassignedOut:
    """Tell of each order that waits who could be sent, or what is in the way of everybody."""
    context, mirror = state.context, state.feed.mirror
    mirror.require()
    as_of = mirror.as_of
    told = why_not.of_unassigned(context, positions=mirror.index, now=context.clock(), limit=limit)
    items = [msgspec.to_builtins(one) for one in told]
    return UnassignedOut.model_validate({"positions_as_of": as_of, "items": items})
