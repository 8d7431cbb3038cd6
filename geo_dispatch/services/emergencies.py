"""Emergencies as one step: placed, assigned, room made, everybody told, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec
import numpy as np

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch import commands as c
from geo_dispatch.dispatch.candidates import Ranking
from geo_dispatch.dispatch.case import Case
from geo_dispatch.dispatch.changes import Change
from geo_dispatch.dispatch.day import days_of
from geo_dispatch.dispatch.emergency import (
    Emergency,
    EmergencyPlan,
    plan_emergency,
    respond_by_of,
)
from geo_dispatch.dispatch.events import as_json
from geo_dispatch.dispatch.fleet import Fleet
from geo_dispatch.dispatch.orders import FlagCode, OrderFields, Status, WorkOrder
from geo_dispatch.dispatch.plan import Stop
from geo_dispatch.dispatch.policy import PolicyVersion
from geo_dispatch.dispatch.ranking import Search
from geo_dispatch.dispatch.replay import inputs_of
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services import bookings, decisions
from geo_dispatch.services.candidates import Considered
from geo_dispatch.services.cases import case_of
from geo_dispatch.services.changes import Grounds, apply_changes
from geo_dispatch.services.context import Context
from geo_dispatch.services.driving import roads_on
from geo_dispatch.services.orders import apply, change_in, place_in
from geo_dispatch.services.plans import load_plans
from geo_dispatch.services.views import View, order_view
from geo_dispatch.tracking.nearest import PositionIndex

SOURCE: Final = "emergency"
"""Who decided, as `WorkOrder.assignment_source`."""


@dataclass(frozen=True, slots=True)
class Call:
    """An emergency that is called in.

    Attributes
    ----------
    order_id
        An order that waits already; None for a new one, of ``fields``.
    respond_by
        When somebody must be there; None: what the SLA, the window or the policy says.
    """

    fields: OrderFields = field(default_factory=OrderFields)
    order_id: str | None = None
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """What an emergency came to, or in a dry run would come to.

    Attributes
    ----------
    ranking
        Everybody for this order alone; who excluded themselves, and why.
    call_signs
        Of the technicians in the changes.
    orders
        Those of the changes: as stored, or in a dry run as they stand.
    """

    order: WorkOrder
    plan: EmergencyPlan
    ranking: Ranking
    call_signs: Mapping[TechnicianId, str]
    orders: Mapping[OrderId, WorkOrder]


def declare(
    ctx: Context, call: Call, *, positions: PositionIndex, actor: Actor, dry_run: bool = False
) -> Declared:
    """Send somebody, with the least change to the day; all of it in one transaction.

    The answer is worked out before records are locked. If they changed meanwhile, it is worked
    out again while nobody else can change them.

    Raises
    ------
    InvalidInput
        Every fault of the new order; it takes a crew.
    NotFound
        There is no such order.
    Conflict
        The order doesn't wait: somebody has it, or it has ended.
    AssignmentConflict
        What it needs is booked for somebody else; ``conflicts`` says until when.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:  # never committed: what is placed here leaves no trace
        order = _called(ctx, unit, call, actor)
        scene = _scene(ctx, unit, order, positions, now)
    plan, considered = _planned(ctx, scene, call), _considered(scene)
    if dry_run:
        return _declared(scene, plan, considered.ranking, {order.id: order})
    with ctx.store.write() as unit:
        order = _called(ctx, unit, call, actor, order.id)
        current = _scene(ctx, unit, order, positions, now)
        if current.fingerprint != scene.fingerprint:
            scene, considered = current, _considered(current)
            plan = _planned(ctx, current, call)
        orders = _carried_out(ctx, unit, considered, plan, actor)
        unit.commit()
    return _declared(scene, plan, considered.ranking, orders)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What an emergency meets: the order, everybody as they stand, and what is in force."""

    case: Case
    fleet: Fleet
    policy: PolicyVersion

    @property
    def fingerprint(self) -> tuple[str, int, tuple[tuple[str, int], ...]]:
        """Whatever differs here changes the answer."""
        plans = self.fleet.plans
        people = [(plan.technician.id, plan.technician.version) for plan in plans]
        orders = [(stop.order.id, stop.order.version) for plan in plans for stop in plan.stops]
        return (self.case.order.number, self.policy.version, (*people, *orders))


def _called(
    ctx: Context, unit: Unit, call: Call, actor: Actor, order_id: OrderId | None = None
) -> WorkOrder:
    """The order in question: placed now, or one that waits; an emergency in either case."""
    if call.order_id is None:
        order = place_in(ctx, unit, {**call.fields, "priority": 1}, actor=actor, order_id=order_id)
    else:
        order = unit.orders.get(call.order_id)
        if order.status is not Status.NEW:
            raise Conflict(
                f"{order.number} is {order.status}: only an order that waits can be sent out "
                "as an emergency; unassign it first",
                [Fault("order_id", f"{order.number} is {order.status}")],
            )
        order = change_in(ctx, unit, order, {"priority": 1}, actor=actor)
    if order.crew_size > 1:
        raise InvalidInput(
            f"{order.number} takes {order.crew_size} technicians; assign it by its candidates, "
            "or send the first as an emergency for one",
            [Fault("crew_size", f"{order.crew_size} is more than one, whom an emergency sends")],
        )
    return order


def _scene(
    ctx: Context, unit: Unit, order: WorkOrder, positions: PositionIndex, now: datetime
) -> _Scene:
    plans = load_plans(unit, unit.technicians.list(), lambda one: positions.get(one.id))
    policy = unit.policies.in_force()
    case = case_of(ctx, unit, order, policy.policy, now)
    return _Scene(case, Fleet(plans, roads_on(ctx.roads), now, ctx.zone), policy)


def _planned(ctx: Context, scene: _Scene, call: Call) -> EmergencyPlan:
    case, fleet, policy = scene.case, scene.fleet, scene.policy.policy
    # Whoever comes late is better than nobody: that the window ends excludes no one here.
    anytime = replace(case, order=replace(case.order, window=None))
    search = Search(anytime, fleet, policy.ranking, None)
    hosts = {}
    for row in np.flatnonzero(search.able).tolist():
        technician = fleet.plans[row].technician
        terms = search.scorer.standing(technician, float(search.work_s[row]))
        hosts[technician.id] = sum(term.minutes for term in terms)
    respond_by = call.respond_by or respond_by_of(case.order, case.now, policy.emergency)
    emergency = Emergency(case, hosts, respond_by, policy.ranking.wait_price_of(case.order))
    days = days_of(fleet.plans, fleet.drives, fleet.now, fleet.zone)
    return plan_emergency(emergency, days, fleet.drives, _Fits(ctx, scene), policy.emergency)


class _Fits:
    """Whether a technician may be sent to a visit, the times of their day left aside."""

    def __init__(self, ctx: Context, scene: _Scene) -> None:
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


def _carried_out(
    ctx: Context, unit: Unit, considered: Considered, plan: EmergencyPlan, actor: Actor
) -> dict[OrderId, WorkOrder]:
    order, now = unit.orders.get(considered.case.order.id), ctx.clock()
    kept = decisions.keep(
        ctx,
        unit,
        considered,
        kind="emergency",
        source=SOURCE,
        chosen_id=plan.technician_id,
        reason=_reason(considered.case, plan),
        actor=actor,
    )
    if plan.technician_id is None:
        flag = c.RaiseFlag(code=FlagCode.NOBODY, fact=_nobody(considered.case, considered.ranking))
        return {order.id: apply(ctx, unit, order, flag, actor=actor, now=now)}
    orders = apply_changes(
        ctx,
        unit,
        plan.rearrangement,
        source=SOURCE,
        actor=actor,
        now=now,
        by_order_id=order.id,
        grounds={order.id: Grounds(tuple(kept.ranking), kept.id)},
    )
    for order_id, fact in plan.flagged.items():
        flag = c.RaiseFlag(code=FlagCode.BUMPED, fact=fact)
        orders[order_id] = apply(ctx, unit, orders[order_id], flag, actor=actor, now=now)
    stay = plan.stay
    if stay is not None and stay.depart_at is not None and stay.finish_at is not None:
        visit = Window(stay.depart_at, stay.finish_at)
        bookings.book_for(ctx, unit, orders[order.id], visit, actor=actor, now=now)
    return orders


def _considered(scene: _Scene) -> Considered:
    policy = scene.policy
    ranking, inputs = inputs_of(scene.case, scene.fleet, params=policy.policy.ranking)
    return Considered(scene.case, ranking, inputs, policy.policy, policy.version)


def _reason(case: Case, plan: EmergencyPlan) -> str:
    asked = f"somebody by {case.clock(plan.respond_by)}"
    if plan.cost is None:
        return f"{asked}: nobody can come"
    late = f", {plan.cost.late_min} min late" if plan.cost.late_min else ""
    return f"{asked}{late}; {plan.cost.changes - 1} other orders change"


def _nobody(case: Case, ranking: Ranking) -> str:
    """Why nobody goes, as the flag says it: the most frequent reasons."""
    facts = [f"{one.call_sign}: {one.exclusions[0].fact}" for one in ranking.excluded]
    said = "; ".join(facts[:_SAID]) + (f"; {len(facts) - _SAID} more" if facts[_SAID:] else "")
    return f"nobody can come to {case.order.number}: {said or 'nobody is in service'}"


_SAID: Final = 3


def _declared(
    scene: _Scene, plan: EmergencyPlan, ranking: Ranking, known: Mapping[OrderId, WorkOrder]
) -> Declared:
    standing = {stop.order.id: stop.order for one in scene.fleet.plans for stop in one.stops}
    call_signs = {one.technician.id: one.technician.call_sign for one in scene.fleet.plans}
    return Declared(
        order=known[scene.case.order.id],
        plan=plan,
        ranking=ranking,
        call_signs=call_signs,
        orders={**standing, **known},
    )


def view(declared: Declared, *, dry_run: bool) -> View:
    """What the emergency came to, as JSON."""
    plan, order = declared.plan, declared.order
    stay, cost = plan.stay, plan.cost
    assigned = plan.technician_id is not None
    return {
        "dry_run": dry_run,
        "order": order_view(order),
        "technician_id": plan.technician_id,
        "call_sign": declared.call_signs[plan.technician_id] if plan.technician_id else None,
        "respond_by": plan.respond_by,
        "arrive_at": stay.arrive_at if stay is not None else None,
        "begin_at": stay.begin_at if stay is not None else None,
        "cost": msgspec.to_builtins(cost) if cost is not None else None,
        "proven": plan.proven,
        "changes": [_change_view(declared, change) for change in plan.rearrangement.changes],
        "flagged": [
            {"order_id": order_id, "fact": fact} for order_id, fact in plan.flagged.items()
        ],
        "excluded": [] if assigned else msgspec.to_builtins(declared.ranking.excluded),
    }


def _change_view(declared: Declared, change: Change) -> View:
    order = declared.orders[change.order_id]
    stays = [
        stay
        for schedule in declared.plan.schedules.values()
        for stay in schedule.stays
        if stay.stop.order.id == change.order_id
    ]
    said = msgspec.to_builtins(change)
    return {
        **said,
        "call_sign_before": declared.call_signs.get(change.technician_before or TechnicianId("")),
        "call_sign_after": declared.call_signs.get(change.technician_after or TechnicianId("")),
        "eta": stays[0].arrive_at if stays else None,
        "window": as_json(order.window),
        "due_at": order.due_at,
        "sla": as_json(order.sla),
    }
