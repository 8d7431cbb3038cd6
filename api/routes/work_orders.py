"""Work orders: placed, read, changed, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.auth import Caller, only_for
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.history import WorkOrderDetailOut
from api.schemas.orders import WorkOrderChange, WorkOrderIn, WorkOrderOut
from geo_dispatch.dispatch.work.orders import OPEN, Status, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.context import Context
from geo_dispatch.services.history import briefing, disclosure
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.views import View, order_view

router = APIRouter(prefix="/v1/work-orders", tags=["work orders"], route_class=IdempotentRoute)


Include = Annotated[
    Literal["context"] | None,
    Query(
        description="With the history of the place (not for clients), the state of its SLA and its "
        "follow-ups."
    ),
]


def _view(context: Context, caller: Actor, include: str | None) -> Callable[[WorkOrder], View]:
    if include is None:
        return partial(disclosure.order_for, caller)
    return lambda order: (
        disclosure.order_for(caller, order)
        | {"context": disclosure.context_for(caller, briefing.context(context, order))}
    )


def readable(context: Context, caller: Actor, order_id: str) -> WorkOrder:
    """The order, by id or number, if the caller may read it.

    Raises
    ------
    NotFound, Forbidden
        There is none; it is another technician's.
    """
    order = work_orders.get(context, order_id)
    goes = caller.technician_id in order.technician_ids
    only_for(caller, caller.technician_id if goes else order.technician_id, order.number)
    return order


@router.get("", operation_id="list_work_orders")
def list_work_orders(
    context: Ctx,
    caller: Caller,
    status: Annotated[list[Status] | None, Query(description="One or several.")] = None,
    open: Annotated[bool, Query(description="Only those not yet ended.")] = False,  # noqa: A002 - a query parameter
    technician_id: str | None = None,
    site_id: str | None = None,
    customer_id: str | None = None,
    parent_id: Annotated[str | None, Query(description="Follow-ups of this order.")] = None,
    flagged: Annotated[
        bool | None, Query(description="Only those that wait for a judgment, or only the others.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[WorkOrderOut]:
    """List work orders by number."""
    disclosure.refuse_flags(caller, flagged)
    wanted = frozenset(status) if status else None
    if open:
        wanted = OPEN & wanted if wanted else OPEN
    found = work_orders.page(
        context,
        statuses=wanted,
        technician_id=technician_id,
        site_id=site_id,
        customer_id=customer_id,
        parent_id=parent_id,
        flagged=flagged,
        retired=retired,
        after=cursor,
        limit=limit + 1,
    )
    return page_of(found, limit, partial(disclosure.order_for, caller), WorkOrderOut)


@router.post("", operation_id="create_work_order", status_code=201)
def create_work_order(
    context: Ctx, caller: Caller, body: WorkOrderIn, response: Response, include: Include = None
) -> WorkOrderDetailOut:
    """Place a work order."""
    order = work_orders.place(context, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/work-orders/{order.id}"
    return answer(response, order, _view(context, caller, include), WorkOrderDetailOut)


@router.get("/{order_id}", operation_id="get_work_order")
def get_work_order(
    context: Ctx, caller: Caller, order_id: str, response: Response, include: Include = None
) -> WorkOrderDetailOut:
    """Read a work order, by its id or its number; technicians read their own."""
    order = readable(context, caller, order_id)
    return answer(response, order, _view(context, caller, include), WorkOrderDetailOut)


@router.patch("/{order_id}", operation_id="change_work_order")
def change_work_order(
    context: Ctx,
    caller: Caller,
    order_id: str,
    body: WorkOrderChange,
    version: BasedOn,
    response: Response,
) -> WorkOrderOut:
    """Change what a work order asks for."""
    order = work_orders.change(
        context, order_id, body.fields(), actor=caller, expected_version=version
    )
    return answer(response, order, order_view, WorkOrderOut)


@router.delete("/{order_id}", operation_id="retire_work_order")
def retire_work_order(
    context: Ctx, caller: Caller, order_id: str, version: BasedOn, response: Response
) -> WorkOrderOut:
    """Put an ended work order out of the lists; its history stays."""
    order = work_orders.retire(context, order_id, actor=caller, expected_version=version)
    return answer(response, order, order_view, WorkOrderOut)
