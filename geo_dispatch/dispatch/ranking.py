"""The right technician for an order, and why: everybody ranked, excluded, or known to be too far.

Technicians are drawn nearest first. Drive times are worked out in batches, and with ``top`` the
search stops when nobody who is left can beat the last of the best: drive and wait together take
at least the crow's flight at the speed of the fastest street, and everything else in the score is
known without roads. So the best are those of a full enumeration, not of a radius.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from statistics import fmean
from typing import Final

from geo_dispatch.dispatch.candidates import Candidate, Excluded, NotRanked, Ranking
from geo_dispatch.dispatch.case import Case
from geo_dispatch.dispatch.drives import DriveTimes
from geo_dispatch.dispatch.feasibility import lateness_s
from geo_dispatch.dispatch.plan import (
    Basis,
    Origin,
    Plan,
    legs,
    origin,
    schedule,
    work_from,
)
from geo_dispatch.dispatch.qualification import (
    exclusions,
    exclusions_on_the_way,
)
from geo_dispatch.dispatch.scoring import (
    RankingParams,
    Standing,
    least_minutes,
    road_terms,
    standing,
)
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import Window

_BATCH: Final = 16
"""Technicians per question to the roads: one search from the site serves them all."""

_ROUNDING_S: Final = 0.01
"""Drive times are whole milliseconds, rounded once at each end."""

_ROUNDING_MIN: Final = 1e-6
"""Sums of floats in another sequence differ by less."""

_SHORTEST_VISIT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Roads:
    """What the ranking may ask of the road network.

    Attributes
    ----------
    fastest_mps
        No street is faster.
    snap_slack_m
        By how much less than the crow's flight a way can be, because both its ends are moved to
        the nearest street: the sum of both moves, at most.
    """

    drive_times: DriveTimes
    fastest_mps: float
    snap_slack_m: float

    def least_s(self, crow_m: float) -> float:
        """No way between two places so far apart takes less."""
        return max(0.0, (crow_m - self.snap_slack_m) / self.fastest_mps - _ROUNDING_S)


@dataclass(frozen=True, slots=True)
class _Entrant:
    """Someone whom nothing excludes so far."""

    plan: Plan
    start: Origin
    standing: Standing
    crow_m: float


@dataclass(slots=True)
class _Search:
    """What a search for one order knows and has found."""

    case: Case
    roads: Roads
    params: RankingParams
    top: int | None
    batch: list[_Entrant] = field(default_factory=list)
    passed: list[_Entrant] = field(default_factory=list)
    found: list[Candidate] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)

    def evaluate(self, batch: Sequence[_Entrant]) -> None:
        """Drive times for all of the batch in one question, then a score or a reason for each."""
        asked = [[*legs(e.plan, e.start), (_last_place(e), self.case.site.location)] for e in batch]
        answers = iter(self.roads.drive_times([leg for ways in asked for leg in ways]))
        for entrant, ways in zip(batch, asked, strict=True):
            self._judge(entrant, [next(answers) for _ in ways])

    def _judge(self, entrant: _Entrant, drive_s: list[float | None]) -> None:
        plan, technician = entrant.plan, entrant.plan.technician
        day = schedule(plan, entrant.start, drive_s[:-1], self.case.now)
        last_s = drive_s[-1] if day.free_at is not None else None
        arrive_at = attendance = None
        if day.free_at is not None and last_s is not None:
            arrive_at = day.free_at + timedelta(seconds=last_s)
            begin = work_from(self.case.order, arrive_at)
            work = max(timedelta(seconds=self.case.order.duration_s), _SHORTEST_VISIT)
            attendance = Window(begin, begin + work)
        reasons = exclusions_on_the_way(self.case, plan, day, last_s, attendance)
        if reasons or last_s is None or attendance is None or arrive_at is None:
            self.excluded.append(Excluded(technician.id, technician.call_sign, tuple(reasons)))
            return
        on_road = road_terms(self.case, day, last_s, attendance, self.params)
        fixed = entrant.standing
        terms = (*on_road, fixed.territory, fixed.workload, fixed.over_qualification)
        seen = plan.whereabouts
        self.found.append(
            Candidate(
                technician_id=technician.id,
                call_sign=technician.call_sign,
                rank=0,
                score_min=sum(term.minutes for term in terms),
                drive_s=last_s,
                crow_m=haversine_m(_last_place(entrant), self.case.site.location),
                start=day.basis,
                free_at=day.free_at or self.case.now,
                arrive_at=arrive_at,
                finish_at=attendance.end,
                late_by_s=lateness_s(self.case.order, attendance.start, attendance.end),
                position_at=seen.at if seen and entrant.start.basis is Basis.POSITION else None,
                terms=terms,
            )
        )

    def bar(self) -> float:
        """The score that whoever is left has to reach: infinite until there are enough."""
        if self.top is None or len(self.found) < self.top:
            return math.inf
        return heapq.nsmallest(self.top, (c.score_min for c in self.found))[-1]

    def floor(self, standing_min: float, crow_m: float) -> float:
        """No score that the roads allow is lower."""
        away_s = self.roads.least_s(crow_m)
        return standing_min + least_minutes(self.case.order, away_s, self.params) - _ROUNDING_MIN

    def consider(self, entrant: _Entrant, bound_m: float) -> None:
        """Evaluate with the next batch, unless it can't be among the best."""
        if self.floor(entrant.standing.minutes, bound_m) > self.bar():
            self.passed.append(entrant)
            return
        self.batch.append(entrant)
        if len(self.batch) == _BATCH and self.top is not None:
            self.flush()

    def flush(self) -> None:
        """Evaluate what has been gathered."""
        batch, self.batch = self.batch, []
        if batch:
            self.evaluate(batch)


def rank(
    case: Case,
    plans: Iterable[Plan],
    roads: Roads,
    *,
    nearby: Iterable[tuple[TechnicianId, object, float]] = (),
    top: int | None = None,
    params: RankingParams | None = None,
) -> Ranking:
    """Rank everybody for the order of the case.

    Parameters
    ----------
    plans
        One per technician, without this order.
    nearby
        Technicians with a lower bound of the crow's flight from their position to the site,
        metres, in non-decreasing bound; the middle value isn't used. Whoever it leaves out is
        drawn after it, by the plan.
    top
        How many of the best are wanted; None evaluates everybody.

    Returns
    -------
    Ranking
        Best first; equal scores by technician id. The same inputs give the same answer.

    Raises
    ------
    InvalidInput
        ``top`` is less than one.
    """
    if top is not None and top < 1:
        raise InvalidInput(f"top is {top}; ask for at least 1, or leave it out for everybody")
    search = _Search(case, roads, params or RankingParams(), top)
    waiting = _entrants(search, plans)
    least_standing = min((e.standing.minutes for e in waiting.values()), default=0.0)
    for technician_id, _, bound_m in nearby:
        entrant = waiting.get(technician_id)
        if search.floor(least_standing, bound_m) > search.bar():
            break
        if entrant is not None and entrant.start.basis is Basis.POSITION:
            search.consider(waiting.pop(technician_id), bound_m)
    for entrant in sorted(waiting.values(), key=lambda e: e.crow_m):
        search.consider(entrant, entrant.crow_m)
    search.flush()
    return _ranking(search)


def _entrants(search: _Search, plans: Iterable[Plan]) -> dict[TechnicianId, _Entrant]:
    """Sort out who can be told without roads; score the rest as far as that goes."""
    case = search.case
    open_plans: list[tuple[Plan, Origin]] = []
    for plan in sorted(plans, key=lambda p: p.technician.id):
        start = origin(plan, case.now, case.zone)
        reasons = exclusions(case, plan, start)
        if reasons or start is None:
            technician = plan.technician
            search.excluded.append(Excluded(technician.id, technician.call_sign, tuple(reasons)))
        else:
            open_plans.append((plan, start))
    work_s = [plan.open_work_s(case.now, case.zone) for plan, _ in open_plans]
    mean_s = fmean(work_s) if work_s else 0.0
    return {
        plan.technician.id: _Entrant(
            plan,
            start,
            standing(case, plan.technician, own_s, mean_s, search.params),
            haversine_m(start.place, case.site.location),
        )
        for (plan, start), own_s in zip(open_plans, work_s, strict=True)
    }


def _ranking(search: _Search) -> Ranking:
    ordered = sorted(search.found, key=lambda c: (c.score_min, c.technician_id))
    best, others = ordered[: search.top], ordered[len(ordered[: search.top]) :]
    evaluated = [
        NotRanked(c.technician_id, c.call_sign, (c.arrive_at - search.case.now).total_seconds())
        for c in others
    ]
    passed = [
        NotRanked(e.plan.technician.id, e.plan.technician.call_sign, search.roads.least_s(e.crow_m))
        for e in search.passed
    ]
    return Ranking(
        order_id=search.case.order.id,
        at=search.case.now,
        candidates=tuple(replace(c, rank=n) for n, c in enumerate(best, start=1)),
        excluded=tuple(sorted(search.excluded, key=lambda e: e.technician_id)),
        not_ranked=tuple(
            sorted([*evaluated, *passed], key=lambda n: (n.at_least_s, n.technician_id))
        ),
    )


def _last_place(entrant: _Entrant) -> LonLat:
    stops = entrant.plan.stops
    return stops[-1].place if stops else entrant.start.place
