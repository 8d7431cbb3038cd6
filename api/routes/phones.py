"""Phones: connected, each by a key of its own."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.schemas.phones import ConnectIn, ConnectionOut
from geo_dispatch.services.tracking import connecting

router = APIRouter(prefix="/v1/technicians", tags=["technicians"], route_class=IdempotentRoute)


@router.post("/{technician_id}/connect", operation_id="connect_phone", status_code=201)
def connect_phone(
    context: Ctx, _caller: Caller, technician_id: str, body: ConnectIn
) -> ConnectionOut:
    """Give a technician's phone a key, and say how each tracking app is set up with it.

    The key is shown only in this answer. Sent with an Idempotency-Key, the answer is kept for
    repeats, the key with it: leave the header out where nobody may read the database.
    """
    made = connecting.connect(context, technician_id, rotate=body.rotate)
    return ConnectionOut.model_validate(connecting.connection_view(made))
