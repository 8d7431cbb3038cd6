"""Where the technicians are."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.auth import Caller, only_for
from api.deps import InBox, State, parse_lonlat
from api.live.density import CellCount, counts
from api.live.positions import freshness_of
from api.live.roster import Doing
from api.schemas.positions import (
    DensityOut,
    NearestOut,
    OnePositionOut,
    PositionsOut,
)
from geo_dispatch.kernel import cells
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.freshness import Freshness
from geo_dispatch.tracking.positions import Position

router = APIRouter(prefix="/v1", tags=["positions"])

MAX_NEAREST: Final = 200


@router.get("/positions", operation_id="list_positions")
def list_positions(state: State, _caller: Caller, bbox: InBox) -> PositionsOut:
    """List the last position of every technician in use, or of those in a box."""
    as_of = state.feed.mirror.as_of
    items = state.feed.view(state.feed.in_use(bbox))
    return PositionsOut.model_validate({"items": items, "positions_as_of": as_of})


@router.get("/positions/nearest", operation_id="list_nearest")
def list_nearest(
    state: State,
    _caller: Caller,
    near: Annotated[str, Query(description="lon,lat", examples=["9.5209,47.141"])],
    count: Annotated[int, Query(ge=1, le=MAX_NEAREST)] = 10,
    skill: Annotated[list[str] | None, Query(description="One or several; they have all.")] = None,
    freshness: Annotated[
        Freshness | None, Query(description="Only positions that are worth that much.")
    ] = None,
) -> NearestOut:
    """List the technicians nearest to a place as the crow flies, exactly, the nearest first.

    Stale positions count, with their age; those that devices call made up don't. Who can be there
    first by road, and may do the work, is what candidates of an order tell.
    """
    place = parse_lonlat(near, "near")
    as_of = state.feed.mirror.as_of
    now, settings = state.context.clock(), state.settings
    skills = frozenset(skill or ())

    def wanted(doing: Doing, position: Position) -> bool:
        fresh = freshness is None or freshness_of(position, settings, now) is freshness
        able = skills <= {one.name for one in doing.technician.skills}
        return fresh and able and not position.mock

    items = state.feed.nearest(place, count, wanted)
    return NearestOut.model_validate({"items": items, "positions_as_of": as_of})


@router.get(
    "/density",
    operation_id="get_density",
    response_model=DensityOut,
    responses={200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}}},
)
def get_density(
    state: State,
    _caller: Caller,
    bbox: InBox,
    res: Annotated[
        int, Query(ge=0, le=cells.MAX_RESOLUTION, description="H3 resolution of the cells.")
    ] = 7,
    format: Annotated[  # noqa: A002 - the name of the parameter
        Literal["counts", "geojson"], Query(description="`geojson` draws the cells.")
    ] = "counts",
) -> Response | DensityOut:
    """Count the technicians in use by H3 cell, everywhere or in a box; empty cells are left out."""
    as_of = state.feed.mirror.as_of
    found = counts(state.feed.in_use(bbox), res, state.feed.is_live)
    if format == "counts":
        return DensityOut.model_validate(
            {"resolution": res, "cells": [one.plain for one in found], "positions_as_of": as_of}
        )
    body = {"type": "FeatureCollection", "features": [_drawn(one) for one in found]}
    return JSONResponse(body, media_type="application/geo+json")


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


def _drawn(one: CellCount) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": one.plain["cell"],
        "geometry": {"type": "Polygon", "coordinates": [one.outline]},
        "properties": one.plain,
    }
