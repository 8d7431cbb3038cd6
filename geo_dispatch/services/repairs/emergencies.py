"""Emergencies as one step: placed, assigned, room made, everybody told, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.availability import so_long
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.feasibility import deadlines
from geo_dispatch.dispatch.ranking.candidates import Ranking
from geo_dispatch.dispatch.repairs.changes import Change
from geo_dispatch.dispatch.repairs.emergency import EmergencyPlan, respond_by_of
from geo_dispatch.dispatch.repairs.workings import EmergencyInputs
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.dispatch.work.orders import FlagCode, OrderFields, Status, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.candidates import Considered, readable_ranking
from geo_dispatch.services.orders.lifecycle import apply
from geo_dispatch.services.orders.work_orders import change_in, place_in
from geo_dispatch.services.policy import decisions, workings
from geo_dispatch.services.repairs.changes import Grounds, apply_changes
from geo_dispatch.services.repairs.emergency_scene import Scene, considered, planned, scene_of
from geo_dispatch.services.views import View, order_view
from geo_dispatch.tracking.nearest import PositionIndex

SOURCE: Final = "emergency"
"""Who decided, as `WorkOrder.assignment_source`."""

MOST_DAYS: Final = 400
"""Of a larger fleet, only so many who are nearest by crow's flight are asked."""


@dataclass(frozen=True, slots=True)
class Call:
    """An emergency that is called in.

    Attributes
    ----------
    order_id
        An order that waits already, by id or number; None for a new one, of ``fields``.
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
        Those of the changes: as stored, or in a dry run as they would be.
    """

    order: WorkOrder
    case: Case
    plan: EmergencyPlan
    ranking: Ranking
    call_signs: Mapping[TechnicianId, str]
    orders: Mapping[OrderId, WorkOrder]


def declare(
    ctx: Context,
    call: Call,
    *,
    positions: PositionIndex,
    actor: Actor,
    dry_run: bool = False,
    most_days: int = MOST_DAYS,
) -> Declared:
    """Send somebody, with the least change to the day; all of it in one transaction.

    The answer is worked out before records are locked. If they changed meanwhile, it is worked
    out again while nobody else can change them. A dry run does all of it, and keeps none.

    Raises
    ------
    InvalidInput
        Every fault of the new order.
    NotFound
        There is no such order.
    Conflict
        The order doesn't wait: somebody has it, it has ended, or it is on hold.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:  # never committed: what is placed here leaves no trace
        order, limit = _called(ctx, unit, call, actor)
        scene = scene_of(ctx, unit, order, positions=positions, now=now, most_days=most_days)
    worked, ranked = planned(ctx, scene, limit.respond_by), considered(scene)
    ranking = _readable(ctx, ranked, worked[0])
    with ctx.store.write() as unit:
        order, limit = _called(ctx, unit, call, actor, order_id=order.id, limit=limit)
        current = scene_of(ctx, unit, order, positions=positions, now=now, most_days=most_days)
        if current.fingerprint != scene.fingerprint:
            scene, ranked = current, considered(current)
            worked = planned(ctx, current, limit.respond_by)
            ranking = _readable(ctx, ranked, worked[0])
        orders = _carried_out(ctx, unit, ranked, worked, actor, ranking=ranking)
        if not dry_run:
            unit.commit()
    return _declared(scene, worked[0], ranking, orders)


def _readable(ctx: Context, ranked: Considered, plan: EmergencyPlan) -> Ranking:
    """The ranking, with closures named where nobody goes: only then are reasons told."""
    return readable_ranking(ctx, ranked) if plan.technician_id is None else ranked.ranking


@dataclass(frozen=True, slots=True)
class _Limit:
    """When somebody must be there, and the order's due time for it; None leaves the order's."""

    respond_by: datetime
    due_at: datetime | None


def _called(
    ctx: Context,
    unit: Unit,
    call: Call,
    actor: Actor,
    *,
    order_id: OrderId | None = None,
    limit: _Limit | None = None,
) -> tuple[WorkOrder, _Limit]:
    """The order in question: placed now, or one that waits; an emergency in either case."""
    if call.order_id is None:
        order = place_in(ctx, unit, {**call.fields, "priority": 1}, actor=actor, order_id=order_id)
    else:
        order = unit.orders.by_number(call.order_id) or unit.orders.get(call.order_id)
        if order.status is not Status.NEW:
            raise Conflict(
                f"{order.number} is {order.status}: only an order that waits can be sent out "
                "as an emergency; unassign it first",
                [Fault("order_id", f"{order.number} is {order.status}")],
            )
        if order.hold is not None:
            raise Conflict(
                f"{order.number} is on hold ({order.hold.reason}): nobody can be sent; "
                "release it first",
                [Fault("order_id", f"{order.number} is on hold")],
            )
        order = change_in(ctx, unit, order, {"priority": 1}, actor=actor)
    limit = limit or _limit_of(ctx, unit, order, call)
    if limit.due_at is not None:
        order = change_in(ctx, unit, order, {"due_at": limit.due_at}, actor=actor)
    return order, limit


def _limit_of(ctx: Context, unit: Unit, order: WorkOrder, call: Call) -> _Limit:
    """By when; what neither the SLA nor the window asks for becomes the order's due time.

    So its ETA is held against it, and it is at risk before it is late.
    """
    policy = unit.policies.in_force().policy.emergency
    respond_by = call.respond_by or respond_by_of(order, ctx.clock(), policy)
    if any(one.of == "begin" and one.at <= respond_by for one in deadlines(order)):
        return _Limit(respond_by, None)
    due_at = respond_by + timedelta(seconds=order.duration_s)
    sooner = order.due_at is None or due_at < order.due_at
    return _Limit(respond_by, due_at if sooner else None)


def _carried_out(
    ctx: Context,
    unit: Unit,
    ranked: Considered,
    worked: tuple[EmergencyPlan, EmergencyInputs],
    actor: Actor,
    *,
    ranking: Ranking,
) -> dict[OrderId, WorkOrder]:
    plan, inputs = worked
    order, now = unit.orders.get(ranked.case.order.id), ctx.clock()
    told = _told(ranked.case, ranking, plan)
    kept = decisions.keep(
        ctx,
        unit,
        ranked,
        kind="emergency",
        source=SOURCE,
        chosen_id=plan.technician_id,
        reason=told,
        actor=actor,
        working=workings.of_emergency(ctx, unit, inputs, plan),
    )
    if plan.technician_id is None:
        flag = c.RaiseFlag(code=FlagCode.NOBODY, fact=told)
        return {order.id: apply(ctx, unit, order, flag, actor=actor, now=now)}
    orders = apply_changes(
        ctx,
        unit,
        plan.rearrangement,
        source=SOURCE,
        actor=actor,
        now=now,
        by_order_id=order.id,
        force=True,
        grounds={order.id: Grounds(tuple(kept.ranking), kept.id, plan.start_at)},
    )
    for order_id, fact in plan.flagged.items():
        flag = c.RaiseFlag(code=FlagCode.BUMPED, fact=fact)
        orders[order_id] = apply(ctx, unit, orders[order_id], flag, actor=actor, now=now)
    return orders


def _told(case: Case, ranking: Ranking, plan: EmergencyPlan) -> str:
    """What it came to in one sentence; the first few reasons why nobody goes."""
    if plan.cost is not None:
        somebody = f"somebody by {case.clock(plan.respond_by)}"
        begins = plan.stay.begin_at if plan.stay is not None else None
        if plan.cost.late_min and begins is not None:
            late = so_long(plan.cost.late_min * 60)
            somebody = f"nobody before {case.clock(begins)}, {late} late"
        others = plan.cost.changes - 1
        change = "1 other order changes" if others == 1 else f"{others} other orders change"
        return f"{somebody}; {change}"
    number, size = case.order.number, case.order.crew_size
    facts = [f"{one.call_sign}: {one.exclusions[0].fact}" for one in ranking.excluded]
    facts += [f"{one.number} {one.why}" for one in plan.firm]
    said = "; ".join(facts[:_SAID]) + (f"; {len(facts) - _SAID} more" if facts[_SAID:] else "")
    if size > 1:
        together = f"{size} technicians can't begin together at {number}"
        return f"{together}: {said}" if said else together
    return f"nobody can come to {number}: {said or 'nobody is in service'}"


_SAID: Final = 3


def _declared(
    scene: Scene, plan: EmergencyPlan, ranking: Ranking, known: Mapping[OrderId, WorkOrder]
) -> Declared:
    standing = {stop.order.id: stop.order for one in scene.fleet.plans for stop in one.stops}
    call_signs = {one.technician.id: one.technician.call_sign for one in scene.fleet.plans}
    return Declared(
        order=known[scene.case.order.id],
        case=scene.case,
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
        "crew": list(plan.crew),
        "told": _told(declared.case, declared.ranking, plan),
        "respond_by": plan.respond_by,
        "arrive_at": stay.arrive_at if stay is not None else None,
        "begin_at": stay.begin_at if stay is not None else None,
        "cost": msgspec.to_builtins(cost) if cost is not None else None,
        "proven": plan.proven,
        "changes": [_change_view(declared, change) for change in plan.rearrangement.changes],
        "flagged": [
            {"order_id": order_id, "fact": fact} for order_id, fact in plan.flagged.items()
        ],
        "firm": msgspec.to_builtins(plan.firm),
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
