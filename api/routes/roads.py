"""Drive times on the area's road graph."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import numpy as np
import shapely
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from api.auth import Caller
from api.deps import Ctx, parse_lonlat
from api.idempotency import IdempotentRoute
from api.schemas.common import FaultOut, Location
from api.schemas.roads import (
    MOST_CLOSED,
    ClosedOut,
    LineString,
    MatrixIn,
    MatrixOut,
    NearestByRoadIn,
    NearestByRoadOut,
    ReachedOut,
    ReachOut,
    RouteOut,
    StepOut,
)
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import RoadEngine, Snaps
from geo_dispatch.roads.misplaced import refuse_misplaced
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.cut_off import closures_along

router = APIRouter(prefix="/v1/roads", tags=["roads"], route_class=IdempotentRoute)

ENDS: Final = ("from", "to")


@router.get("/route", operation_id="get_route")
def get_route(
    context: Ctx,
    _caller: Caller,
    source: Annotated[str, Query(alias="from", description="lon,lat", examples=["9.52,47.14"])],
    target: Annotated[str, Query(alias="to", description="lon,lat", examples=["9.51,47.17"])],
) -> RouteOut:
    """Find the fastest way from one place to another."""
    start, goal = parse_lonlat(source, "from"), parse_lonlat(target, "to")
    refuse_misplaced(np.array([start, goal]), context.roads.bounds, ENDS)
    return route_between(context, start, goal)


@router.post("/matrix", operation_id="post_matrix")
def post_matrix(context: Ctx, _caller: Caller, body: MatrixIn) -> MatrixOut:
    """Find the drive times from each of some places to each of others.

    Where closures leave no way, the first pairs that they cut off are listed with their reasons.
    """
    roads = context.roads
    sources, no_source = _snapped(roads, body.sources, "sources")
    targets, no_target = _snapped(roads, body.targets, "targets")
    times_ms = roads.matrix(sources, targets)
    metres = np.round(roads.distances_m(sources, targets), 1) if body.distances else None
    return MatrixOut(
        durations_ms=_or_null(times_ms, times_ms < UNREACHABLE_MS),
        distances_m=None if metres is None else _or_null(metres, np.isfinite(metres)),
        off_road=[FaultOut(where=one.where, message=one.message) for one in no_source + no_target],
        closed=_closed(context, body, times_ms),
    )


@router.post("/nearest", operation_id="post_nearest")
def post_nearest(context: Ctx, _caller: Caller, body: NearestByRoadIn) -> NearestByRoadOut:
    """Find those of many places that are reached first from one."""
    roads = context.roads
    source, no_source = _snapped(roads, [body.source], ["source"])
    targets, no_target = _snapped(roads, body.targets, "targets")
    rows, times_ms = roads.nearest(source, targets, body.most)
    return NearestByRoadOut(
        items=[
            ReachedOut(target=row, duration_ms=ms)
            for row, ms in zip(rows.tolist(), times_ms.tolist(), strict=True)
        ],
        off_road=[FaultOut(where=one.where, message=one.message) for one in no_source + no_target],
    )


@router.get("/reach", operation_id="get_reach")
def get_reach(
    context: Ctx,
    _caller: Caller,
    source: Annotated[str, Query(alias="from", description="lon,lat", examples=["9.52,47.14"])],
    minutes: Annotated[float, Query(gt=0, le=240)],
) -> ReachOut:
    """Draw the area that can be reached from a place within a time."""
    roads, place = context.roads, parse_lonlat(source, "from")
    snaps = roads.snap(np.array([place]), name=["from"])
    off = roads.off_road(np.array([place]), snaps, name=["from"])
    area = roads.reach(place, minutes * 60)
    return ReachOut(
        geometry=json.loads(shapely.to_geojson(area)),
        properties={"minutes": minutes, "reason": str(off[0]) if off else None},
    )


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
            reason=closures_along(context, [(source, target)])
            or roads.why_no_way(source, target, ENDS),
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


def _snapped(
    roads: RoadEngine, places: list[Location], name: str | list[str]
) -> tuple[Snaps, list[Fault]]:
    """The places on their streets, and what is known of those that are on none."""
    lonlats = np.array([(place.lon, place.lat) for place in places], dtype=np.float64)
    snaps = roads.snap(lonlats, name=name)
    return snaps, roads.off_road(lonlats, snaps, name=name)


def _or_null(cells: NDArray[Any], known: NDArray[np.bool_]) -> list[list[Any]]:
    """Rows of a table, None where it holds nothing."""
    rows: list[list[Any]] = cells.tolist()
    if known.all():
        return rows
    return [
        [value if there else None for value, there in zip(*row, strict=True)]
        for row in zip(rows, known.tolist(), strict=True)
    ]


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
