"""Emergencies: one call sends somebody, makes room, and tells everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import State, etag
from api.idempotency import IdempotentRoute
from api.schemas.emergencies import EmergencyIn, EmergencyOut
from geo_dispatch.services.repairs import emergencies

router = APIRouter(prefix="/v1/emergencies", tags=["emergencies"], route_class=IdempotentRoute)


@router.post("", operation_id="declare_emergency")
def declare_emergency(
    state: State,
    caller: Caller,
    body: EmergencyIn,
    response: Response,
    dry_run: Annotated[
        bool, Query(description="Answer with what would be done, and do nothing.")
    ] = False,
) -> EmergencyOut:
    """Send somebody at once, with the least change to the day.

    In one transaction: the order placed, somebody assigned, visits bumped if there is no other
    way, everybody touched told. Compared first by how late the emergency is, then by promises
    broken, visits left to the backlog, orders changed, and minutes.
    """
    state.feed.mirror.require()
    declared = emergencies.declare(
        state.context,
        body.call(),
        positions=state.feed.mirror.index,
        actor=caller,
        dry_run=dry_run,
    )
    response.headers["ETag"] = etag(declared.order.version)
    return EmergencyOut.model_validate(emergencies.view(declared, dry_run=dry_run))
