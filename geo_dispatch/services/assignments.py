"""Giving orders to technicians and taking them back, by hand or to the top of the ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch import commands as c
from geo_dispatch.dispatch.candidates import Ranking
from geo_dispatch.dispatch.case import Case
from geo_dispatch.dispatch.orders import Status, WorkOrder
from geo_dispatch.dispatch.plan import Plan
from geo_dispatch.dispatch.qualification import NEVER, Exclusion
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import AssignmentConflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import AssignmentId, OrderId, TechnicianId
from geo_dispatch.services.candidates import Considered, candidate_view, consider
from geo_dispatch.services.context import Context
from geo_dispatch.services.orders import apply
from geo_dispatch.services.plans import load_plans
from geo_dispatch.tracking.nearest import PositionIndex

KEPT: Final = 20
"""Candidates kept with the decision, and whoever was chosen."""


def assign(
    ctx: Context,
    order_id: str,
    technician_id: str | None,
    *,
    positions: PositionIndex,
    actor: Actor,
    force: bool = False,
    reason: str = "",
    expected_version: int | None = None,
) -> WorkOrder:
    """Give the order to a technician; whoever had it before loses it.

    Parameters
    ----------
    technician_id
        None takes the first of the ranking.
    force
        Override what excludes the technician; needs a reason.

    Returns
    -------
    WorkOrder
        As stored. Giving it to who has it already changes nothing.

    Raises
    ------
    NotFound
        No such order or technician.
    AssignmentConflict
        The technician is excluded, or, with None, everybody is; ``conflicts`` says why.
    InvalidInput
        Force without a technician or without a reason.
    VersionConflict
        The order changed while this was decided: somebody else was first.
    TransitionNotAllowed
        The order stands where it can't change hands.
    """
    _check_force(technician_id, force=force, reason=reason)
    now = ctx.clock()
    also = None if technician_id is None else TechnicianId(technician_id)
    considered = consider(ctx, order_id, positions=positions, now=now, also=also)
    order = considered.case.order
    if also is not None and also == order.technician_id and order.status is not Status.NEEDS_HELP:
        return order
    chosen = _first(considered) if also is None else also
    conflicts = _conflicts(considered, chosen, force=force)
    with ctx.store.write() as unit:
        base = order.version if expected_version is None else expected_version
        order = unit.orders.expect(order_id, base)
        before, later = _split(unit, considered.case, chosen)
        command = c.Assign(
            assignment_id=AssignmentId(ctx.new_id("as")),
            technician_id=chosen,
            sequence=len(before) + 1,
            source="auto" if technician_id is None else "manual",
            reason=reason,
            conflicts=tuple(msgspec.to_builtins(conflict) for conflict in conflicts),
            ranking=_kept(considered.ranking, chosen),
        )
        given = apply(ctx, unit, order, command, actor=actor, now=now)
        _number(ctx, unit, [*before, given.id, *later], actor)
        _close_gaps(ctx, unit, order.technician_id, actor)
        unit.commit()
    return given


def unassign(
    ctx: Context,
    order_id: str,
    *,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
) -> WorkOrder:
    """Take the order from its technician; it waits again.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    TransitionNotAllowed
        Nobody has it, or they are at work on it.
    """
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        taken = apply(ctx, unit, order, c.Unassign(reason=reason), actor=actor)
        _close_gaps(ctx, unit, order.technician_id, actor)
        unit.commit()
    return taken


def _check_force(technician_id: str | None, *, force: bool, reason: str) -> None:
    faults = []
    if force and technician_id is None:
        faults.append(Fault("technician_id", "is missing; force overrides one technician's limits"))
    if force and not reason.strip():
        faults.append(Fault("reason", "is empty; say why the limits are overridden"))
    if faults:
        raise InvalidInput("this assignment cannot be forced", faults)


def _first(considered: Considered) -> TechnicianId:
    ranking = considered.ranking
    if ranking.candidates:
        return ranking.candidates[0].technician_id
    raise AssignmentConflict(
        f"nobody can be sent to {considered.case.order.number}",
        [
            Fault(one.call_sign, _said(exclusion))
            for one in ranking.excluded
            for exclusion in one.exclusions
        ]
        or [Fault("technicians", "there are none in service")],
    )


def _conflicts(
    considered: Considered, technician_id: TechnicianId, *, force: bool
) -> tuple[Exclusion, ...]:
    conflicts = considered.ranking.exclusions_of(technician_id)
    if not conflicts or (force and not any(one.code in NEVER for one in conflicts)):
        return conflicts
    remedy = "this can't be forced" if force else "force with a reason to send them all the same"
    raise AssignmentConflict(
        f"{technician_id} cannot be sent to {considered.case.order.number}; {remedy}",
        [Fault(conflict.code, _said(conflict)) for conflict in conflicts],
    )


def _said(exclusion: Exclusion) -> str:
    return f"{exclusion.fact}; lifted by: {exclusion.lifts}" if exclusion.lifts else exclusion.fact


def _kept(ranking: Ranking, chosen: TechnicianId) -> tuple[dict[str, Any], ...]:
    return tuple(
        candidate_view(candidate)
        for candidate in ranking.candidates
        if candidate.rank <= KEPT or candidate.technician_id == chosen
    )


def _split(
    unit: Unit, case: Case, technician_id: TechnicianId
) -> tuple[list[OrderId], list[OrderId]]:
    """The technician's open orders that come before the new one, and those after it."""
    plan = _plan(unit, technician_id)
    before = case.plan_before(plan).stops
    later = plan.without(case.order.id).stops[len(before) :]
    return [stop.order.id for stop in before], [stop.order.id for stop in later]


def _close_gaps(ctx: Context, unit: Unit, technician_id: TechnicianId | None, actor: Actor) -> None:
    if technician_id is not None:
        stops = _plan(unit, technician_id).stops
        _number(ctx, unit, [stop.order.id for stop in stops], actor)


def _plan(unit: Unit, technician_id: TechnicianId) -> Plan:
    return load_plans(unit, [unit.technicians.get(technician_id)], lambda _: None)[0]


def _number(ctx: Context, unit: Unit, order_ids: Sequence[OrderId], actor: Actor) -> None:
    """Number the orders from 1, one after another."""
    orders = unit.orders.many(order_ids)
    for sequence, order_id in enumerate(order_ids, start=1):
        apply(ctx, unit, orders[order_id], c.Resequence(sequence=sequence), actor=actor)
