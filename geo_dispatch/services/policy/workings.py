"""What emergencies and repairs were worked out from: kept, and worked out again."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.policy.decisions import Decision, Working
from geo_dispatch.dispatch.repairs.changes import Change
from geo_dispatch.dispatch.repairs.emergency import EmergencyPlan
from geo_dispatch.dispatch.repairs.proposals import Proposal
from geo_dispatch.dispatch.repairs.repair import Repair
from geo_dispatch.dispatch.repairs.workings import (
    EmergencyInputs,
    RepairInputs,
    answer_again,
    pack_inputs,
    plan_bytes,
    repair_again,
    repair_bytes,
    unpack_emergency,
    unpack_repair,
)
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.services.desk import Desk


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """An emergency or a repair, worked out again.

    Attributes
    ----------
    same
        Whether the same comes of it, to the byte.
    """

    changes: tuple[Change, ...]
    same: bool


def of_emergency(ctx: Desk, unit: Unit, inputs: EmergencyInputs, plan: EmergencyPlan) -> Working:
    """Keep what the answer to an emergency was worked out from, within a unit."""
    return _kept(ctx, unit, inputs, plan_bytes(plan))


def of_repair(ctx: Desk, unit: Unit, inputs: RepairInputs, repair: Repair) -> Working:
    """Keep what a repair was worked out from, within a unit."""
    return _kept(ctx, unit, inputs, repair_bytes(repair))


def decide(
    ctx: Desk, unit: Unit, proposal: Proposal, *, actor: Actor
) -> Mapping[OrderId, Decision]:
    """Keep, within a unit, who goes by an accepted repair: a decision for each order that it gives.

    They share what the repair was worked out from.
    """
    if proposal.working_id is None:
        return {}
    digest = unit.decisions.working(proposal.working_id).digest
    policy, performance = unit.policies.in_force(), unit.performances.in_force()
    made = {
        change.order_id: Decision(
            id=ctx.new_id("de"),
            order_id=change.order_id,
            at=ctx.clock(),
            actor=actor.label,
            kind="repair",
            source="repair",
            chosen_id=change.technician_after,
            suggested_id=change.technician_after,
            reason=change.why,
            policy_version=policy.version,
            performance_version=performance.version,
            inputs=b"",
            ranking=[],
            digest=digest,
            working_id=proposal.working_id,
        )
        for change in proposal.rearrangement.changes
        if change.team_after != change.team_before
    }
    for decision in made.values():
        unit.decisions.add(decision)
    return made


def again(unit: Unit, decision: Decision) -> WorkedOut | None:
    """What comes of what it was worked out from; None when it is a ranking alone."""
    if decision.working_id is None:
        return None
    working = unit.decisions.working(decision.working_id)
    packed = zlib.decompress(working.inputs)
    if decision.kind == "emergency":
        plan = answer_again(unpack_emergency(packed))
        changes, told = plan.rearrangement.changes, plan_bytes(plan)
    else:
        repair = repair_again(unpack_repair(packed))
        changes, told = repair.rearrangement.changes, repair_bytes(repair)
    return WorkedOut(changes, _digest(told) == working.digest)


def _kept(ctx: Desk, unit: Unit, inputs: EmergencyInputs | RepairInputs, told: bytes) -> Working:
    packed = zlib.compress(pack_inputs(inputs))
    working = Working(ctx.new_id("wk"), packed, _digest(told))
    unit.decisions.keep_working(working)
    return working


def _digest(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()
