"""What an emergency meets: everybody as they stand, and the least change that deals with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.policy.document import EmergencyParams
from geo_dispatch.dispatch.ranking.booking import allocate, not_aboard
from geo_dispatch.dispatch.ranking.crews import Choice
from geo_dispatch.dispatch.repairs.emergency import Emergency, EmergencyPlan, plan_emergency
from geo_dispatch.dispatch.repairs.emergency_crew import plan_crew
from geo_dispatch.dispatch.repairs.emergency_search import Fits
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import Window

Hosts = Mapping[TechnicianId, float]
"""Who may be sent, and what speaks against them without roads, in minutes of score."""


@dataclass(frozen=True, slots=True)
class Scene:
    """An emergency, and everybody who is asked.

    Attributes
    ----------
    plans
        Of those who are asked.
    hosts_of
        Who may be sent to the case at any time.
    crew_of
        The crew that the ranking would send to the case, of these.
    whole
        Whether these are all who are in service.
    """

    case: Case
    respond_by: datetime
    plans: tuple[Plan, ...]
    drives: Drives
    hosts_of: Callable[[Case], Hosts]
    crew_of: Callable[[Case, Sequence[Plan]], Choice | None]
    fits: Fits
    wait_price: float
    params: EmergencyParams
    whole: bool


def answer(scene: Scene) -> EmergencyPlan:
    """The least change; where that can't be told exactly, ``proven`` is False.

    An order for one that needs what is booked for others goes to whoever carries it, or can have
    it then; only when nobody can, it begins when the first is free. A crew is the ranking's.
    """
    case = scene.case
    if case.order.crew_size > 1:
        return _crewed(scene)
    plan = _alone(scene, case)
    free_from = _free_from(case) if plan.technician_id is None else None
    if free_from is None:
        return plan
    later = replace(case, order=replace(case.order, start_at=free_from))
    waited = _alone(scene, later)
    if waited.technician_id is None:
        return plan
    return replace(waited, start_at=free_from, proven=False)


def _alone(scene: Scene, case: Case) -> EmergencyPlan:
    hosts, drives = scene.hosts_of(case), scene.drives
    emergency = Emergency(case, hosts, scene.respond_by, scene.wait_price, _Equipped(scene))
    days = days_of(scene.plans, drives, case.now, case.zone)
    plan = plan_emergency(emergency, days, drives, scene.fits, scene.params)
    return replace(plan, proven=plan.proven and scene.whole)


def anytime(case: Case) -> Case:
    """Whoever comes late is better than nobody: that the window ends excludes no one here."""
    order = case.order
    return replace(case, order=replace(order, window=None, start_at=order.not_before))


_CREWS: Final = 5
"""Crews tried: whoever would have to touch what is firm is left out of the next."""


def _crewed(scene: Scene) -> EmergencyPlan:
    case, plans, drives = anytime(scene.case), list(scene.plans), scene.drives
    days = days_of(plans, drives, case.now, case.zone)
    emergency = Emergency(
        case,
        dict.fromkeys((one.technician.id for one in plans), 0.0),
        scene.respond_by,
        can_have=_Equipped(scene),
    )
    for _ in range(_CREWS):
        crew = scene.crew_of(case, plans)
        if crew is None:
            break
        found = plan_crew(emergency, days, drives, crew)
        if isinstance(found, EmergencyPlan):
            return found
        plans = [one for one in plans if one.technician.id != found]
    return EmergencyPlan(case.order.id, scene.respond_by, proven=False)


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
        self._names = {
            one.technician.id: not_aboard(self._case.order, [one.technician]) for one in scene.plans
        }

    def __call__(self, technician_id: TechnicianId, stay: Stay) -> bool:
        names, case = self._names[technician_id], self._case
        if not names or stay.begin_at is None or stay.finish_at is None:
            return not names
        window = Window(stay.begin_at, stay.finish_at)
        found = allocate(names, case.resources, case.bookings, window, order_id=case.order.id)
        return not found.lacks
