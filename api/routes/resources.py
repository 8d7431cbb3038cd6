"""Shared vehicles and tools: entered, read, changed, retired, booked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.registers import (
    BlockIn,
    BookingOut,
    BookingsOut,
    ResourceChange,
    ResourceIn,
    ResourceOut,
)
from geo_dispatch.services.dispatching import bookings
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import RESOURCES
from geo_dispatch.services.views import booking_view, resource_view

router = APIRouter(prefix="/v1/resources", tags=["resources"], route_class=IdempotentRoute)


@router.get("", operation_id="list_resources")
def list_resources(
    context: Ctx,
    _caller: Caller,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[ResourceOut]:
    """List shared vehicles and tools by name."""
    found = records.page(context, RESOURCES, retired=retired, after=cursor, limit=limit + 1)
    return page_of(found, limit, resource_view, ResourceOut)


@router.post("", operation_id="create_resource", status_code=201)
def create_resource(
    context: Ctx, caller: Caller, body: ResourceIn, response: Response
) -> ResourceOut:
    """Enter a shared vehicle or tool."""
    made = records.create(context, RESOURCES, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/resources/{made.id}"
    return answer(response, made, resource_view, ResourceOut)


@router.get("/{resource_id}", operation_id="get_resource")
def get_resource(
    context: Ctx, _caller: Caller, resource_id: str, response: Response
) -> ResourceOut:
    """Read a shared vehicle or tool."""
    return answer(
        response, records.get(context, RESOURCES, resource_id), resource_view, ResourceOut
    )


@router.patch("/{resource_id}", operation_id="change_resource")
def change_resource(
    context: Ctx,
    caller: Caller,
    resource_id: str,
    body: ResourceChange,
    version: BasedOn,
    response: Response,
) -> ResourceOut:
    """Change some fields of a shared vehicle or tool."""
    changed = records.change(
        context, RESOURCES, resource_id, body.fields(), actor=caller, expected_version=version
    )
    return answer(response, changed, resource_view, ResourceOut)


@router.delete("/{resource_id}", operation_id="retire_resource")
def retire_resource(
    context: Ctx, caller: Caller, resource_id: str, version: BasedOn, response: Response
) -> ResourceOut:
    """Retire a shared vehicle or tool; bookings of open orders keep it from retiring."""
    gone = records.retire(context, RESOURCES, resource_id, actor=caller, expected_version=version)
    return answer(response, gone, resource_view, ResourceOut)


@router.get("/{resource_id}/bookings", operation_id="list_bookings")
def list_bookings(
    context: Ctx,
    _caller: Caller,
    resource_id: str,
    past: Annotated[bool, Query(description="Also those that are over.")] = False,
) -> BookingsOut:
    """List who has it from when until when."""
    now = context.clock()
    found = bookings.of_resource(context, resource_id, since=None if past else now)
    return BookingsOut.model_validate({"items": [*map(booking_view, found)], "as_of": now})


@router.post("/{resource_id}/bookings", operation_id="block_resource", status_code=201)
def block_resource(context: Ctx, caller: Caller, resource_id: str, body: BlockIn) -> BookingOut:
    """Take it out of reach for a time. For orders it is booked by assigning them."""
    window = body.window.to_core()
    blocked = bookings.block(context, resource_id, window, reason=body.reason, actor=caller)
    return BookingOut.model_validate(booking_view(blocked))


@router.post("/{resource_id}/bookings/{booking_id}/release", operation_id="unblock_resource")
def unblock_resource(context: Ctx, caller: Caller, resource_id: str, booking_id: str) -> BookingOut:
    """Give it back before the time. What an order has, it keeps: unassign that instead."""
    freed = bookings.unblock(context, resource_id, booking_id, actor=caller)
    return BookingOut.model_validate(booking_view(freed))
