"""Who goes along from now on: judged like an assignment, before anybody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from geo_dispatch.dispatch.ranking.crews import hands
from geo_dispatch.dispatch.ranking.exclusions import NEVER, Exclusion
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.dispatch.work.orders import ENDED, Status, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import AssignmentConflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching import crews
from geo_dispatch.services.dispatching.assignments import assign
from geo_dispatch.services.dispatching.candidates import situation
from geo_dispatch.services.dispatching.objections import sentence
from geo_dispatch.services.dispatching.placing import Wish
from geo_dispatch.tracking.nearest import PositionIndex


def change(
    ctx: Context,
    order_id: str,
    member_ids: Sequence[str],
    *,
    positions: PositionIndex,
    actor: Actor,
    force: bool = False,
    reason: str = "",
    expected_version: int | None = None,
) -> WorkOrder:
    """These go with the technician who has the order: somebody joins, is replaced, or stays away.

    Whoever joins a visit that nobody has set out to is judged like a move, and all of them begin
    when the last is there. Whoever joins work that is under way is asked for time and place from
    now on. Staying away needs nobody's leave.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    TransitionNotAllowed
        Nobody has the order, or it has ended.
    InvalidInput
        Somebody is named who isn't there, or named twice; force without a reason.
    AssignmentConflict
        Somebody who joins can't be there; ``conflicts`` says who and why.
    """
    members = tuple(TechnicianId(one) for one in member_ids)
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        crews.check(unit, order.technician_id, members)
    joining = [one for one in members if one not in order.crew]
    carry_out = partial(crews.change, ctx, order.id, members, actor=actor, reason=reason)
    if not joining or order.technician_id is None or order.status in ENDED:
        return carry_out(expected_version=expected_version)
    if order.status is Status.ASSIGNED:
        return assign(
            ctx,
            order.id,
            order.technician_id,
            positions=positions,
            actor=actor,
            wish=Wish(crew=members),
            force=force,
            reason=reason,
            expected_version=expected_version,
        )
    _refuse(_against(ctx, order, joining, positions), order, force=force, reason=reason)
    return carry_out(
        expected_version=order.version if expected_version is None else expected_version
    )


def _against(
    ctx: Context, order: WorkOrder, joining: Sequence[TechnicianId], positions: PositionIndex
) -> list[tuple[str, Exclusion]]:
    """What speaks against each who joins work that is under way."""
    case, fleet, version = situation(ctx, order.id, positions=positions, now=ctx.clock())
    case = replace(case, order=replace(case.order, start_at=None))
    found = rank(hands(case), fleet.only(joining), params=version.policy.ranking).excluded
    return [(one.call_sign, exclusion) for one in found for exclusion in one.exclusions]


def _refuse(
    against: Sequence[tuple[str, Exclusion]], order: WorkOrder, *, force: bool, reason: str
) -> None:
    if force and not reason.strip():
        fault = Fault("reason", "is empty; say why the limits are overridden")
        raise InvalidInput("this crew cannot be forced", [fault])
    never = any(exclusion.code in NEVER for _, exclusion in against)
    if not against or (force and not never):
        return
    raise AssignmentConflict(
        f"they cannot go along to {order.number}; force with a reason to send them all the same",
        [Fault(one.code, f"{call_sign}: {sentence(one)}") for call_sign, one in against],
    )
