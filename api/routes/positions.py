"""Where the technicians are."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth import Caller, only_for
from api.deps import State
from api.schemas.positions import OnePositionOut, PositionsOut
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import TechnicianId

router = APIRouter(prefix="/v1", tags=["positions"])


@router.get("/positions", operation_id="list_positions")
def list_positions(state: State, _caller: Caller) -> PositionsOut:
    """List the last position of every technician in use."""
    mirror = state.feed.mirror
    as_of = mirror.as_of
    return PositionsOut.model_validate(
        {"items": state.feed.view(mirror.positions()), "positions_as_of": as_of}
    )


@router.get("/technicians/{technician_id}/position", operation_id="get_technician_position")
def get_technician_position(state: State, caller: Caller, technician_id: str) -> OnePositionOut:
    """Read a technician's last position."""
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    mirror = state.feed.mirror
    as_of = mirror.as_of
    position = mirror.get(TechnicianId(technician_id))
    views = state.feed.view([position] if position else [])
    if not views:
        raise NotFound("position of technician", technician_id, "no ping came so far")
    return OnePositionOut.model_validate(views[0] | {"positions_as_of": as_of})
