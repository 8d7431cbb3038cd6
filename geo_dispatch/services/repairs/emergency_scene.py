"""What an emergency meets: everybody as they stand, and the least change that deals with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.policy.document import PolicyVersion
from geo_dispatch.dispatch.ranking.booking import allocate, not_aboard
from geo_dispatch.dispatch.ranking.crews import best_team
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.replay import inputs_of
from geo_dispatch.dispatch.ranking.search import Search
from geo_dispatch.dispatch.repairs.emergency import (
    Emergency,
    EmergencyPlan,
    plan_emergency,
)
from geo_dispatch.dispatch.repairs.emergency_crew import plan_crew
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.candidates import Considered, fleet_of
from geo_dispatch.services.dispatching.cases import case_of
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.policy import decisions
from geo_dispatch.tracking.nearest import PositionIndex


@dataclass(frozen=True, slots=True)
class Scene:
    """The order, everybody as they stand, and the policy in force.

    Attributes
    ----------
    most_days
        Of a larger fleet, only so many who are nearest by crow's flight are asked.
    """

    case: Case
    fleet: Fleet
    policy: PolicyVersion
    most_days: int

    @property
    def whole(self) -> bool:
        """Whether the whole fleet is asked."""
        return len(self.fleet.plans) <= self.most_days

    @property
    def near(self) -> list[int]:
        """Rows of the fleet that are asked, in its order."""
        site = self.case.site.location
        away = [
            (haversine_m(start.place, site), row)
            for row, start in enumerate(self.fleet.starts)
            if start is not None
        ]
        return sorted(row for _, row in sorted(away)[: self.most_days])

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """Whatever differs here changes the answer."""
        plans = self.fleet.plans
        people = [(plan.technician.id, plan.technician.version) for plan in plans]
        orders = [(stop.order.id, stop.order.version) for plan in plans for stop in plan.stops]
        booked = [(one.id, one.window.start, one.window.end) for one in self.case.bookings]
        return (self.case.order.number, self.policy.version, *people, *orders, *booked)


def scene_of(
    ctx: Context,
    unit: Unit,
    order: WorkOrder,
    *,
    positions: PositionIndex,
    now: datetime,
    most_days: int,
) -> Scene:
    """The scene of the order, as everything stands in the unit."""
    plans = load_plans(unit, unit.technicians.list(), lambda one: positions.get(one.id))
    policy = unit.policies.in_force()
    case = case_of(ctx, unit, order, policy.policy, now)
    return Scene(case, fleet_of(ctx, plans, now), policy, most_days)


def planned(ctx: Context, scene: Scene, respond_by: datetime) -> EmergencyPlan:
    """The least change; where that can't be told exactly, ``proven`` is False.

    An order for one that needs what is booked for others goes to whoever carries it, or can have
    it then; only when nobody can, it begins when the first is free. A crew is the ranking's.
    """
    case = scene.case
    if case.order.crew_size > 1:
        return _crewed(scene, respond_by)
    plan = _alone(ctx, scene, case, respond_by)
    free_from = _free_from(case) if plan.technician_id is None else None
    if free_from is None:
        return plan
    later = replace(case, order=replace(case.order, start_at=free_from))
    waited = _alone(ctx, scene, later, respond_by)
    if waited.technician_id is None:
        return plan
    return replace(waited, start_at=free_from, proven=False)


def _alone(ctx: Context, scene: Scene, case: Case, respond_by: datetime) -> EmergencyPlan:
    fleet, policy = scene.fleet, scene.policy.policy
    search = Search(_anytime(case), fleet, policy.ranking, None)
    near = scene.near
    hosts = {}
    for row in near:
        if search.able[row]:
            technician = fleet.plans[row].technician
            terms = search.scorer.standing(technician, float(search.work_s[row]))
            hosts[technician.id] = sum(term.minutes for term in terms)
    emergency = Emergency(
        case,
        hosts,
        respond_by,
        policy.ranking.wait_price_of(case.order),
        _Equipped(scene),
    )
    days = days_of([fleet.plans[row] for row in near], fleet.drives, fleet.now, fleet.zone)
    plan = plan_emergency(emergency, days, fleet.drives, _Fits(ctx, scene), policy.emergency)
    return replace(plan, proven=plan.proven and scene.whole)


def _anytime(case: Case) -> Case:
    """Whoever comes late is better than nobody: that the window ends excludes no one here."""
    order = case.order
    return replace(case, order=replace(order, window=None, start_at=order.not_before))


_CREWS: Final = 5
"""Crews tried: whoever would have to touch what is firm is left out of the next."""


def _crewed(scene: Scene, respond_by: datetime) -> EmergencyPlan:
    case = _anytime(scene.case)
    fleet, params = scene.fleet, scene.policy.policy.ranking
    plans = [fleet.plans[row] for row in scene.near]
    days = days_of(plans, fleet.drives, fleet.now, fleet.zone)
    emergency = Emergency(
        case,
        dict.fromkeys((one.technician.id for one in plans), 0.0),
        respond_by,
        can_have=_Equipped(scene),
    )
    for _ in range(_CREWS):
        known = fleet.drives.known
        crew = best_team(
            case, Fleet(plans, fleet.roads, fleet.now, fleet.zone, known=known), params
        )
        if crew is None:
            break
        found = plan_crew(emergency, days, fleet.drives, crew)
        if isinstance(found, EmergencyPlan):
            return found
        plans = [one for one in plans if one.technician.id != found]
    return EmergencyPlan(case.order.id, respond_by, proven=False)


def _free_from(case: Case) -> datetime | None:
    """When everything that the order needs and is booked for others can be had; None: never."""
    window = Window(case.now, case.now + timedelta(seconds=case.order.duration_s))
    names = case.order.required_equipment
    lacks = allocate(names, case.resources, case.bookings, window, order_id=case.order.id).lacks
    free = [lack.free_from for lack in lacks if lack.free_from is not None]
    return max(free, default=None)


class _Equipped:
    """Whether a technician has aboard, or can book for the visit, what the order needs."""

    def __init__(self, scene: Scene) -> None:
        self._case = scene.case
        plans = scene.fleet.plans
        self._names = {
            one.technician.id: not_aboard(self._case.order, [one.technician]) for one in plans
        }

    def __call__(self, technician_id: TechnicianId, stay: Stay) -> bool:
        names, case = self._names[technician_id], self._case
        if not names or stay.begin_at is None or stay.finish_at is None:
            return not names
        window = Window(stay.begin_at, stay.finish_at)
        found = allocate(names, case.resources, case.bookings, window, order_id=case.order.id)
        return not found.lacks


def considered(scene: Scene) -> Considered:
    """Everybody ranked for the order alone: what is kept with the decision."""
    policy = scene.policy
    top = None if scene.whole else decisions.KEPT
    ranking, inputs = inputs_of(scene.case, scene.fleet, top=top, params=policy.policy.ranking)
    fleet, version = scene.fleet, policy.version
    return Considered(scene.case, ranking, inputs, fleet, policy.policy, version)


class _Fits:
    """Whether a technician may be sent to a visit, the times of their day left aside."""

    def __init__(self, ctx: Context, scene: Scene) -> None:
        self._ctx, self._scene = ctx, scene
        self._able: dict[OrderId, frozenset[TechnicianId]] = {}

    def __call__(self, stop: Stop, technician_id: TechnicianId) -> bool:
        able = self._able.get(stop.order.id)
        if able is None:
            able = self._able[stop.order.id] = self._of(stop.order)
        return technician_id in able

    def _of(self, order: WorkOrder) -> frozenset[TechnicianId]:
        ctx, fleet = self._ctx, self._scene.fleet
        with ctx.store.read() as unit:
            case = case_of(ctx, unit, order, self._scene.policy.policy, fleet.now)
        rows = np.flatnonzero(fleet.columns.able(case)).tolist()
        return frozenset(fleet.plans[row].technician.id for row in rows)
