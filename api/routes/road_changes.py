"""What is different on the road: closures, slower driving, other speeds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.schemas.road_changes import (
    ClosureIn,
    NoteIn,
    RoadChangeOut,
    RoadChangesOut,
    SpeedFactorIn,
    SpeedsIn,
)
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.context import Context

router = APIRouter(prefix="/v1/roads", tags=["roads"], route_class=IdempotentRoute)

DryRun = Annotated[bool, Query(description="Answer which streets it is about; change nothing.")]


@router.post("/closures", operation_id="close_streets", status_code=201)
def close_streets(
    context: Ctx, caller: Caller, body: ClosureIn, dry_run: DryRun = False
) -> RoadChangeOut:
    """Close all streets that touch an area, or OSM ways, in both directions.

    Every answer goes by it from now on: this one's process at once, all others within a second.
    Who goes to a place on a closed street stops at the nearest one that is open. Where no way is
    left, answers name the closure. It stays until it is undone, or `until`.
    """
    return _entered(context, caller, body, dry_run=dry_run)


@router.post("/speed-factors", operation_id="slow_streets", status_code=201)
def slow_streets(
    context: Ctx, caller: Caller, body: SpeedFactorIn, dry_run: DryRun = False
) -> RoadChangeOut:
    """Have driving in an area take so many times as long; streets half in it, half as many."""
    return _entered(context, caller, body, dry_run=dry_run)


@router.post("/speeds", operation_id="set_street_speeds", status_code=201)
def set_street_speeds(
    context: Ctx, caller: Caller, body: SpeedsIn, dry_run: DryRun = False
) -> RoadChangeOut:
    """Set the speeds of OSM ways; directions that may not be driven stay so."""
    return _entered(context, caller, body, dry_run=dry_run)


@router.get("/changes", operation_id="list_road_changes")
def list_road_changes(
    context: Ctx,
    _caller: Caller,
    everything: Annotated[
        bool, Query(alias="all", description="Past and undone ones too, the newest first.")
    ] = False,
) -> RoadChangesOut:
    """List what is different on the road, now and later, the oldest first."""
    version, found = road_changes.listed(context, everything=everything)
    return RoadChangesOut(changes=[RoadChangeOut.of(seen) for seen in found], version=version)


@router.get("/changes/{change_id}", operation_id="get_road_change")
def get_road_change(context: Ctx, _caller: Caller, change_id: str) -> RoadChangeOut:
    """Read a change on the road."""
    return RoadChangeOut.of(road_changes.get(context, change_id))


@router.delete("/changes/{change_id}", operation_id="undo_road_change")
def undo_road_change(context: Ctx, caller: Caller, change_id: str) -> RoadChangeOut:
    """Undo a change on the road: all is as it was before; it stays on record."""
    return RoadChangeOut.of(road_changes.undo(context, change_id, actor=caller))


def _entered(context: Context, caller: Actor, body: NoteIn, *, dry_run: bool) -> RoadChangeOut:
    seen = road_changes.enter(context, body.change(), body.note(), actor=caller, dry_run=dry_run)
    return RoadChangeOut.of(seen)
