"""What an emergency meets, as it stands in the records and on the roads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Plan, Stop
from geo_dispatch.dispatch.policy.document import PolicyVersion
from geo_dispatch.dispatch.ranking.crews import Choice, Seats
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.replay import inputs_of
from geo_dispatch.dispatch.ranking.search import Search
from geo_dispatch.dispatch.repairs.emergency import EmergencyPlan
from geo_dispatch.dispatch.repairs.emergency_scene import Scene as Asked
from geo_dispatch.dispatch.repairs.emergency_scene import anytime
from geo_dispatch.dispatch.repairs.workings import EmergencyInputs, answer_kept
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.kernel.ids import OrderId, TechnicianId
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


def planned(
    ctx: Context, scene: Scene, respond_by: datetime
) -> tuple[EmergencyPlan, EmergencyInputs]:
    """The least change, and all that it was worked out from."""
    fleet, policy, near = scene.fleet, scene.policy.policy, scene.near
    return answer_kept(
        Asked(
            case=scene.case,
            respond_by=respond_by,
            plans=tuple(fleet.plans[row] for row in near),
            drives=fleet.drives,
            hosts_of=lambda case: _hosts(scene, near, case),
            crew_of=lambda case, plans: _crew(scene, case, plans),
            fits=_Fits(ctx, scene),
            wait_price=policy.ranking.wait_price_of(scene.case.order),
            params=policy.emergency,
            whole=scene.whole,
        )
    )


def _hosts(scene: Scene, asked: Sequence[int], case: Case) -> dict[TechnicianId, float]:
    """Who of the rows asked may be sent, the times of their day left aside."""
    fleet = scene.fleet
    search = Search(anytime(case), fleet, scene.policy.policy.ranking, None)
    hosts = {}
    for row in asked:
        if search.able[row]:
            technician = fleet.plans[row].technician
            terms = search.scorer.standing(technician, float(search.work_s[row]))
            hosts[technician.id] = sum(term.minutes for term in terms)
    return hosts


def _crew(scene: Scene, case: Case, plans: Sequence[Plan]) -> Choice | None:
    fleet = scene.fleet
    some = Fleet(plans, fleet.roads, fleet.now, fleet.zone, known=fleet.drives.known)
    return Seats(case, some, scene.policy.policy.ranking).best()


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
