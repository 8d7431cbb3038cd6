"""Sending people: candidates, assignments, and the steps of an order."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import Ctx, MaybeBasedOn, State
from api.idempotency import IdempotentRoute
from api.records import answer
from api.routes.work_orders import readable
from api.schemas.common import Moment
from api.schemas.dispatching import RankingOut
from api.schemas.orders import StatusIn, WorkOrderOut
from geo_dispatch.dispatch.ranking.filters import Filters
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.services.dispatching import candidates
from geo_dispatch.services.orders import work_orders
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
    cert: Annotated[list[str] | None, Query(description="Holds this certificate that day.")] = None,
    skill: Annotated[list[str] | None, Query(description="Has this skill that day.")] = None,
    available_at: Annotated[Moment | None, Query(description="Is on duty then.")] = None,
    min_ftc: Annotated[
        float | None, Query(description="Fixes such work at the first visit so often, 0 to 1.")
    ] = None,
    territory: Annotated[str | None, Query(description="Is at home in this territory.")] = None,
) -> RankingOut:
    """Rank the technicians: each with drive time and score, or excluded with the reasons.

    Filters leave out who doesn't pass all of them; the answer says how many pass each.
    """
    context, mirror = state.context, state.feed.mirror
    order = readable(context, caller, order_id)
    as_of = mirror.as_of
    considered = candidates.consider(
        context,
        order.id,
        positions=mirror.index,
        now=context.clock(),
        top=top,
        filters=Filters(
            certs=tuple(cert or ()),
            skills=tuple(skill or ()),
            available_at=available_at,
            min_ftc=min_ftc,
            territory=territory,
        ),
    )
    view = candidates.ranking_view(context, considered)
    passing = candidates.passing_view(considered.passing)
    return RankingOut.model_validate(view | {"positions_as_of": as_of, "filters": passing})


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
    moved = work_orders.step(
        context,
        order.id,
        Status(body.status),
        actor=caller,
        note=body.notes or body.reason,
        outcome=body.outcome,
        follow_ups=[follow_up.fields() for follow_up in body.follow_ups],
        parts_used=[part.to_core() for part in body.parts_used],
        arrived_at=body.arrived_at,
        expected_version=version,
    )
    return answer(response, moved, order_view, WorkOrderOut)
