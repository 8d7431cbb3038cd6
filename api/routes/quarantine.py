"""Fixes that were refused: what phones send and nobody could keep."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Caller
from api.deps import Ctx
from api.records import Cursor, Limit
from api.schemas.common import Moment, Page
from api.schemas.quarantine import QuarantinedOut
from geo_dispatch.services.tracking import quarantine

router = APIRouter(prefix="/v1/quarantine", tags=["positions"])


@router.get("", operation_id="list_quarantine")
def list_quarantine(
    context: Ctx,
    _caller: Caller,
    technician_id: Annotated[
        str | None, Query(description="As sent; a device's own name too.", max_length=255)
    ] = None,
    since: Annotated[Moment | None, Query(description="Received then or later.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[QuarantinedOut]:
    """List fixes that were refused, newest first, each with what was wrong and what helps.

    They never block others: the phone was told that they arrived, and sends on.
    """
    found = quarantine.page(
        context, technician_id=technician_id, since=since, after=cursor, limit=limit + 1
    )
    return Page(
        items=[
            QuarantinedOut.model_validate(quarantine.quarantined_view(one)) for one in found[:limit]
        ],
        next=str(found[limit - 1].id) if len(found) > limit else None,
    )
