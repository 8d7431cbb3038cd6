"""Equipment at sites: entered, read, changed, retired."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.registers import EquipmentChange, EquipmentIn, EquipmentOut
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import EQUIPMENT
from geo_dispatch.services.views import equipment_view

router = APIRouter(prefix="/v1/equipment", tags=["equipment"], route_class=IdempotentRoute)


@router.get("", operation_id="list_equipment")
def list_equipment(
    context: Ctx,
    _caller: Caller,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[EquipmentOut]:
    """List equipment by name."""
    found = records.page(context, EQUIPMENT, retired=retired, after=cursor, limit=limit + 1)
    return page_of(found, limit, equipment_view, EquipmentOut)


@router.post("", operation_id="create_equipment", status_code=201)
def create_equipment(
    context: Ctx, caller: Caller, body: EquipmentIn, response: Response
) -> EquipmentOut:
    """Enter a piece of equipment."""
    made = records.create(context, EQUIPMENT, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/equipment/{made.id}"
    return answer(response, made, equipment_view, EquipmentOut)


@router.get("/{equipment_id}", operation_id="get_equipment")
def get_equipment(
    context: Ctx, _caller: Caller, equipment_id: str, response: Response
) -> EquipmentOut:
    """Read a piece of equipment."""
    return answer(
        response, records.get(context, EQUIPMENT, equipment_id), equipment_view, EquipmentOut
    )


@router.patch("/{equipment_id}", operation_id="change_equipment")
def change_equipment(
    context: Ctx,
    caller: Caller,
    equipment_id: str,
    body: EquipmentChange,
    version: BasedOn,
    response: Response,
) -> EquipmentOut:
    """Change some fields of a piece of equipment."""
    changed = records.change(
        context, EQUIPMENT, equipment_id, body.fields(), actor=caller, expected_version=version
    )
    return answer(response, changed, equipment_view, EquipmentOut)


@router.delete("/{equipment_id}", operation_id="retire_equipment")
def retire_equipment(
    context: Ctx, caller: Caller, equipment_id: str, version: BasedOn, response: Response
) -> EquipmentOut:
    """Retire a piece of equipment; its history stays, and an open order keeps it from retiring."""
    gone = records.retire(context, EQUIPMENT, equipment_id, actor=caller, expected_version=version)
    return answer(response, gone, equipment_view, EquipmentOut)
