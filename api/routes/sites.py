"""Sites: entered, read, changed, retired."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.registers import EquipmentListOut
from api.schemas.sites import SiteChange, SiteIn, SiteOut
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records import registers
from geo_dispatch.services.records.keeping import SITES
from geo_dispatch.services.views import equipment_view, site_view

router = APIRouter(prefix="/v1/sites", tags=["sites"], route_class=IdempotentRoute)


@router.get("", operation_id="list_sites")
def list_sites(
    context: Ctx,
    _caller: Caller,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[SiteOut]:
    """List sites by name."""
    found = records.page(context, SITES, retired=retired, after=cursor, limit=limit + 1)
    return page_of(found, limit, site_view, SiteOut)


@router.post("", operation_id="create_site", status_code=201)
def create_site(context: Ctx, caller: Caller, body: SiteIn, response: Response) -> SiteOut:
    """Enter a site."""
    site = records.create(context, SITES, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/sites/{site.id}"
    return answer(response, site, site_view, SiteOut)


@router.get("/{site_id}", operation_id="get_site")
def get_site(context: Ctx, _caller: Caller, site_id: str, response: Response) -> SiteOut:
    """Read a site."""
    site = records.get(context, SITES, site_id)
    return answer(response, site, site_view, SiteOut)


@router.patch("/{site_id}", operation_id="change_site")
def change_site(
    context: Ctx,
    caller: Caller,
    site_id: str,
    body: SiteChange,
    version: BasedOn,
    response: Response,
) -> SiteOut:
    """Change some fields of a site."""
    site = records.change(
        context,
        SITES,
        site_id,
        body.fields(),
        actor=caller,
        expected_version=version,
    )
    return answer(response, site, site_view, SiteOut)


@router.delete("/{site_id}", operation_id="retire_site")
def retire_site(
    context: Ctx, caller: Caller, site_id: str, version: BasedOn, response: Response
) -> SiteOut:
    """Retire a site; the history stays."""
    site = records.retire(context, SITES, site_id, actor=caller, expected_version=version)
    return answer(response, site, site_view, SiteOut)


@router.get("/{site_id}/equipment", operation_id="list_site_equipment")
def list_site_equipment(context: Ctx, _caller: Caller, site_id: str) -> EquipmentListOut:
    """List the equipment in use at a site."""
    found = registers.equipment_at(context, site_id)
    return EquipmentListOut.model_validate({"items": [*map(equipment_view, found)]})
