"""What an emergency meets: everybody as they stand, and the least change that deals with it."""

from __future__ import annotations

import math
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
    it then; only when nobody can, somebody sets out when the first is free. A crew is that of the
    ranking.
    """
    case = scene.case
    if case.order.crew_size > 1:
        return _crewed(scene)
    plan = _alone(scene, case)
    if plan.technician_id is not None:
        return plan
    return _waited(scene) or plan


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


def _waited(scene: Scene) -> EmergencyPlan | None:
    """What it comes to when somebody sets out as soon as all that it needs is free.

    Tried for the ways of all to it, halving them, down to the shortest by which somebody can.
    """
    case, drives = scene.case, scene.drives
    days = days_of(scene.plans, drives, case.now, case.zone)
    places = {day.start.place for day in days if day.start is not None}
    ways = (drives(place, case.site.location) for place in places)
    legs_s = sorted({math.ceil(leg_s) for leg_s in ways if leg_s is not None})
    best: EmergencyPlan | None = None
    low, high = 0, len(legs_s)
    while low < high:
        middle = (low + high) // 2
        found = _once_free(scene, legs_s[middle])
        if found is not None:
            best, high = found, middle
        else:
            low = middle + 1
    return best


def _once_free(scene: Scene, leg_s: int) -> EmergencyPlan | None:
    """What it comes to when whoever is so near sets out then; None: nobody can."""
    case = scene.case
    free_from = _free_from(case, leg_s + case.order.duration_s)
    if free_from is None:
        return None
    start_at = free_from + timedelta(seconds=leg_s)
    plan = _alone(scene, replace(case, order=replace(case.order, start_at=start_at)))
    if plan.technician_id is None:
        return None
    return replace(plan, start_at=start_at, proven=False)


def _free_from(case: Case, length_s: float) -> datetime | None:
    """When all that the order needs and is booked for others is free so long; None: never."""
    window = Window(case.now, case.now + timedelta(seconds=length_s))
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
        if not names or stay.away is None:
            return not names
        found = allocate(names, case.resources, case.bookings, stay.away, order_id=case.order.id)
        return not found.lacks
