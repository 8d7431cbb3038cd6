"""Arrivals that are not drive-bys: probability inside, hysteresis, dwell, in event time.

A technician has arrived when slow fixes that are inside with some certainty span the dwell; the
arrival is back-dated to the first fix inside. The visit ends when fixes are surely outside the
grown fence for a while, back-dated likewise. Doubtful fixes change nothing, nor does silence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from geo_dispatch.tracking.fences import SIGMAS_IN_ACCURACY, Fence
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.plausibility import accuracy_m


@dataclass(frozen=True, slots=True)
class EvidenceFix:
    """One fix of the proof, with the probability that it lay inside."""

    at_ms: int
    lon: float
    lat: float
    accuracy_m: float
    distance_m: float
    probability: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves an arrival.

    Attributes
    ----------
    rule
        Name and version of the rule that decided: ``"dwell/1"``.
    probability
        Mean probability of being inside over the fixes of the dwell.
    fixes
        The fixes used, oldest first.
    """

    rule: str
    probability: float
    dwell_s: float
    fixes: tuple[EvidenceFix, ...]


@dataclass(frozen=True, slots=True)
class ArrivalRule:
    """When fixes make an arrival or a departure; a change of any value needs a new version.

    Attributes
    ----------
    accuracy_floor_m, accuracy_factor
        Phones understate their error: no accuracy counts as less, and each as so much more.
    useless_accuracy_m
        Fixes worse than this prove nothing.
    arrive_p, suggest_p, doubt_p
        Inside for sure; inside enough to ask the technician; no longer inside.
    leave_p, leave_scale
        Outside: hardly inside even the fence grown so much.
    slow_mps
        Faster fixes neither begin nor complete a dwell.
    dwell_s, leave_s
        How long it takes to arrive, and to have left.
    gap_s
        Longer silences count neither way.
    spacing_s
        Fixes closer together than this add no evidence of their own.
    """

    version: str = "dwell/1"
    accuracy_floor_m: float = 8.0
    accuracy_factor: float = 1.3
    useless_accuracy_m: float = 150.0
    arrive_p: float = 0.8
    suggest_p: float = 0.6
    doubt_p: float = 0.5
    leave_p: float = 0.2
    leave_scale: float = 1.5
    slow_mps: float = 2.5
    dwell_s: float = 150.0
    leave_s: float = 90.0
    gap_s: float = 600.0
    spacing_s: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.leave_p < self.doubt_p < self.suggest_p < self.arrive_p < 1:
            raise ValueError("0 < leave_p < doubt_p < suggest_p < arrive_p < 1 must hold")
        if self.leave_scale < 1 or min(self.dwell_s, self.leave_s, self.gap_s) <= 0:
            raise ValueError("leave_scale must be at least 1, and times above 0 s")


RULE: Final = ArrivalRule()


@dataclass(frozen=True, slots=True)
class Dwell:
    """Fixes inside that may become an arrival.

    Attributes
    ----------
    since_ms
        The first fix inside: the arrival, if it becomes one.
    slow_ms
        The first slow one, from which the dwell counts; None before.
    silent_ms
        Long silences since then, which don't count.
    """

    since_ms: int
    slow_ms: int | None = None
    silent_ms: int = 0
    proof: tuple[EvidenceFix, ...] = ()


@dataclass(frozen=True, slots=True)
class Attendance:
    """From arrival to departure; ``left_ms`` is None while there."""

    arrived_ms: int
    evidence: Evidence
    left_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FenceState:
    """What is known of a technician and one fence.

    Attributes
    ----------
    sure, likely
        The dwell under way, by `ArrivalRule.arrive_p` and by `ArrivalRule.suggest_p`.
    outside_ms
        First of the fixes that are surely outside, and for how long; None while inside.
    suggested_ms
        When fixes last made an arrival likely but not sure; None when they never did.
    attendances
        Oldest first; only the last one may be open.
    """

    sure: Dwell | None = None
    likely: Dwell | None = None
    outside_ms: int | None = None
    outside_for_ms: int = 0
    last_ms: int | None = None
    suggested_ms: int | None = None
    attendances: tuple[Attendance, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether the technician is there now."""
        return bool(self.attendances) and self.attendances[-1].left_ms is None

    @property
    def suggested(self) -> bool:
        """Whether the technician is likely there, but not surely: worth asking them."""
        return self.likely is not None and self.suggested_ms is not None and not self.inside


def transitions(
    state: FenceState, fence: Fence, fix: Fix, speed_mps: float, rule: ArrivalRule = RULE
) -> FenceState:
    """The state after the next believed fix in event time.

    Parameters
    ----------
    speed_mps
        As told by the device, or worked out from the track.
    """
    if accuracy_m(fix) > rule.useless_accuracy_m:
        return state
    step_ms = 0 if state.last_ms is None else fix.at_ms - state.last_ms
    silent_ms = step_ms if step_ms > rule.gap_s * 1000 else 0
    state = replace(state, last_ms=fix.at_ms)
    if state.inside:
        return _stay_or_leave(state, fence, fix, step_ms - silent_ms, rule)
    state = replace(
        state, sure=_paused(state.sure, silent_ms), likely=_paused(state.likely, silent_ms)
    )
    return _approach(state, fence, fix, speed_mps, rule)


def _sigma_m(fix: Fix, rule: ArrivalRule) -> float:
    radius_m = max(accuracy_m(fix), rule.accuracy_floor_m) * rule.accuracy_factor
    return radius_m / SIGMAS_IN_ACCURACY


def _approach(
    state: FenceState, fence: Fence, fix: Fix, speed_mps: float, rule: ArrivalRule
) -> FenceState:
    probability = fence.probability(fix.place, _sigma_m(fix, rule))
    if probability < rule.doubt_p:
        return replace(state, sure=None, likely=None)
    if probability < rule.suggest_p:
        return state
    slow = speed_mps < rule.slow_mps
    likely = _joined(state.likely, fix, slow=slow)
    if slow and _dwell_s(likely, fix) >= rule.dwell_s:
        state = replace(state, suggested_ms=fix.at_ms)
    state = replace(state, likely=likely)
    if probability < rule.arrive_p:
        return state
    proof = EvidenceFix(
        at_ms=fix.at_ms,
        lon=fix.place.lon,
        lat=fix.place.lat,
        accuracy_m=accuracy_m(fix),
        distance_m=round(fence.distance_m(fix.place), 1),
        probability=round(probability, 3),
    )
    sure = _joined(state.sure, fix, slow=slow)
    if not slow or _dwell_s(sure, fix) < rule.dwell_s:
        return replace(state, sure=_with_proof(sure, proof, rule))
    arrival = Attendance(sure.since_ms, _evidence(sure, proof, _dwell_s(sure, fix), rule))
    return FenceState(
        last_ms=fix.at_ms,
        suggested_ms=state.suggested_ms,
        attendances=(*state.attendances, arrival),
    )


def _stay_or_leave(
    state: FenceState, fence: Fence, fix: Fix, step_ms: int, rule: ArrivalRule
) -> FenceState:
    grown = fence.grown(rule.leave_scale)
    if grown.probability(fix.place, _sigma_m(fix, rule)) > rule.leave_p:
        return replace(state, outside_ms=None, outside_for_ms=0)
    if state.outside_ms is None:
        return replace(state, outside_ms=fix.at_ms)
    outside_for_ms = state.outside_for_ms + step_ms
    if outside_for_ms < rule.leave_s * 1000:
        return replace(state, outside_for_ms=outside_for_ms)
    visit = replace(state.attendances[-1], left_ms=state.outside_ms)
    return FenceState(
        last_ms=fix.at_ms,
        suggested_ms=state.suggested_ms,
        attendances=(*state.attendances[:-1], visit),
    )


def _paused(dwell: Dwell | None, silent_ms: int) -> Dwell | None:
    if dwell is None or dwell.slow_ms is None or silent_ms == 0:
        return dwell
    return replace(dwell, silent_ms=dwell.silent_ms + silent_ms)


def _joined(dwell: Dwell | None, fix: Fix, *, slow: bool) -> Dwell:
    dwell = dwell or Dwell(fix.at_ms)
    return replace(dwell, slow_ms=fix.at_ms) if slow and dwell.slow_ms is None else dwell


def _dwell_s(dwell: Dwell, fix: Fix) -> float:
    slow_ms = fix.at_ms if dwell.slow_ms is None else dwell.slow_ms
    return (fix.at_ms - slow_ms - dwell.silent_ms) / 1000


def _with_proof(dwell: Dwell, proof: EvidenceFix, rule: ArrivalRule) -> Dwell:
    if dwell.proof and proof.at_ms - dwell.proof[-1].at_ms < rule.spacing_s * 1000:
        return dwell
    return replace(dwell, proof=(*dwell.proof, proof))


def _evidence(dwell: Dwell, last: EvidenceFix, dwell_s: float, rule: ArrivalRule) -> Evidence:
    fixes = (*dwell.proof, last)
    return Evidence(
        rule=rule.version,
        probability=round(sum(fix.probability for fix in fixes) / len(fixes), 3),
        dwell_s=dwell_s,
        fixes=fixes,
    )
