"""Dry runs: what a policy would have made of orders that were decided under another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.dispatch.policy.decisions import Decision, DecisionKind
from geo_dispatch.dispatch.policy.document import Policy
from geo_dispatch.dispatch.policy.judging import Left, Verdict, judge
from geo_dispatch.dispatch.ranking.replay import replay
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.kernel.time import refuse_empty_period
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.policy import versions as policies
from geo_dispatch.services.policy.decisions import inputs_of

REPLAYED: Final[tuple[DecisionKind, ...]] = ("auto", "flag", "manual")
"""Emergencies and repairs follow no rules."""

_BY_HAND: Final = "manual"

Change = Literal["same", "elsewhere", "assigned", "flagged"]
"""What the policy would have made of a decision: the same; somebody else; somebody, without a
dispatcher; a flag for a dispatcher."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, or would have been.

    Attributes
    ----------
    source
        ``"rule:<id>"``, ``"manual"``; the code of the flag where nobody was sent.
    """

    technician_id: TechnicianId | None
    call_sign: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """One past decision under the policy.

    Attributes
    ----------
    exact
        Every place in everybody's day was looked at then. In a large fleet only those were that
        could be among the best by the prices of then; others might be by those of the document.
    """

    decision_id: str
    order_id: OrderId
    number: str
    at: datetime
    change: Change
    before: Outcome
    after: Outcome
    exact: bool


@dataclass(frozen=True, slots=True)
class Simulation:
    """A dry run.

    Attributes
    ----------
    decisions
        How many were made again.
    counts
        How many of each kind of change.
    changed
        Those that would not have been the same, oldest first.
    """

    start: datetime
    end: datetime
    decisions: int
    counts: dict[str, int]
    changed: tuple[Simulated, ...]


def simulate(
    desk: Desk,
    text: str,
    *,
    start: datetime,
    end: datetime,
    where: str = "the policy",
    progress: Progress = silent,
) -> Simulation:
    """Judge past decisions again under the document; nothing is kept.

    Each is made from what was known when it was made: positions, days, drive times, figures of
    performance. Of an order that was judged several times the last decision counts.

    Raises
    ------
    InvalidInput
        The document has faults, or the period ends before it starts.
    """
    refuse_empty_period(start, end)
    candidate = policies.check(desk, text, where).policy
    with desk.store.read() as unit:
        briefs = unit.decisions.briefly(start, end, REPLAYED)
        last = {brief.order_id: brief.id for brief in briefs}
        decided = unit.decisions.many(list(last.values()))
        judged_again = list(_judged_again(candidate, decided, len(last), progress))
    counts = Counter(one.change for one in judged_again)
    return Simulation(
        start=start,
        end=end,
        decisions=len(judged_again),
        counts={change: counts[change] for change in ("same", "elsewhere", "assigned", "flagged")},
        changed=tuple(
            one
            for one in sorted(judged_again, key=lambda one: (one.at, one.decision_id))
            if one.change != "same"
        ),
    )


def _judged_again(
    policy: Policy, decided: Iterable[Decision], total: int, progress: Progress
) -> Iterator[Simulated]:
    for count, decision in enumerate(decided, start=1):
        yield simulated(policy, decision)
        progress("judging past decisions again", count, total)


def simulated(policy: Policy, decision: Decision) -> Simulated:
    """The decision, judged again under the policy."""
    inputs = inputs_of(decision)
    names = inputs.call_signs()
    plans = tuple(replace(plan, overtime_s=policy.day.overtime_s) for plan in inputs.plans)
    ranking = replay(replace(inputs, params=policy.ranking, plans=plans))
    verdict = judge(policy, inputs.case, ranking)
    before = Outcome(
        decision.chosen_id,
        names.get(decision.chosen_id, "") if decision.chosen_id else "",
        decision.source,
        decision.reason,
    )
    after = _outcome(verdict, names)
    return Simulated(
        decision_id=decision.id,
        order_id=decision.order_id,
        number=inputs.case.order.number,
        at=decision.at,
        change=_change(before, after),
        before=before,
        after=after,
        exact=inputs.top is None,
    )


def _outcome(verdict: Verdict, names: dict[TechnicianId, str]) -> Outcome:
    if isinstance(verdict, Left):
        return Outcome(None, "", verdict.code, verdict.fact)
    name = names.get(verdict.technician_id, verdict.technician_id)
    return Outcome(verdict.technician_id, name, verdict.source, verdict.reason)


def _change(before: Outcome, after: Outcome) -> Change:
    if after.technician_id is None:
        return "same" if before.source == after.source else "flagged"
    if before.technician_id is None:
        return "assigned"
    if before.technician_id != after.technician_id:
        return "elsewhere"
    return "assigned" if before.source == _BY_HAND else "same"
