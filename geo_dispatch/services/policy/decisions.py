"""Decisions kept with all they were made from: to be looked at, made again, and counted."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.policy.decisions import Brief, Decision, DecisionKind, Working
from geo_dispatch.dispatch.ranking.candidates import Ranking
from geo_dispatch.dispatch.ranking.replay import Inputs, pack, ranking_bytes, replay, unpack
from geo_dispatch.dispatch.repairs.changes import Change
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import refuse_empty_period
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.dispatching.candidates import Considered, candidate_view
from geo_dispatch.services.policy import workings
from geo_dispatch.services.views import View

KEPT: Final = 20
"""Candidates shown with a decision, and whoever was chosen; the inputs hold all."""

_BY_RULE: Final = "rule:"

_INSIDE: Final = frozenset({"inputs", "working_id"})
"""What only a replay looks at."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision made again.

    Attributes
    ----------
    ranking
        None of a repair, which ranks nobody.
    changes
        What an emergency or a repair changes.
    same
        Whether all of it is the same, to the byte.
    """

    decision: Decision
    ranking: Ranking | None
    changes: tuple[Change, ...]
    same: bool


def keep(
    ctx: Desk,
    unit: Unit,
    considered: Considered,
    *,
    kind: DecisionKind,
    source: str,
    chosen_id: TechnicianId | None,
    reason: str,
    actor: Actor,
    working: Working | None = None,
) -> Decision:
    """Keep a decision, within a unit, with all it was made from.

    Parameters
    ----------
    source
        As `WorkOrder.assignment_source`; the code of the flag for ``"flag"``.
    working
        What an emergency was worked out from.
    """
    case, ranking = considered.case, considered.ranking
    machine = _of_a_rule(unit, considered) if kind == "manual" else None
    decision = Decision(
        id=ctx.new_id("de"),
        order_id=case.order.id,
        at=case.now,
        actor=actor.label,
        kind=kind,
        source=source,
        chosen_id=chosen_id,
        suggested_id=machine[1] if machine else _first(considered),
        reason=reason,
        policy_version=considered.policy_version,
        performance_version=case.performance.version if case.performance is not None else 0,
        inputs=zlib.compress(pack(considered.inputs)),
        ranking=shown(ranking, chosen_id),
        digest=hashlib.sha256(ranking_bytes(ranking)).hexdigest(),
        working_id=working.id if working is not None else None,
    )
    unit.decisions.add(decision)
    return decision


def shown(ranking: Ranking, chosen_id: TechnicianId | None) -> list[dict[str, Any]]:
    """The best of the ranking and whoever was chosen, as the API shows them."""
    return [
        candidate_view(candidate)
        for candidate in ranking.candidates
        if (candidate.rank or KEPT + 1) <= KEPT or candidate.technician_id == chosen_id
    ]


def get(desk: Desk, decision_id: str) -> Decision:
    """The decision.

    Raises
    ------
    NotFound
        There is none.
    """
    with desk.store.read() as unit:
        return unit.decisions.get(decision_id)


def of_order(desk: Desk, order_id: str) -> list[Brief]:
    """What was decided about the order, oldest first."""
    with desk.store.read() as unit:
        return unit.decisions.of_order(order_id)


def view(decision: Decision) -> View:
    """The decision as JSON, without what it was made from."""
    shown_of: View = msgspec.to_builtins(decision)
    return {name: value for name, value in shown_of.items() if name not in _INSIDE}


def replayed_view(replayed: Replayed) -> View:
    """The decision made again, as JSON."""
    ranking, decision = replayed.ranking, replayed.decision
    return {
        "decision": view(decision),
        "same": replayed.same,
        "candidates": [] if ranking is None else shown(ranking, decision.chosen_id),
        "changes": msgspec.to_builtins(replayed.changes),
    }


def again(desk: Desk, decision_id: str) -> Replayed:
    """The decision, made again from what was known then.

    Raises
    ------
    NotFound
        There is none.
    """
    with desk.store.read() as unit:
        decision = unit.decisions.get(decision_id)
        worked_out = workings.again(unit, decision)
    ranking = replay(inputs_of(decision)) if decision.inputs else None
    same = ranking is None or decision.digest == (
        hashlib.sha256(ranking_bytes(ranking)).hexdigest()
    )
    if worked_out is None:
        return Replayed(decision, ranking, (), same)
    return Replayed(decision, ranking, worked_out.changes, same and worked_out.same)


def inputs_of(decision: Decision) -> Inputs:
    """What the ranking of the decision was made from."""
    return unpack(zlib.decompress(decision.inputs))


def refuse_unexplained(
    unit: Unit, considered: Considered, chosen_id: TechnicianId, reason: str
) -> None:
    """Refuse to send another than the machine's choice without a word why.

    It is asked for where a rule had assigned the order, and everywhere if the policy says so.

    Raises
    ------
    InvalidInput
        The reason is missing.
    """
    order, machine = considered.case.order, _of_a_rule(unit, considered)
    asked = machine is not None or considered.policy.review.override_needs_reason
    choice_id = machine[1] if machine is not None else _first(considered)
    if not asked or chosen_id == choice_id or reason.strip():
        return
    if machine is not None:
        what = f"rule {machine[0]} had assigned {order.number}"
    elif choice_id is not None:
        first = considered.ranking.candidates[0]
        what = f"{first.call_sign} ranks first for {order.number}"
    else:
        what = f"nobody can be sent to {order.number}"
    raise InvalidInput(
        f"{what}; say why another goes",
        [Fault("reason", "is empty; sending another than the machine's choice needs one")],
    )


def last_chosen(unit: Unit, case: Case) -> TechnicianId | None:
    """Whom the last decision about the order sent, if anybody."""
    decided = unit.decisions.of_order(case.order.id)
    return decided[-1].chosen_id if decided else None


def _first(considered: Considered) -> TechnicianId | None:
    candidates = considered.ranking.candidates
    return candidates[0].technician_id if candidates else None


def _of_a_rule(unit: Unit, considered: Considered) -> tuple[str, TechnicianId] | None:
    """The rule that sent somebody, and whom, if that still stands.

    Taken away from them by hand, the order is still theirs by the rule as long as they could go.
    """
    order = considered.case.order
    if order.technician_id is not None:
        source, chosen_id = order.assignment_source, order.technician_id
    else:
        decided = unit.decisions.of_order(order.id)
        if not decided or decided[-1].chosen_id is None:
            return None
        source, chosen_id = decided[-1].source, decided[-1].chosen_id
        if considered.ranking.candidate(chosen_id) is None:
            return None
    return (source.removeprefix(_BY_RULE), chosen_id) if source.startswith(_BY_RULE) else None


@dataclass(frozen=True, slots=True)
class OverrideReport:
    """How often people decided otherwise than the machine.

    Attributes
    ----------
    automatic
        Assigned by rules.
    flagged
        Left to a dispatcher by rules.
    manual
        Assigned by people where the machine had somebody to suggest.
    overridden
        Those of ``manual`` in which another was sent than the machine's choice.
    rate
        ``overridden`` per ``manual``; None without any.
    by_actor
        Overrides of each person or program.
    """

    start: datetime
    end: datetime
    automatic: int
    flagged: int
    manual: int
    overridden: int
    rate: float | None
    by_actor: dict[str, int]
    overrides: tuple[Brief, ...]


def override_report(desk: Desk, start: datetime, end: datetime) -> OverrideReport:
    """Count decisions from start until end, and list those in which people overrode the machine.

    Raises
    ------
    InvalidInput
        The period ends before it starts.
    """
    refuse_empty_period(start, end)
    with desk.store.read() as unit:
        briefs = unit.decisions.briefly(start, end)
    counts = Counter(one.kind for one in briefs if one.kind != "manual" or one.suggested_id)
    overrides = [one for one in briefs if one.overridden]
    return OverrideReport(
        start=start,
        end=end,
        automatic=counts["auto"],
        flagged=counts["flag"],
        manual=counts["manual"],
        overridden=len(overrides),
        rate=len(overrides) / counts["manual"] if counts["manual"] else None,
        by_actor=dict(sorted(Counter(one.actor for one in overrides).items())),
        overrides=tuple(overrides),
    )
