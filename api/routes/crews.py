"""Crews: entered, read, changed, retired."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.registers import CrewChange, CrewIn, CrewOut
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import CREWS
from geo_dispatch.services.views import crew_view

router = APIRouter(prefix="/v1/crews", tags=["crews"], route_class=IdempotentRoute)


@router.get("", operation_id="list_crews")
def list_crews(
    context: Ctx,
    _caller: Caller,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[CrewOut]:
    """List crews by name."""
    found = records.page(context, CREWS, retired=retired, after=cursor, limit=limit + 1)
    return page_of(found, limit, crew_view, CrewOut)


@router.post("", operation_id="create_crew", status_code=201)
def create_crew(context: Ctx, caller: Caller, body: CrewIn, response: Response) -> CrewOut:
    """Enter a crew."""
    made = records.create(context, CREWS, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/crews/{made.id}"
    return answer(response, made, crew_view, CrewOut)


@router.get("/{crew_id}", operation_id="get_crew")
def get_crew(context: Ctx, _caller: Caller, crew_id: str, response: Response) -> CrewOut:
    """Read a crew."""
    return answer(response, records.get(context, CREWS, crew_id), crew_view, CrewOut)


@router.patch("/{crew_id}", operation_id="change_crew")
def change_crew(
    context: Ctx,
    caller: Caller,
    crew_id: str,
    body: CrewChange,
    version: BasedOn,
    response: Response,
) -> CrewOut:
    """Change some fields of a crew."""
    changed = records.change(
        context, CREWS, crew_id, body.fields(), actor=caller, expected_version=version
    )
    return answer(response, changed, crew_view, CrewOut)


@router.delete("/{crew_id}", operation_id="retire_crew")
def retire_crew(
    context: Ctx, caller: Caller, crew_id: str, version: BasedOn, response: Response
) -> CrewOut:
    """Retire a crew; orders that it has stay with its technicians."""
    gone = records.retire(context, CREWS, crew_id, actor=caller, expected_version=version)
    return answer(response, gone, crew_view, CrewOut)
