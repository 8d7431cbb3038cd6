"""The track of a technician: one fold over their believed fixes, in the order of event time.

The same set of fixes gives the same state, however it came in: whoever holds a fix older than the
state's newest folds again, from a state before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.kernel.ids import AssignmentId, OrderId, SiteId
from geo_dispatch.tracking.fences import Fence
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.geofence import FenceState, Run, transitions
from geo_dispatch.tracking.neighbours import Neighbour, Rival, Ruling, overlap, ruling
from geo_dispatch.tracking.plausibility import MAX_AGE_MS, Trust, believe, beyond_accuracy_m
from geo_dispatch.tracking.trips import Motion, move, set_out_ms

REMEMBERED_MS: Final = 2 * MAX_AGE_MS
"""Fences stay in the state so long after their job ended: no fix can still change them."""

_BASELINE_MS: Final = 20_000
_RECENT_MS: Final = 45_000
_SPACING_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Stop:
    """A job in the technician's hands over some time, and the fence of its site.

    Attributes
    ----------
    until_ms
        When the job was released or ended; None while in hand. A visit that is open then may
        still end afterwards.
    sequence
        Place among the technician's jobs: the lowest is driven to next.
    told_ms
        Since when the technician is there by a person's word, for as long as the job is in hand.
    today_ms
        Since when it is a job of today's; None when it may be done any day.
    neighbours
        Other sites within `neighbours.NEAR_M` of this one.
    """

    id: AssignmentId
    order_id: OrderId
    site_id: SiteId
    from_ms: int
    until_ms: int | None
    sequence: int
    fence: Fence
    told_ms: int | None = None
    today_ms: int | None = None
    neighbours: tuple[Neighbour, ...] = ()

    def in_hand(self, at_ms: int) -> bool:
        """Whether the technician had the job at that time."""
        return self.from_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)

    def wanted(self, at_ms: int) -> bool:
        """Whether they had it, and it was to be done that day."""
        return self.in_hand(at_ms) and (self.today_ms is None or self.today_ms <= at_ms)

    def told(self, at_ms: int) -> bool:
        """Whether a person said by then that they were there, and it was in hand."""
        return self.in_hand(at_ms) and self.told_ms is not None and self.told_ms <= at_ms


@dataclass(frozen=True, slots=True)
class StopState:
    """What the track says of a stop.

    Attributes
    ----------
    from_ms, until_ms, told_ms, today_ms
        The stop's times, as they were known.
    set_out_ms
        Since when the technician was on the way; None before, and after they were at another job
        first.
    """

    id: AssignmentId
    from_ms: int
    until_ms: int | None
    set_out_ms: int | None = None
    fence: FenceState = field(default_factory=FenceState)
    told_ms: int | None = None
    today_ms: int | None = None

    def is_at(self, stop: Stop, at_ms: int) -> bool:
        """Whether the technician is at work there, by fixes or by a person's word."""
        return stop.told(at_ms) or (stop.in_hand(at_ms) and self.fence.inside)


@dataclass(frozen=True, slots=True)
class TrackState:
    """Everything that the fixes so far say.

    Attributes
    ----------
    seen_ms
        Event time of the newest fix, believed or not.
    recent
        The believed fixes of the last 45 s and the one before, for speeds.
    """

    seen_ms: int = 0
    trust: Trust = field(default_factory=Trust)
    motion: Motion | None = None
    recent: tuple[Fix, ...] = ()
    stops: tuple[StopState, ...] = ()

    def stop(self, assignment_id: AssignmentId) -> StopState | None:
        """What is known of the stop, if anything."""
        return next((stop for stop in self.stops if stop.id == assignment_id), None)


def fold(state: TrackState, fixes: Iterable[Fix], plan: Sequence[Stop]) -> TrackState:
    """The state after the fixes, which must be newer than it, each once, in order of their keys."""
    for fix in fixes:
        state = advance(state, fix, plan)
    return state


def advance(state: TrackState, fix: Fix, plan: Sequence[Stop]) -> TrackState:
    """The state after the next fix in event time.

    Parameters
    ----------
    plan
        All stops that the technician ever had, or at least those of the last `REMEMBERED_MS`.
    """
    trust, believed = believe(state.trust, fix)
    state = replace(state, trust=trust, seen_ms=fix.at_ms, stops=_known(state, fix.at_ms, plan))
    for one in believed:
        state = _take(state, one, plan)
    return state


def first_difference_ms(state: TrackState, plan: Sequence[Stop]) -> int | None:
    """The earliest time, up to the state's newest fix, at which the plan is not as it was known.

    None when the state would come out the same.
    """
    known = {stop.id: stop for stop in state.stops}
    by_assignment = any(stop.fence.by_assignment for stop in state.stops)
    changed: list[int] = []
    for stop in plan:
        if stop.until_ms is not None and stop.until_ms + REMEMBERED_MS <= state.seen_ms:
            continue
        old = known.pop(stop.id, None)
        if old is None or old.from_ms != stop.from_ms:
            changed.append(stop.from_ms if old is None else min(old.from_ms, stop.from_ms))
        else:
            pairs = ((old.until_ms, stop.until_ms), (old.told_ms, stop.told_ms))
            changed += [
                ms for was, now in pairs if was != now for ms in (was, now) if ms is not None
            ]
            if old.today_ms != stop.today_ms and by_assignment:
                changed.append(max(stop.from_ms, min(old.today_ms or 0, stop.today_ms or 0)))
    changed += [stop.from_ms for stop in known.values()]
    past = [ms for ms in changed if ms <= state.seen_ms]
    return min(past, default=None)


def _known(state: TrackState, at_ms: int, plan: Sequence[Stop]) -> tuple[StopState, ...]:
    known = {stop.id: stop for stop in state.stops}
    return tuple(
        replace(
            known.get(stop.id) or StopState(stop.id, stop.from_ms, stop.until_ms),
            until_ms=stop.until_ms,
            told_ms=stop.told_ms,
            today_ms=stop.today_ms,
        )
        for stop in sorted(plan, key=lambda stop: (stop.from_ms, stop.id))
        if stop.from_ms <= at_ms
        and (stop.until_ms is None or at_ms < stop.until_ms + REMEMBERED_MS)
    )


def _take(state: TrackState, fix: Fix, plan: Sequence[Stop]) -> TrackState:
    speed_mps = _speed_mps(state.recent, fix)
    stops = {stop.id: stop for stop in plan}
    states = tuple(
        replace(
            known,
            fence=transitions(
                known.fence,
                stops[known.id].fence,
                fix,
                speed_mps,
                judge=partial(_ruling, stops[known.id], plan, fix.at_ms),
                odd=state.trust.signs,
            ),
        )
        if stops[known.id].in_hand(fix.at_ms) or known.fence.inside
        else known
        for known in state.stops
    )
    motion = move(state.motion, fix)
    return replace(
        state,
        motion=motion,
        recent=_still_recent(state.recent, fix),
        stops=_set_out(states, stops, motion, fix),
    )


def _ruling(stop: Stop, plan: Sequence[Stop], at_ms: int, dwell: Run) -> Ruling:
    """At which site a dwell was that fits this stop: the plan says where else they may be."""
    others: dict[SiteId, list[Stop]] = {}
    for one in plan:
        if one.site_id != stop.site_id and one.in_hand(at_ms):
            others.setdefault(one.site_id, []).append(one)
    near = {one.site_id: one.fence for one in stop.neighbours}
    far = {
        site_id: held[0].fence
        for site_id, held in others.items()
        if site_id not in near and overlap(stop.fence, held[0].fence)
    }
    rivals = [
        Rival(
            fence,
            near=site_id in near,
            wanted=any(one.wanted(at_ms) for one in others.get(site_id, ())),
            told=any(one.told(at_ms) for one in others.get(site_id, ())),
        )
        for site_id, fence in sorted((near | far).items())
    ]
    here = [one for one in plan if one.site_id == stop.site_id]
    return ruling(
        stop.fence,
        rivals,
        dwell.proof,
        wanted=any(one.wanted(at_ms) for one in here),
        told=any(one.told(at_ms) for one in here),
    )


def _speed_mps(recent: Sequence[Fix], fix: Fix) -> float:
    """As the device tells; else from a fix half a minute ago, so that jitter is no speed."""
    if fix.speed_mps is not None:
        return fix.speed_mps
    before = next(
        (old for old in reversed(recent) if fix.at_ms - old.at_ms >= _BASELINE_MS),
        recent[0] if recent else fix,
    )
    elapsed_s = (fix.at_ms - before.at_ms) / 1000
    return beyond_accuracy_m(before, fix) / elapsed_s if elapsed_s > 0 else 0.0


def _still_recent(recent: Sequence[Fix], fix: Fix) -> tuple[Fix, ...]:
    kept = [old for old in recent if fix.at_ms - old.at_ms <= _RECENT_MS]
    if len(kept) > 1 and fix.at_ms - kept[-2].at_ms < _SPACING_MS:
        del kept[-1]
    return (*(kept or recent[-1:]), fix)


def _set_out(
    states: tuple[StopState, ...], stops: dict[AssignmentId, Stop], motion: Motion, fix: Fix
) -> tuple[StopState, ...]:
    """Mark the next job when the technician is on the way to it, and to nothing else.

    Who is at one job was not on the way to another.
    """
    in_hand = [known for known in states if stops[known.id].in_hand(fix.at_ms)]
    waiting = [known for known in in_hand if not known.fence.attendances]
    at_work = [known.id for known in in_hand if known.is_at(stops[known.id], fix.at_ms)]
    if at_work:
        astray = {known.id for known in waiting} - set(at_work)
        return tuple(
            replace(known, set_out_ms=None) if known.id in astray else known for known in states
        )
    if not waiting or any(known.set_out_ms is not None for known in waiting):
        return states
    chosen = min(waiting, key=lambda known: (stops[known.id].sequence, known.from_ms, known.id))
    since_ms = set_out_ms(motion, fix, chosen.from_ms)
    fence = stops[chosen.id].fence
    if since_ms is None or haversine_m(fence.centre, fix.place) <= fence.radius_m:
        return states
    return tuple(
        replace(known, set_out_ms=since_ms) if known.id == chosen.id else known for known in states
    )
