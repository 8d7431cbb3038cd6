"""Arrivals that are not drive-bys: the odds that somebody stands inside, and for how long.

Each fix moves the log odds that the technician stands inside the fence, by its probability; one
fix is little, and what phones get wrong they get wrong for a while, so that fixes close together
count as one. Somebody has arrived when the odds are high and slow fixes span the dwell; the
arrival is back-dated to the first one inside. They left when the odds that they are outside the
grown fence are as high. Silence and useless fixes move nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.tracking.arrival_rule import RULE, ArrivalRule, log_odds
from geo_dispatch.tracking.evidence import Basis, Evidence, EvidenceFix
from geo_dispatch.tracking.fences import SIGMAS_IN_ACCURACY, Fence
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.neighbours import Ruling
from geo_dispatch.tracking.plausibility import accuracy_m

_EVEN: Final = 0.5
_ROUND: Final = 3
_MANY: Final = 10
"""Receivers that stand still may tell one place twice, but not so often."""


@dataclass(frozen=True, slots=True)
class Run:
    """Fixes that may become an arrival, or a departure.

    Attributes
    ----------
    since_ms
        The first one.
    log_odds
        That they mean what they seem to.
    slow_ms
        The first slow one, from which the dwell counts; None before.
    silent_ms
        Long silences since then, which don't count.
    contested_ms
        When it last was as likely that the technician was at another site nearby; None never.
    suggested
        Whether it was likely enough to ask.
    """

    since_ms: int
    log_odds: float
    slow_ms: int | None = None
    silent_ms: int = 0
    contested_ms: int | None = None
    suggested: bool = False
    proof: tuple[EvidenceFix, ...] = ()

    def lasted_s(self, at_ms: int) -> float:
        """How long it has gone on by then, without silences."""
        return 0.0 if self.slow_ms is None else (at_ms - self.slow_ms - self.silent_ms) / 1000


@dataclass(frozen=True, slots=True)
class Attendance:
    """From arrival to departure; ``left_ms`` and what proves it are None while there."""

    arrived_ms: int
    evidence: Evidence
    left_ms: int | None = None
    left_evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class FenceState:
    """What is known of a technician and one fence.

    Attributes
    ----------
    dwell
        Fixes inside that may become an arrival.
    outside
        While there: fixes outside that may become the departure.
    last_ms
        The last fix that said anything.
    attendances
        Oldest first; only the last one may be open.
    contested
        Whether it was ever open at which of several sites they were.
    """

    dwell: Run | None = None
    outside: Run | None = None
    last_ms: int | None = None
    attendances: tuple[Attendance, ...] = ()
    contested: bool = False

    @property
    def inside(self) -> bool:
        """Whether the technician is there now."""
        return bool(self.attendances) and self.attendances[-1].left_ms is None

    @property
    def by_assignment(self) -> bool:
        """Whether it would be another state if other jobs were today's."""
        return self.contested or any(one.evidence.basis == "assignment" for one in self.attendances)

    @property
    def suggested(self) -> bool:
        """Whether the technician is likely there, but not surely: worth asking them."""
        return self.dwell is not None and self.dwell.suggested


Judge = Callable[[Run], Ruling]
"""Why a dwell that is complete is at this site and at no other; see `neighbours.ruling`."""

Odd = Callable[[int], tuple[str, ...]]
"""What was odd about the track since a time."""


def transitions(
    state: FenceState,
    fence: Fence,
    fix: Fix,
    speed_mps: float,
    *,
    judge: Judge = lambda _dwell: "place",
    odd: Odd = lambda _since_ms: (),
    rule: ArrivalRule = RULE,
) -> FenceState:
    """The state after the next believed fix in event time.

    Parameters
    ----------
    speed_mps
        As told by the device, or worked out from the track.
    judge
        Asked when everything else says that the technician has arrived, or likely so.
    odd
        Asked for the signs of the evidence.
    """
    if accuracy_m(fix) > rule.useless_accuracy_m:
        return state
    step_ms = round(rule.memory_s * 1000) if state.last_ms is None else fix.at_ms - state.last_ms
    heard = _Heard(fence, fix, speed_mps < rule.slow_mps, step_ms, rule)
    if state.inside:
        return _stay_or_leave(state, heard)
    return _approach(state, heard, judge, odd)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A fix, and what it says of a fence."""

    fence: Fence
    fix: Fix
    slow: bool
    step_ms: int
    rule: ArrivalRule

    @property
    def silent_ms(self) -> int:
        return self.step_ms if self.step_ms > self.rule.gap_s * 1000 else 0

    def probability(self, fence: Fence) -> float:
        rule = self.rule
        radius_m = max(accuracy_m(self.fix), rule.accuracy_floor_m) * rule.accuracy_factor
        return fence.probability(self.fix.place, radius_m / SIGMAS_IN_ACCURACY)

    def onto(self, run: Run | None, probability: float, *, counts: bool) -> Run | None:
        """The run with this fix; None when there is none, or no longer.

        Parameters
        ----------
        counts
            Whether a likely fix speaks for the run; an unlikely one always speaks against it.
        """
        rule, fix = self.rule, self.fix
        likely = probability >= _EVEN
        if run is None:
            if not likely:
                return None
            run = Run(fix.at_ms, 0.0)
        elif run.slow_ms is not None and self.silent_ms:
            run = replace(run, silent_ms=run.silent_ms + self.silent_ms)
        proof = self._joined(run.proof, probability)
        if likely and not counts:
            return replace(run, proof=proof)
        sure = min(max(probability, rule.outlier_p), 1.0 - rule.outlier_p)
        share = min(1.0, self.step_ms / (rule.memory_s * 1000))
        kept = run.log_odds * math.exp(-share * rule.memory_s / rule.forgets_s)
        odds = min(kept + share * log_odds(sure), rule.most_log_odds)
        if odds < rule.least_log_odds:
            return None
        begins = likely and run.slow_ms is None
        return replace(
            run,
            log_odds=odds,
            slow_ms=fix.at_ms if begins else run.slow_ms,
            proof=proof,
        )

    def lasted_s(self, run: Run) -> float:
        """How long the run has gone on, without silences."""
        return run.lasted_s(self.fix.at_ms)

    def _joined(
        self, proof: tuple[EvidenceFix, ...], probability: float
    ) -> tuple[EvidenceFix, ...]:
        """The proof with this fix, the first one and the newest ones."""
        fix, rule = self.fix, self.rule
        if proof and fix.at_ms - proof[-1].at_ms < rule.spacing_s * 1000:
            return proof
        place = fix.place
        one = EvidenceFix(
            at_ms=fix.at_ms,
            lon=place.lon,
            lat=place.lat,
            accuracy_m=accuracy_m(fix),
            distance_m=round(haversine_m(self.fence.centre, place), 1),
            probability=round(probability, _ROUND),
        )
        if len(proof) < rule.most_fixes:
            return (*proof, one)
        return (proof[0], *proof[2:], one)


def _approach(state: FenceState, heard: _Heard, judge: Judge, odd: Odd) -> FenceState:
    fix, rule = heard.fix, heard.rule
    dwell = heard.onto(state.dwell, heard.probability(heard.fence), counts=heard.slow)
    state = replace(state, dwell=dwell, last_ms=fix.at_ms)
    if dwell is None or not heard.slow or heard.lasted_s(dwell) < rule.dwell_s:
        return state
    if dwell.log_odds < log_odds(rule.suggest_p):
        return state
    found = judge(dwell)
    if found == "ask" or found == "elsewhere":  # noqa: PLR1714 - it narrows the type
        dwell = replace(dwell, contested_ms=fix.at_ms, suggested=found == "ask")
        return replace(state, dwell=dwell, contested=True)
    if found != "word" and dwell.log_odds < log_odds(rule.arrive_p):
        return replace(state, dwell=replace(dwell, suggested=True))
    arrival = Attendance(
        max(dwell.since_ms, dwell.contested_ms or dwell.since_ms),
        _evidence(dwell, fix.at_ms, rule, found, _signs(dwell, odd, rule)),
    )
    return replace(state, dwell=None, attendances=(*state.attendances, arrival))


def _evidence(
    run: Run,
    at_ms: int,
    rule: ArrivalRule,
    basis: Basis = "place",
    signs: tuple[str, ...] = (),
) -> Evidence:
    return Evidence(
        rule=rule.version,
        probability=round(1.0 / (1.0 + math.exp(-run.log_odds)), _ROUND),
        dwell_s=run.lasted_s(at_ms),
        fixes=run.proof,
        basis=basis,
        signs=signs,
    )


def _signs(dwell: Run, odd: Odd, rule: ArrivalRule) -> tuple[str, ...]:
    signs = odd(dwell.since_ms - round(rule.gap_s * 1000))
    return (*signs, "frozen") if _is_frozen(dwell.proof) else signs


def _is_frozen(proof: tuple[EvidenceFix, ...]) -> bool:
    """To the centimetre one place, over many fixes: no receiver is that steady."""
    return len(proof) >= _MANY and len({(fix.lon, fix.lat) for fix in proof}) == 1


def _stay_or_leave(state: FenceState, heard: _Heard) -> FenceState:
    rule = heard.rule
    outside = heard.onto(
        state.outside,
        1.0 - heard.probability(heard.fence.grown(rule.leave_scale)),
        counts=True,
    )
    state = replace(state, outside=outside, last_ms=heard.fix.at_ms)
    if outside is None or heard.lasted_s(outside) < rule.leave_s:
        return state
    if outside.log_odds < log_odds(rule.leave_p):
        return state
    proof = _evidence(outside, heard.fix.at_ms, rule)
    visit = replace(state.attendances[-1], left_ms=outside.since_ms, left_evidence=proof)
    return replace(state, outside=None, attendances=(*state.attendances[:-1], visit))


def suggestion(state: FenceState, rule: ArrivalRule = RULE) -> Evidence | None:
    """What makes an arrival likely that is not sure; None when nothing does."""
    dwell = state.dwell
    if dwell is None or not dwell.suggested or state.last_ms is None:
        return None
    return _evidence(dwell, state.last_ms, rule)
