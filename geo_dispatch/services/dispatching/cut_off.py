"""Which closures are why there is no way to a site: named with the reasons of rankings and days.

Those themselves don't know: they are kept and made again from drive times alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from geo_dispatch.dispatch.boards.conflicts import DayConflict
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day, legs_of
from geo_dispatch.dispatch.days.drives import Leg
from geo_dispatch.dispatch.days.plan import Plan, origin
from geo_dispatch.dispatch.ranking.candidates import Excluded
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.why_not import WhyNot
from geo_dispatch.dispatch.records.road_changes import RoadChangeRecord, closed_by
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context

Told = TypeVar("Told", Excluded, WhyNot)


def naming_closures(
    ctx: Context, case: Case, fleet: Fleet, told: Iterable[Told]
) -> tuple[Told, ...]:
    """The same, but where no way leads to the site because of closures, with those named."""
    return tuple(
        replace(one, exclusions=named(ctx, case, fleet, one.technician_id, one.exclusions))
        for one in told
    )


def named(
    ctx: Context,
    case: Case,
    fleet: Fleet,
    technician_id: TechnicianId,
    exclusions: Sequence[Exclusion],
) -> tuple[Exclusion, ...]:
    """Likewise what is against one technician."""
    unreachable = any(one.code is Code.UNREACHABLE for one in exclusions)
    if not (unreachable and ctx.live_roads.in_force.records):
        return tuple(exclusions)
    found = _closures(ctx, _ways(case, fleet.plans[fleet.rows[technician_id]]))
    if not found:
        return tuple(exclusions)
    return tuple(_naming(one, found) for one in exclusions)


def closures_along(ctx: Context, legs: Iterable[Leg]) -> str:
    """What to say of the first of the legs that closures leave no way on; empty without any."""
    found = _first_closed(ctx, legs)
    return f"no way by road: {closed_by(found)}" if found else ""


def closures_named(ctx: Context, day: Day, found: Iterable[DayConflict]) -> list[DayConflict]:
    """What is in the way of a day; where closures leave no way to a visit, with those named."""
    told = list(found)
    if not (ctx.live_roads.in_force.records and any(one.no_way for one in told)):
        return told
    closures = _first_closed(ctx, legs_of(day.plan, day.start))
    if not closures:
        return told
    said = closed_by(closures)
    return [replace(one, fact=f"{one.fact}: {said}") if one.no_way else one for one in told]


def _first_closed(ctx: Context, legs: Iterable[Leg]) -> list[RoadChangeRecord]:
    return next(filter(None, (ctx.live_roads.cutting_off(*leg) for leg in legs)), [])


def _ways(case: Case, plan: Plan) -> list[tuple[LonLat, LonLat]]:
    """From stop to stop, and from each to the site."""
    start = origin(plan, case.now, case.zone)
    places = [start.place] if start is not None else []
    places += [stop.place for stop in plan.stops]
    return [*pairwise(places), *((place, case.site.location) for place in places)]


def _closures(ctx: Context, ways: Iterable[tuple[LonLat, LonLat]]) -> list[RoadChangeRecord]:
    found = {one.id: one for way in dict.fromkeys(ways) for one in ctx.live_roads.cutting_off(*way)}
    return list(found.values())


def _naming(exclusion: Exclusion, closures: Sequence[RoadChangeRecord]) -> Exclusion:
    if exclusion.code is not Code.UNREACHABLE:
        return exclusion
    return replace(
        exclusion,
        fact=f"{exclusion.fact}: {closed_by(closures)}",
        lifts=f"an end of that, or {exclusion.lifts}",
        measured=exclusion.measured | {"closures": " ".join(one.id for one in closures)},
    )
