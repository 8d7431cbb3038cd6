"""Where a technician was: a trail to draw, and a day to play back."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.auth import Caller, only_for
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.schemas.common import Day, Moment
from api.schemas.trails import PlaybackOut, TrailOut
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.history import trail
from geo_dispatch.services.history.presence import span
from geo_dispatch.services.tracking.driven import trail_by_road

GEOJSON: Final = "application/geo+json"

router = APIRouter(prefix="/v1/technicians", tags=["history"], route_class=IdempotentRoute)

Purpose = Annotated[
    str, Query(max_length=200, description="Why you look; the technician can read it.")
]


class GeoJsonStream(StreamingResponse):
    """A body of GeoJSON, piece by piece."""

    media_type = GEOJSON


@router.get(
    "/{technician_id}/trail",
    operation_id="get_trail",
    response_class=GeoJsonStream,
    responses={200: {"model": TrailOut}},
)
def get_trail(
    context: Ctx,
    caller: Caller,
    technician_id: str,
    since: Annotated[Moment, Query(alias="from", description="With its zone.")],
    until: Annotated[Moment, Query(alias="to", description="At most 31 days later.")],
    simplify_m: Annotated[
        float, Query(description="Leave out points within so much of the line; at most 1000.")
    ] = 5.0,
    matched: Annotated[
        bool, Query(description="Lines along the streets that were driven; not simplified.")
    ] = False,
    purpose: Purpose = "",
) -> GeoJsonStream:
    """Read where a technician was, as GeoJSON; the event log and the technician hear who looked.

    Lines are broken where there was no fix for ten minutes. Made-up fixes and jumps are left out.
    `matched` gives a line for each stretch along streets, with its confidence, as `route-driven`
    does; what was not driven, and single fixes, is on no street.
    """
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    window = span(since, until)
    found = (
        trail_by_road(context, technician_id, window, actor=caller, purpose=purpose)
        if matched
        else trail.trail(context, technician_id, window, simplify_m, actor=caller, purpose=purpose)
    )
    return GeoJsonStream(trail.collection(found, window))


@router.get("/{technician_id}/playback", operation_id="get_playback")
def get_playback(
    context: Ctx,
    caller: Caller,
    technician_id: str,
    day: Annotated[Day, Query(alias="date", description="A local day.")],
    purpose: Purpose = "",
) -> PlaybackOut:
    """Read a technician's day, small enough to play back on a map; who looked is written down."""
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    found = trail.playback(context, technician_id, day, actor=caller, purpose=purpose)
    return PlaybackOut.model_validate(found)
