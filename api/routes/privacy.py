"""What is a technician's own: being private, knowing who looked, having all of it, and its end."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.auth import Caller, only_for
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.schemas.privacy import (
    AccessLogOut,
    ErasureIn,
    ErasureOut,
    PrivaciesOut,
    PrivacyOut,
    PrivacyTold,
    PrivacyUnlock,
)
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Forbidden
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.history import access, erasure, subject
from geo_dispatch.services.tracking import private_times
from geo_dispatch.services.tracking.private_times import Privacy

ZIP: Final = "application/zip"

router = APIRouter(prefix="/v1", tags=["privacy"], route_class=IdempotentRoute)


def _own(caller: Actor) -> TechnicianId:
    if caller.technician_id is None:
        raise Forbidden("this token speaks for no technician; use a technician's token")
    return caller.technician_id


def _out(privacy: Privacy) -> PrivacyOut:
    return PrivacyOut.model_validate(as_json(privacy))


@router.get("/my/privacy", operation_id="get_my_privacy")
def get_my_privacy(context: Ctx, caller: Caller) -> PrivacyOut:
    """Say whether the technician for whom the token speaks is private."""
    return _out(private_times.of(context, _own(caller)))


@router.post("/my/privacy", operation_id="tell_privacy")
def tell_privacy(context: Ctx, caller: Caller, body: PrivacyTold) -> PrivacyOut:
    """Go private at once, or end that; told again, nothing changes.

    Positions of a private time are acknowledged and kept nowhere, and the last one is removed.
    The office sees that, and cannot end it.
    """
    told = private_times.switch(
        context, _own(caller), private=body.private, until=body.until, actor=caller
    )
    return _out(told)


@router.get("/my/access-log", operation_id="get_my_access_log")
def get_my_access_log(context: Ctx, caller: Caller) -> AccessLogOut:
    """List who looked at where the technician was, and when; the live map is not in it."""
    looks = access.looks_at(context, _own(caller))
    return AccessLogOut.model_validate({"items": as_json(looks)})


@router.get("/privacy", operation_id="list_private")
def list_private(context: Ctx, _caller: Caller) -> PrivaciesOut:
    """List the technicians who are private now, and since when; the map shows them nowhere."""
    return PrivaciesOut.model_validate({"items": as_json(private_times.private_now(context))})


@router.get("/technicians/{technician_id}/privacy", operation_id="get_technician_privacy")
def get_technician_privacy(context: Ctx, caller: Caller, technician_id: str) -> PrivacyOut:
    """Say whether a technician is private, and whether positions are kept now."""
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    return _out(private_times.of(context, technician_id))


@router.post("/technicians/{technician_id}/privacy-unlock", operation_id="unlock_privacy")
def unlock_privacy(
    context: Ctx, caller: Caller, technician_id: str, body: PrivacyUnlock
) -> PrivacyOut:
    """See, in an emergency, a technician who is private or off shift, from now on for a while.

    It needs a reason, is in the event log, and the technician is told at once. Nothing from
    before comes back, and the private time goes on behind it.
    """
    told = private_times.unlock(context, technician_id, body.reason, body.lasts, actor=caller)
    return _out(told)


@router.get(
    "/technicians/{technician_id}/data-export",
    operation_id="export_technician",
    response_class=StreamingResponse,
    responses={200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}},
)
def export_technician(context: Ctx, caller: Caller, technician_id: str) -> StreamingResponse:
    """Pack all that is kept of a technician into a ZIP file of JSON and CSV."""
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    chunks = subject.export(context, technician_id, actor=caller)
    headers = {"Content-Disposition": f'attachment; filename="{technician_id}.zip"'}
    return StreamingResponse(chunks, media_type=ZIP, headers=headers)


@router.post("/technicians/{technician_id}/erasure", operation_id="erase_technician")
def erase_technician(
    context: Ctx, caller: Caller, technician_id: str, body: ErasureIn
) -> ErasureOut:
    """Take away all that is personal of a technician, for good; they are retired with it.

    What they did for orders stays, under a number. Asked for again, nothing changes.
    """
    erased = erasure.erase(
        context, technician_id, confirm=body.confirm, reason=body.reason, actor=caller
    )
    return ErasureOut.model_validate(as_json(erased))
