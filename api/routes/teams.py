"""What goes to an order besides its technician: a crew, and what was booked for it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import Ctx, MaybeBasedOn, State
from api.idempotency import IdempotentRoute
from api.records import answer
from api.routes.work_orders import readable
from api.schemas.orders import WorkOrderOut
from api.schemas.registers import BookingsOut, OrderCrewIn
from geo_dispatch.services.dispatching import bookings, joining
from geo_dispatch.services.views import booking_view, order_view

router = APIRouter(prefix="/v1/work-orders", tags=["work orders"], route_class=IdempotentRoute)


@router.post("/{order_id}/crew", operation_id="change_order_crew")
def change_order_crew(
    state: State,
    caller: Caller,
    order_id: str,
    body: OrderCrewIn,
    version: MaybeBasedOn,
    response: Response,
) -> WorkOrderOut:
    """Say who goes with the technician: somebody joins, is replaced, or stays away.

    Whoever joins is judged like a move: what speaks against it comes as 409 with `conflicts`;
    `force` overrides it, with a `reason`.
    """
    state.feed.mirror.require()
    order = readable(state.context, caller, order_id)
    changed = joining.change(
        state.context,
        order.id,
        body.technician_ids,
        positions=state.feed.mirror.index,
        actor=caller,
        force=body.force,
        reason=body.reason,
        expected_version=version,
    )
    return answer(response, changed, order_view, WorkOrderOut)


@router.get("/{order_id}/bookings", operation_id="list_order_bookings")
def list_order_bookings(context: Ctx, caller: Caller, order_id: str) -> BookingsOut:
    """List the shared vehicles and tools booked for an order."""
    order = readable(context, caller, order_id)
    found = bookings.of_order(context, order.id)
    return BookingsOut.model_validate(
        {"items": [*map(booking_view, found)], "as_of": context.clock()}
    )
