"""Drive times on the area's road graph."""

from __future__ import annotations

import json
from typing import Annotated, Final

import numpy as np
import shapely
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from api.auth import Caller
from api.deps import Ctx, parse_lonlat
from api.idempotency import IdempotentRoute
from api.schemas.common import Location
from api.schemas.roads import (
    MOST_CLOSED,
    ClosedOut,
    LineString,
    MatrixIn,
    MatrixOut,
    ReachOut,
    RouteOut,
    StepOut,
)
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import RoadEngine, Snaps
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.cut_off import closures_along

router = APIRouter(prefix="/v1/roads", tags=["roads"], route_class=IdempotentRoute)


@router.get("/route", operation_id="get_route")
def get_route(
    context: Ctx,
    _caller: Caller,
    source: Annotated[str, Query(alias="from", description="lon,lat", examples=["9.52,47.14"])],
    target: Annotated[str, Query(alias="to", description="lon,lat", examples=["9.51,47.17"])],
) -> RouteOut:
    """Find the fastest way from one place to another."""
    return route_between(context, parse_lonlat(source, "from"), parse_lonlat(target, "to"))


@router.post("/matrix", operation_id="post_matrix")
def post_matrix(context: Ctx, _caller: Caller, body: MatrixIn) -> MatrixOut:
    """Find the drive times from each of some places to each of others.

    Where closures leave no way, the first pairs that they cut off are listed with their reasons.
    """
    roads = context.roads
    times_ms = roads.matrix(_snap(roads, body.sources), _snap(roads, body.targets))
    rows = [[None if ms >= UNREACHABLE_MS else ms for ms in row] for row in times_ms.tolist()]
    return MatrixOut(durations_ms=rows, closed=_closed(context, body, times_ms))


@router.get("/reach", operation_id="get_reach")
def get_reach(
    context: Ctx,
    _caller: Caller,
    source: Annotated[str, Query(alias="from", description="lon,lat", examples=["9.52,47.14"])],
    minutes: Annotated[float, Query(gt=0, le=240)],
) -> ReachOut:
    """Draw the area that can be reached from a place within a time."""
    area = context.roads.reach(parse_lonlat(source, "from"), minutes * 60)
    return ReachOut(geometry=json.loads(shapely.to_geojson(area)), properties={"minutes": minutes})


def route_between(context: Context, source: LonLat, target: LonLat) -> RouteOut:
    """The fastest way as we answer it, or the reason why there is none."""
    roads = context.roads
    route = roads.route(source, target)
    if route is None:
        return RouteOut(
            duration_s=None,
            distance_m=None,
            geometry=None,
            times_s=[],
            steps=[],
            reason=_why_not(context, roads, source, target),
        )
    return RouteOut(
        duration_s=round(route.duration_s, 3),
        distance_m=round(route.distance_m, 1),
        geometry=LineString(coordinates=np.round(route.lonlats, 6).tolist()),
        times_s=np.round(route.times_s, 3).tolist(),
        steps=[
            StepOut(
                name=step.name,
                distance_m=round(step.distance_m, 1),
                duration_s=round(step.duration_s, 3),
            )
            for step in route.steps
        ],
    )


def _why_not(context: Context, roads: RoadEngine, source: LonLat, target: LonLat) -> str:
    if told := closures_along(context, [(source, target)]):
        return told
    snaps = roads.snap(np.array([source, target]))
    for name, place, street in zip(
        ("from", "to"), (source, target), snaps.street.tolist(), strict=True
    ):
        if street < 0:
            return f"{name} {place.lon},{place.lat} is too far from any street of this area"
    return "no street leads there from here"


def _closed(context: Context, body: MatrixIn, times_ms: NDArray[np.int32]) -> list[ClosedOut]:
    """The first pairs that closures cut off, and by which."""
    if not context.live_roads.in_force.records:
        return []
    found = []
    for row, column in np.argwhere(times_ms >= UNREACHABLE_MS)[:_MOST_LOOKED_AT].tolist():
        way = body.sources[row].to_core(), body.targets[column].to_core()
        if reason := closures_along(context, [way]):
            found.append(ClosedOut(source=row, target=column, reason=reason))
    return found[:MOST_CLOSED]


_MOST_LOOKED_AT: Final = 10 * MOST_CLOSED


def _snap(roads: RoadEngine, places: list[Location]) -> Snaps:
    return roads.snap(np.array([(place.lon, place.lat) for place in places], dtype=np.float64))
