"""What upsets the day, and the repair that is proposed for it, or why nothing need be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import shapely

from geo_dispatch.dispatch.days.availability import clock_text
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.records.technicians import Leave
from geo_dispatch.dispatch.repairs.proposals import Cause, Proposal, ProposalState
from geo_dispatch.dispatch.repairs.repair import Repair
from geo_dispatch.dispatch.repairs.upset_day import Trouble
from geo_dispatch.dispatch.repairs.workings import RepairInputs
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import FlagCode
from geo_dispatch.kernel.actors import WORKER, Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import checked_lonlat
from geo_dispatch.kernel.ids import OrderId, ProposalId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.roads.changes import close_streets, speed_factor
from geo_dispatch.services.context import Context
from geo_dispatch.services.orders.lifecycle import apply
from geo_dispatch.services.policy import workings
from geo_dispatch.services.repairs import proposals
from geo_dispatch.services.repairs.fleet_day import FleetDay, load

HELP_TAKES: Final = timedelta(hours=1)
"""How long whoever is stuck is taken to be so, until somebody says more."""

MAX_CORNERS: Final = 10_000
"""Of an area in which driving is slower: each street at its edge is cut along all of them."""

_FREES: Final = frozenset({Cause.CANCELLED, Cause.NO_ACCESS, Cause.MATERIAL, Cause.HELD})
_WHAT: Final = {
    Cause.CANCELLED: "{order} was cancelled",
    Cause.NO_ACCESS: "nobody lets anybody in at {order}",
    Cause.MATERIAL: "{order} waits for material",
    Cause.HELD: "{order} is on hold",
    Cause.OVERRUN: "{who} takes longer than planned at {order}",
    Cause.LATE: "{who} runs late",
    Cause.ILL: "{who} is away",
    Cause.STUCK: "{who} is stuck{at}",
}
_NAMES_AN_ORDER: Final = frozenset(cause for cause, told in _WHAT.items() if "{order}" in told)


@dataclass(frozen=True, slots=True)
class Disruption:
    """Something that upset a technician's day.

    Attributes
    ----------
    order_id
        The order that it happened with; None when it is the technician alone.
    """

    cause: Cause
    technician_id: TechnicianId
    order_id: OrderId | None = None

    @property
    def subject(self) -> str:
        """What proposals about it are known by."""
        by_order = self.order_id is not None and self.cause is not Cause.LATE
        return str(self.order_id if by_order else self.technician_id)


def propose(ctx: Context, disruption: Disruption, *, actor: Actor = WORKER) -> Proposal:
    """Work out the least change that mends the day, and keep it for a dispatcher.

    Raises
    ------
    NotFound
        There is no such technician or order.
    InvalidInput
        It happens with an order, and none is named.
    RedisUnavailable
        There are no positions to be had.
    """
    if disruption.cause in _NAMES_AN_ORDER and disruption.order_id is None:
        raise InvalidInput(
            f"nobody can say what {disruption.cause.value!r} comes to",
            [Fault("order_id", "is missing; name the order that it happened with")],
        )
    now = ctx.clock()
    with ctx.store.read() as unit:
        who = unit.technicians.get(disruption.technician_id).call_sign
        order = unit.orders.get(disruption.order_id) if disruption.order_id else None
    number = order.number if order else ""
    at = f" at {number}" if number else ""
    what = _WHAT[disruption.cause].format(who=who, order=number, at=at)
    day = load(ctx, now, adjust=_adjusting(disruption, now))
    repair, inputs = day.repaired(_trouble(day, disruption, what))
    free = day.free_at(disruption.technician_id)
    spare = f"{who} is free from {clock_text(free, ctx.zone, now)}" if free else ""
    fact = f"{what}: {_outcome(repair, spare if disruption.cause in _FREES else '')}"
    if disruption.cause is Cause.MATERIAL and order is not None:
        fact += f"; when the material is there, release {order.number} or note a follow-up"
    proposal = _proposal(
        ctx, day, repair, cause=disruption.cause, subject=disruption.subject, fact=fact
    )
    return _keep(ctx, proposal, repair, inputs, actor)


def replan(
    ctx: Context,
    area: shapely.Polygon | shapely.MultiPolygon,
    factor: float | None,
    *,
    reason: str,
    actor: Actor,
) -> Proposal:
    """Propose repairs for days in which driving in the area is slower, or not possible.

    Parameters
    ----------
    factor
        Driving inside takes so many times as long; None: nobody drives there.

    Raises
    ------
    InvalidInput
        The factor is not above 0, or the area is none, or of more than `MAX_CORNERS` corners.
    InvalidPosition
        The area reaches beyond the earth.
    RedisUnavailable
        There are no positions to be had.
    """
    corners = int(shapely.get_num_coordinates(area))
    if corners > MAX_CORNERS:
        many = f"has {corners} corners, more than {MAX_CORNERS}; simplify it"
        raise InvalidInput(f"the area {many}", [Fault("area", many)])
    if area.is_empty or not area.is_valid:
        why = shapely.is_valid_reason(area) if not area.is_empty else "it is empty"
        raise InvalidInput(f"the area is none: {why}", [Fault("area", why)])
    west, south, east, north = area.bounds
    checked_lonlat(west, south, where="area")
    checked_lonlat(east, north, where="area")
    if factor is not None and not factor > 0:
        raise InvalidInput(
            "nobody drives so",
            [Fault("factor", f"{factor:g} is not above 0; leave it out to close the area")],
        )
    now = ctx.clock()
    change = close_streets(area=area) if factor is None else speed_factor(area, factor)
    day = load(ctx, now, roads=ctx.live_roads.what_if(change))
    what = reason or (
        "roads are closed" if factor is None else f"roads are {factor:g} times slower"
    )
    repair, inputs = day.repaired(Trouble("mend_all", what))
    fact = f"{what}: {_outcome(repair, '')}"
    subject = ctx.new_id("zone")
    proposal = _proposal(ctx, day, repair, cause=Cause.ROADS, subject=subject, fact=fact)
    return _keep(ctx, proposal, repair, inputs, actor)


def _adjusting(disruption: Disruption, now: datetime) -> Callable[[Plan], Plan] | None:
    """What the records don't say yet of the technician's day."""
    if disruption.cause is not Cause.STUCK:
        return None

    def adjusted(plan: Plan) -> Plan:
        technician = plan.technician
        if technician.id != disruption.technician_id:
            return plan
        held_up = Leave(Window(now, now + HELP_TAKES), "stuck")
        return replace(plan, technician=replace(technician, leave=(*technician.leave, held_up)))

    return adjusted


def _trouble(day: FleetDay, disruption: Disruption, what: str) -> Trouble:
    owner = disruption.technician_id
    if disruption.cause is Cause.ILL:
        return Trouble("relieve", what, owner)
    if disruption.cause in _FREES:
        return Trouble("fill", what, owner, day.waiting())
    return Trouble("mend", what, owner)


def _outcome(repair: Repair, spare: str) -> str:
    missed, left = len(repair.missed_before), len(repair.missed_after)
    if not repair.rearrangement.changes:
        if missed:
            return f"{_limits(missed)} missed, and no small change would help"
        return f"everything is in time; {spare or 'nothing need move'}"
    orders = len(repair.rearrangement.changes)
    moves = "one order changes" if orders == 1 else f"{orders} orders change"
    if missed == left:
        return f"{moves}"
    return f"{moves}, {_limits(left)} missed instead of {missed}"


def _limits(number: int) -> str:
    return {0: "no limit is", 1: "one limit is"}.get(number, f"{number} limits are")


def _proposal(
    ctx: Context, day: FleetDay, repair: Repair, *, cause: Cause, subject: str, fact: str
) -> Proposal:
    touched = {
        *(change.order_id for change in repair.rearrangement.changes),
        *(one for sequence in repair.rearrangement.sequences.values() for one in sequence),
    }
    changed = bool(repair.rearrangement.changes)
    return Proposal(
        id=ProposalId(ctx.new_id("pr")),
        cause=cause,
        subject=subject,
        fact=fact,
        state=ProposalState.OPEN if changed else ProposalState.NO_OP,
        at=day.now,
        expires_at=day.now + proposals.HOLDS_FOR,
        technician_ids=tuple(sorted(repair.rearrangement.sequences)),
        rearrangement=repair.rearrangement,
        base={one: version for one, version in day.versions.items() if one in touched},
        as_of=day.as_of,
    )


def _keep(
    ctx: Context, proposal: Proposal, repair: Repair, inputs: RepairInputs, actor: Actor
) -> Proposal:
    hopeless = _hopeless(repair)
    with ctx.store.write() as unit:
        if repair.rearrangement.changes:
            working = workings.of_repair(ctx, unit, inputs, repair)
            proposal = replace(proposal, working_id=working.id)
        kept = proposals.keep(unit, proposal, actor=actor)
        for order in unit.orders.many(hopeless).values():
            if order.technician_id is not None and order.flag is None:
                flag = c.RaiseFlag(code=FlagCode.NO_REPAIR, fact=proposal.fact)
                apply(ctx, unit, order, flag, actor=actor, now=proposal.at)
        unit.commit()
    return kept


def _hopeless(repair: Repair) -> Sequence[OrderId]:
    """Orders that miss a limit and that nothing small would help: a dispatcher has to judge."""
    if repair.rearrangement.changes:
        return ()
    return sorted({order_id for _, order_id in repair.missed_after})
