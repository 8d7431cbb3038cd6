"""Mileage by road, and the way that a technician really drove."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.auth import Caller, only_for
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.routes.trails import GEOJSON, Purpose
from api.schemas.common import Day
from api.schemas.driven import MileageOut, RouteDrivenOut
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.tracking import ways
from geo_dispatch.services.tracking.driven import driven

router = APIRouter(prefix="/v1/technicians", tags=["history"], route_class=IdempotentRoute)

First = Annotated[Day, Query(alias="from", description="A local day.")]
Last = Annotated[Day, Query(alias="to", description="A local day, at most 30 days later.")]


class GeoJson(Response):
    """A body of GeoJSON."""

    media_type = GEOJSON


@router.get("/{technician_id}/mileage", operation_id="get_mileage")
def get_mileage(
    context: Ctx,
    caller: Caller,
    technician_id: str,
    first: First,
    last: Last,
    purpose: Purpose = "",
) -> MileageOut:
    """Read what a technician drove by day and trip; the event log and they hear who asked.

    Fixes are matched to the streets that were driven along, turns and one-way streets included.
    What no way explains is not in the kilometres by road: `matched` says how much is known.
    `ways` sets what was driven to each order against the engine's fastest way there.
    """
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    found = driven(
        context, technician_id, first, last, what="mileage", actor=caller, purpose=purpose
    )
    return MileageOut.of(found, lambda day: ways.of_day(context, technician_id, day))


@router.get(
    "/{technician_id}/route-driven",
    operation_id="get_route_driven",
    response_class=GeoJson,
    responses={200: {"model": RouteDrivenOut}},
)
def get_route_driven(
    context: Ctx,
    caller: Caller,
    technician_id: str,
    first: First,
    last: Last,
    purpose: Purpose = "",
) -> GeoJson:
    """Read the way that a technician really drove, as GeoJSON; who looked is written down."""
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    found = driven(context, technician_id, first, last, what="route", actor=caller, purpose=purpose)
    body = RouteDrivenOut.of(found)
    return GeoJson(body.model_dump_json(by_alias=True))
