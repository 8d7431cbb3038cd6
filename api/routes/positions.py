"""Where the technicians are."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.auth import Caller, only_for
from api.deps import InBox, State, parse_lonlat
from api.live.positions import freshness_of
from api.live.roster import Doing
from api.schemas.positions import (
    CellCount,
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
    mirror = state.feed.mirror
    as_of = mirror.as_of
    wanted = (one for one in mirror.positions() if bbox is None or bbox.holds(one.place))
    return PositionsOut.model_validate({"items": state.feed.view(wanted), "positions_as_of": as_of})


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
        int, Query(ge=0, le=cells.INDEX_RESOLUTION, description="H3 resolution of the cells.")
    ] = 7,
    format: Annotated[  # noqa: A002 - the name of the parameter
        Literal["counts", "geojson"], Query(description="`geojson` draws the cells.")
    ] = "counts",
) -> Response | DensityOut:
    """Count the technicians in use by H3 cell, everywhere or in a box; empty cells are left out."""
    as_of = state.feed.mirror.as_of
    now, settings = state.context.clock(), state.settings
    everybody: Counter[int] = Counter()
    live: Counter[int] = Counter()
    for position in state.feed.in_use():
        if bbox is None or bbox.holds(position.place):
            cell = cells.cell_to_parent(position.cell, res)
            everybody[cell] += 1
            live[cell] += freshness_of(position, settings, now) is Freshness.LIVE
    counts = [
        CellCount(cell=cells.cell_to_str(cell), count=count, live=live[cell])
        for cell, count in sorted(everybody.items())
    ]
    if format == "counts":
        return DensityOut(resolution=res, cells=counts, positions_as_of=as_of)
    features = [
        _drawn(cell, one.model_dump()) for cell, one in zip(sorted(everybody), counts, strict=True)
    ]
    body = {"type": "FeatureCollection", "features": features}
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


def _drawn(cell: int, properties: dict[str, Any]) -> dict[str, Any]:
    corners = cells.cell_to_polygon(cell).exterior.coords
    outline = [[round(lon, 6), round(lat, 6)] for lon, lat in corners]
    return {
        "type": "Feature",
        "id": properties["cell"],
        "geometry": {"type": "Polygon", "coordinates": [outline]},
        "properties": properties,
    }
