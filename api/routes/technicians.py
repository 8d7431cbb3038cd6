"""Technicians: entered, read, changed, retired."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Caller, only_for
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.technicians import (
    BreakTakenOut,
    BreakTold,
    TechnicianChange,
    TechnicianIn,
    TechnicianOut,
)
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.records import breaks
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.keeping import TECHNICIANS
from geo_dispatch.services.views import technician_view

router = APIRouter(prefix="/v1/technicians", tags=["technicians"], route_class=IdempotentRoute)


@router.get("", operation_id="list_technicians")
def list_technicians(
    context: Ctx,
    _caller: Caller,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[TechnicianOut]:
    """List technicians by call sign."""
    found = records.page(context, TECHNICIANS, retired=retired, after=cursor, limit=limit + 1)
    return page_of(found, limit, technician_view, TechnicianOut)


@router.post("", operation_id="create_technician", status_code=201)
def create_technician(
    context: Ctx, caller: Caller, body: TechnicianIn, response: Response
) -> TechnicianOut:
    """Enter a technician."""
    technician = records.create(context, TECHNICIANS, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/technicians/{technician.id}"
    return answer(response, technician, technician_view, TechnicianOut)


@router.get("/{technician_id}", operation_id="get_technician")
def get_technician(
    context: Ctx, caller: Caller, technician_id: str, response: Response
) -> TechnicianOut:
    """Read a technician; a technician's token reads that technician only."""
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    technician = records.get(context, TECHNICIANS, technician_id)
    return answer(response, technician, technician_view, TechnicianOut)


@router.patch("/{technician_id}", operation_id="change_technician")
def change_technician(
    context: Ctx,
    caller: Caller,
    technician_id: str,
    body: TechnicianChange,
    version: BasedOn,
    response: Response,
) -> TechnicianOut:
    """Change some fields of a technician."""
    technician = records.change(
        context,
        TECHNICIANS,
        technician_id,
        body.fields(),
        actor=caller,
        expected_version=version,
    )
    return answer(response, technician, technician_view, TechnicianOut)


@router.post("/{technician_id}/break", operation_id="tell_break")
def tell_break(context: Ctx, caller: Caller, technician_id: str, body: BreakTold) -> BreakTakenOut:
    """Begin a break now, or end the one that goes on; told again, nothing changes."""
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    last = breaks.tell(context, technician_id, on_break=body.on_break, actor=caller)
    return BreakTakenOut(
        technician_id=technician_id,
        on_break=body.on_break,
        begin_at=last and last.begin_at,
        end_at=last and last.end_at,
    )


@router.delete("/{technician_id}", operation_id="retire_technician")
def retire_technician(
    context: Ctx, caller: Caller, technician_id: str, version: BasedOn, response: Response
) -> TechnicianOut:
    """Retire a technician; the history stays, tokens are revoked."""
    technician = records.retire(
        context, TECHNICIANS, technician_id, actor=caller, expected_version=version
    )
    return answer(response, technician, technician_view, TechnicianOut)
