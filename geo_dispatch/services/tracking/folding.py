"""From fixes in history to track states and visits, of one technician or of a whole batch's.

What comes of the fixes is a function of their set. New ones are folded onto the last state; for
late ones the fold starts again from a snapshot before them. Where that is long it is left to do
in slices, so that nobody else's fixes wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.arrivals import Follower
from geo_dispatch.services.tracking.plans import NOTHING, Plan, beside, load_plan, load_plans
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.track import Stop, TrackState, advance, first_difference_ms

SNAPSHOT_MS: Final = 600_000
"""A state is kept for each ten minutes of event time, to fold again from."""

SLICE: Final = 500
"""Fixes of a technician folded in one transaction: some 50 ms in which nobody else can write."""


@dataclass(slots=True)
class Folded:
    """What a fold did: whose days were begun again, who has some left to do, how much happened."""

    again: set[TechnicianId] = field(default_factory=set)
    left: dict[TechnicianId, int] = field(default_factory=dict)
    happened: int = 0


@dataclass(frozen=True, slots=True)
class _Step:
    """A fold that is due: these fixes onto that state."""

    known: TrackState
    base: TrackState
    fixes: Sequence[Fix]
    plan: Plan

    @property
    def again(self) -> bool:
        """Whether it begins further back than what is known."""
        return self.base is not self.known


def fold_new(ctx: Context, unit: Unit, new: Sequence[Fix]) -> Folded:
    """Fold fixes that have just come into history; what would take long is only noted.

    Parameters
    ----------
    new
        In the order of their keys; each once.
    """
    by_technician = {
        technician_id: list(own) for technician_id, own in groupby(new, lambda f: f.technician_id)
    }
    folded = Folded()
    for who, from_ms in unit.refolds.among(by_technician).items():
        folded.left[who] = min(from_ms, by_technician.pop(who)[0].at_ms)
    known = unit.tracking.states(by_technician)
    plans = load_plans(
        unit,
        {
            who: min(own[0].at_ms, known[who].seen_ms if who in known else own[0].at_ms)
            for who, own in by_technician.items()
        },
    )
    steps: dict[TechnicianId, _Step] = {}
    for who, own in by_technician.items():
        state, plan = known.get(who), plans.get(who, NOTHING)
        from_ms = _from_ms(state, own, plan.stops)
        if state is not None and from_ms > state.seen_ms:
            step = _Step(state, state, own, plan)
        else:
            base, plan = _base(unit, who, from_ms)
            fixes = unit.tracking.fixes(who, base.seen_ms, limit=SLICE + 1)
            step = _Step(state or TrackState(), base, fixes, plan)
        if len(step.fixes) > SLICE:
            folded.left[who] = from_ms
            continue
        steps[who] = step
        if step.again and state is not None:
            folded.again.add(who)
    folded.happened = _finish(ctx, unit, steps)
    return folded


def fold_slice(ctx: Context, unit: Unit, who: TechnicianId, from_ms: int) -> Folded:
    """Fold some of what is left to do of a technician, the oldest first.

    The visits follow with the last slice.
    """
    state = unit.tracking.state(who) or TrackState()
    base, plan = _base(unit, who, from_ms)
    fixes = unit.tracking.fixes(who, base.seen_ms, limit=SLICE + 1)
    if len(fixes) <= SLICE:
        return Folded({who}, happened=_finish(ctx, unit, {who: _Step(state, base, fixes, plan)}))
    border_ms = fixes[-1].at_ms
    some = [fix for fix in fixes if fix.at_ms < border_ms]
    if not some:  # a slice ends between two moments, never within one
        some = unit.tracking.fixes(who, base.seen_ms, until_ms=border_ms)
    end, snapshots = _fold(unit, base, some, plan, base_is_kept=True)
    unit.tracking.forget_snapshots(who, base.seen_ms)
    unit.tracking.add_snapshots({who: [*snapshots, end]})
    return Folded(left={who: end.seen_ms + 1})


def _from_ms(state: TrackState | None, new: Sequence[Fix], stops: Sequence[Stop]) -> int:
    """From when on the new fixes, or a plan that turned out otherwise, change what is known."""
    changed_ms = None if state is None else first_difference_ms(state, stops)
    return new[0].at_ms if changed_ms is None else min(new[0].at_ms, changed_ms)


def _base(unit: Unit, who: TechnicianId, from_ms: int) -> tuple[TrackState, Plan]:
    """The last snapshot before that which knew the plan as it is now, and the plan."""
    while True:
        base = unit.tracking.snapshot_before(who, from_ms)
        first = unit.tracking.fixes(who, base.seen_ms, limit=1)
        since_ms = base.seen_ms or (first[0].at_ms if first else from_ms)
        plan = load_plan(unit, who, since_ms)
        changed_ms = first_difference_ms(base, plan.stops)
        if changed_ms is None:
            return base, plan
        from_ms = changed_ms


def _finish(ctx: Context, unit: Unit, steps: Mapping[TechnicianId, _Step]) -> int:
    """Fold, keep what came of it, and have the visits follow; how many of those changed."""
    states: dict[TechnicianId, TrackState] = {}
    snapshots: dict[TechnicianId, list[TrackState]] = {}
    for who, step in steps.items():
        states[who], snapshots[who] = _fold(
            unit, step.base, step.fixes, step.plan, base_is_kept=step.again
        )
        if step.again:
            unit.tracking.forget_snapshots(who, step.base.seen_ms)
    unit.tracking.add_snapshots(snapshots)
    unit.tracking.save_states(states)
    followers = [
        Follower(ctx, unit, who, step.plan, step.known, states[who]) for who, step in steps.items()
    ]
    visits = unit.visits.of_orders(one for follower in followers for one in follower.concerned())
    return sum(follower.follow(visits) for follower in followers)


def _fold(
    unit: Unit, base: TrackState, fixes: Sequence[Fix], plan: Plan, *, base_is_kept: bool
) -> tuple[TrackState, list[TrackState]]:
    """The same with the neighbours of sites that it asks for; most folds ask for none."""
    end, snapshots = _fold_onto(base, fixes, plan.stops, base_is_kept=base_is_kept)
    told = beside(unit, plan, base, [*snapshots, end])
    if told is None:
        return end, snapshots
    return _fold_onto(base, fixes, told.stops, base_is_kept=base_is_kept)


def _fold_onto(
    base: TrackState, fixes: Sequence[Fix], stops: Sequence[Stop], *, base_is_kept: bool
) -> tuple[TrackState, list[TrackState]]:
    """The state after the fixes, and those before each border of ten minutes that they cross."""
    state = base
    snapshots = []
    for fix in fixes:
        crosses = fix.at_ms // SNAPSHOT_MS != state.seen_ms // SNAPSHOT_MS
        if crosses and state.seen_ms > 0 and not (base_is_kept and state is base):
            snapshots.append(state)
        state = advance(state, fix, stops)
    return state, snapshots
