"""What technicians' devices tell of themselves, and alarms."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.schemas.devices import AnswerIn, DeviceIn, SosListOut, SosOut
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.errors import Forbidden
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking import devices, sos
from geo_dispatch.tracking.devices import DeviceStatus, SosCall

router = APIRouter(prefix="/v1", tags=["positions"], route_class=IdempotentRoute)

PAGE = "page"
"""The app's name where the technician's own page speaks."""


@router.post("/my/device", operation_id="tell_my_device", status_code=204)
def tell_my_device(context: Ctx, caller: Caller, body: DeviceIn) -> Response:
    """Tell how the device of the token's technician is: battery, why no positions come.

    Each word is kept in place of the last one. An alarm is in the log, and with the office, when
    this answers; pressed again within a minute it is the same one.
    """
    if caller.technician_id is None:
        raise Forbidden("this token speaks for no technician; use a technician's token")
    status = DeviceStatus(
        PAGE,
        datetime_to_ms(context.clock()),
        battery=body.battery,
        charging=body.charging,
        outage=body.outage,
        sos=body.sos,
    )
    devices.note(context, {caller.technician_id: status})
    return Response(status_code=204)


@router.get("/sos", operation_id="list_sos")
def list_sos(context: Ctx, _caller: Caller) -> SosListOut:
    """List the alarms that nobody has answered, the oldest first."""
    return SosListOut(items=[_shown(*one) for one in sos.open_calls(context)])


@router.post("/technicians/{technician_id}/sos/answer", operation_id="answer_sos")
def answer_sos(context: Ctx, caller: Caller, technician_id: str, body: AnswerIn) -> SosOut:
    """Say that a technician's alarm was dealt with; it is shown until then."""
    return _shown(*sos.answer(context, technician_id, note=body.note, actor=caller))


def _shown(call: SosCall, technician: Technician) -> SosOut:
    return SosOut(
        technician_id=technician.id,
        call_sign=technician.call_sign,
        order_id=call.order_id,
        called_at=call.called_at,
    )
