"""What technicians had to do, as the fold takes it: the stops of many, in one question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import shapely

from geo_dispatch.adapters.sql.jobs import Job
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.tracking.fences import Fence, circle_fence, polygon_fence
from geo_dispatch.tracking.neighbours import NEAR_M, Neighbour
from geo_dispatch.tracking.track import REMEMBERED_MS, Stop, StopState, TrackState

_DAY_MS: Final = 86_400_000

_AHEAD_MS: Final = _DAY_MS // 2
"""A job is one of the day from so long before it may begin."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A technician's jobs, and each as the stop that it is for the fold, in the same order."""

    jobs: tuple[Job, ...] = ()
    stops: tuple[Stop, ...] = ()


NOTHING: Final = Plan()


def beside(unit: Unit, plan: Plan, base: TrackState, states: Iterable[TrackState]) -> Plan | None:
    """The plan with the neighbours of those sites where a fold from ``base`` asks for them.

    That is where somebody arrived, or likely did: seldom, so that nobody else's are read. None
    when there are none.
    """
    asked = {stop.id for state in states for stop in state.stops if _asks(stop, base)}
    sites = {stop.site_id for stop in plan.stops if stop.id in asked}
    near = unit.sites_near.within(sites, NEAR_M) if sites else {}
    if not near:
        return None
    known = {
        site_id: tuple(
            Neighbour(one.id, _fence(one.place, one.fence, one.fence_radius_m)) for one in found
        )
        for site_id, found in near.items()
    }
    stops = (replace(stop, neighbours=known.get(stop.site_id, ())) for stop in plan.stops)
    return Plan(plan.jobs, tuple(stops))


def _asks(stop: StopState, base: TrackState) -> bool:
    dwell, before = stop.fence.dwell, base.stop(stop.id)
    known = 0 if before is None else len(before.fence.attendances)
    if len(stop.fence.attendances) > known:
        return True
    return dwell is not None and (dwell.suggested or dwell.contested_ms is not None)


def load_plans(unit: Unit, since_ms: Mapping[TechnicianId, int]) -> dict[TechnicianId, Plan]:
    """The jobs in each technician's hands, as far back as a fold from that time may look.

    Who has none is left out. Technicians whose folds begin on one day are asked for together.
    """
    by_day: defaultdict[int, list[TechnicianId]] = defaultdict(list)
    for technician_id, ms in since_ms.items():
        by_day[max(0, ms - REMEMBERED_MS) // _DAY_MS].append(technician_id)
    plans: dict[TechnicianId, Plan] = {}
    for day, technician_ids in by_day.items():
        found = unit.jobs.since(technician_ids, ms_to_datetime(day * _DAY_MS))
        plans |= {technician_id: _plan(jobs) for technician_id, jobs in found.items()}
    return plans


def load_plan(unit: Unit, technician_id: TechnicianId, since_ms: int) -> Plan:
    """The same of one technician."""
    return load_plans(unit, {technician_id: since_ms}).get(technician_id, NOTHING)


def _plan(jobs: Iterable[Job]) -> Plan:
    own = tuple(jobs)
    return Plan(own, tuple(_stop(job) for job in own))


def _stop(job: Job) -> Stop:
    released = job.released_at
    return Stop(
        id=job.id,
        order_id=job.order_id,
        site_id=job.site_id,
        from_ms=datetime_to_ms(job.assigned_at),
        until_ms=None if released is None else datetime_to_ms(released),
        sequence=job.order_sequence if job.current and job.order_sequence > 0 else job.sequence,
        fence=_fence(job.place, job.fence, job.fence_radius_m),
        told_ms=_told_ms(job) if job.current else None,
        today_ms=None if job.not_before is None else datetime_to_ms(job.not_before) - _AHEAD_MS,
    )


def _fence(place: LonLat, polygon: bytes | None, radius_m: float) -> Fence:
    return circle_fence(place, radius_m) if polygon is None else _polygon(polygon)


def _told_ms(job: Job) -> int | None:
    """Since when the technician is at the site by a person's word: arrived, or began to work."""
    arrival = job.arrival
    told = arrival.at if arrival and arrival.source == "person" else job.started_at
    return None if told is None else datetime_to_ms(told)


@lru_cache(maxsize=4096)
def _polygon(wkb: bytes) -> Fence:
    """Growing and preparing a polygon costs more than all the rest of a fold."""
    area = shapely.from_wkb(wkb)
    assert isinstance(area, shapely.Polygon | shapely.MultiPolygon)
    return polygon_fence(area)
