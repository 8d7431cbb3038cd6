"""Sending people: candidates, assignments, and the steps of an order."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import Ctx, MaybeBasedOn, State
from api.idempotency import IdempotentRoute
from api.records import answer
from api.routes.work_orders import readable
from api.schemas.dispatching import RankingOut
from api.schemas.orders import StatusIn, WorkOrderOut
from geo_dispatch.dispatch.orders import Status
from geo_dispatch.services import candidates, orders
from geo_dispatch.services.views import order_view

router = APIRouter(prefix="/v1/work-orders", tags=["work orders"], route_class=IdempotentRoute)


@router.get(
    "/{order_id}/candidates",
    operation_id="list_candidates",
    responses={409: {"description": "The order has ended: nobody is wanted for it any more."}},
)
def list_candidates(
    state: State,
    caller: Caller,
    order_id: str,
    top: Annotated[
        int | None, Query(ge=1, le=100, description="Only so many of the best; quicker.")
    ] = None,
) -> RankingOut:
    """Rank the technicians: each with drive time and score, or excluded with the reasons."""
    context, mirror = state.context, state.feed.mirror
    order = readable(context, caller, order_id)
    as_of = mirror.as_of
    ranking = candidates.rank_for(
        context, order.id, positions=mirror.index(), now=context.clock(), top=top
    )
    return RankingOut.model_validate(candidates.ranking_view(ranking) | {"positions_as_of": as_of})


@router.post("/{order_id}/status", operation_id="set_work_order_status")
def set_work_order_status(
    context: Ctx,
    caller: Caller,
    order_id: str,
    body: StatusIn,
    version: MaybeBasedOn,
    response: Response,
) -> WorkOrderOut:
    """Say where the order stands now. A step that its state forbids is refused with 409."""
    order = readable(context, caller, order_id)
    moved = orders.step(
        context,
        order.id,
        Status(body.status),
        actor=caller,
        note=body.notes or body.reason,
        outcome=body.outcome,
        follow_ups=[follow_up.fields() for follow_up in body.follow_ups],
        parts_used=[part.to_core() for part in body.parts_used],
        expected_version=version,
    )
    return answer(response, moved, order_view, WorkOrderOut)
