"""The right technician for an order, and why: everybody ranked, refused, or known to be worse.

Each technician is judged at the best place that the visit can take in their day, walked exactly.
With ``top`` the search stops when nobody who is left can beat the last of the best: what their
places take at the least (`points`), and everything in the score that needs no roads, is more than
that. So the best are those of a full enumeration, not of a radius.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.drives import Leg
from geo_dispatch.dispatch.days.insertion import Insertion, insertion_legs, insertions
from geo_dispatch.dispatch.days.plan import origin
from geo_dispatch.dispatch.ranking.candidacy import (
    breaks_promise,
    candidate_key,
    candidate_of,
    in_rank,
    total_min,
    unranked,
)
from geo_dispatch.dispatch.ranking.candidates import Candidate, Excluded, NotRanked, Ranking
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.least import (
    Least,
    Ways,
    least_of,
    nearest_s,
    standing_min,
    ways_around,
)
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.dispatch.ranking.qualification import exclusions
from geo_dispatch.dispatch.ranking.refusals import against, in_the_day
from geo_dispatch.dispatch.ranking.scoring import RankingParams, Scorer, Term
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId

__all__ = ["Roads", "Search", "rank"]

_BATCH: Final = 8
"""Technicians per question to the roads."""

Tried = Mapping[TechnicianId, tuple[int, ...]]
"""Whose days were looked at, and at which places."""

Scored = tuple[Insertion, tuple[Term, ...]]


def rank(
    case: Case,
    fleet: Fleet,
    *,
    top: int | None = None,
    params: RankingParams | None = None,
    also: Collection[TechnicianId] = (),
    among: Tried | None = None,
    explain: bool = True,
) -> Ranking:
    """Rank everybody for the order of the case.

    Whoever has the order already is ranked as if they hadn't.

    Parameters
    ----------
    top
        How many of the best are wanted; None judges everybody. With it, who is not among the best
        is not ranked, whether or not their day has room.
    also
        Of these everything is told, whether or not they are among the best.
    among
        Judge nobody else: those whom a stored decision judged.
    explain
        Tell of everybody who is no candidate; without, only candidates are told of.

    Returns
    -------
    Ranking
        Best first: promises of contracts kept before those broken, then by score; equal ones by
        technician id. The same inputs give the same answer, to the byte.

    Raises
    ------
    InvalidInput
        ``top`` is less than one.
    """
    if top is not None and top < 1:
        raise InvalidInput(f"top is {top}; ask for at least 1, or leave it out for everybody")
    search = Search(case, fleet, params or RankingParams(), top, also=also)
    search.run(among)
    return search.ranking(explain=explain)


class Search:
    """One order, one fleet: who is able, how good each could be, and who was judged.

    Parameters
    ----------
    mean_work_s
        Mean open work of all who may be sent, of a fleet that is not whole; None works it out.
    """

    def __init__(
        self,
        case: Case,
        fleet: Fleet,
        params: RankingParams,
        top: int | None,
        mean_work_s: float | None = None,
        *,
        also: Collection[TechnicianId] = (),
    ) -> None:
        self.case, self.fleet, self.params, self.top = case, fleet, params, top
        self.also = frozenset(also)
        self.holders = fleet.holders.get(case.order.id, [])
        self.able = fleet.columns.able(case)
        for row in self.holders:
            self.able[row] = not self._facts(row)
        work_s = fleet.work_s(case)
        if mean_work_s is None:
            mean_work_s = float(work_s[self.able].mean()) if self.able.any() else 0.0
        self.scorer = Scorer(case, params, mean_work_s)
        self.work_s = work_s
        self.found: list[Candidate] = []
        self.refused: list[Excluded] = []
        self.judged: dict[TechnicianId, tuple[int, ...]] = {}
        self._left = self.able.copy()

    def run(self, among: Tried | None = None) -> None:
        """Judge everybody, or until nobody who is left can be among the best."""
        if among is not None:
            for technician_id, positions in among.items():
                self._judge(self.fleet.rows[technician_id], positions)
            return
        if self.top is None:
            self._judge_all(np.flatnonzero(self.able).tolist())
            return
        named = [self.fleet.rows[one] for one in self.also if one in self.fleet.rows]
        first = sorted({*self.holders, *named})
        self._judge_all([row for row in first if self.able[row]])
        self._left[first] = False
        standing = standing_min(self.case, self.fleet, self.scorer, self.work_s)
        ways = ways_around(self.case, self.fleet)
        least = least_of(self.case, self.fleet, self.scorer, ways, standing)
        batch: list[int] = []
        for row in least.best_first():
            if not self._left[row]:
                continue
            if least.key(row) > self._bar():
                break
            batch.append(row)
            if len(batch) == _BATCH:
                self._judge_places(batch, least, ways)
                batch = []
        self._judge_places(batch, least, ways)

    def ranking(self, *, explain: bool) -> Ranking:
        """What was found."""
        ordered = sorted(self.found, key=candidate_key)
        best = in_rank(ordered[: self.top])
        behind = [one for one in ordered[len(best) :] if one.technician_id in self.also]
        candidates = (*best, *(unranked(one, best[0]) for one in behind))
        excluded: list[Excluded] = []
        if explain:
            excluded = [self._excluded(row) for row in np.flatnonzero(~self.able).tolist()]
            excluded += self.refused
        told = {one.technician_id for one in candidates} | {one.technician_id for one in excluded}
        return Ranking(
            order_id=self.case.order.id,
            at=self.case.now,
            candidates=candidates,
            excluded=tuple(sorted(excluded, key=lambda one: one.technician_id)),
            not_ranked=self._behind(told) if explain and self.top is not None else (),
        )

    def not_ranked(self, technician_ids: Iterable[TechnicianId]) -> tuple[NotRanked, ...]:
        """These, by how near they can be."""
        at_least_s, fleet = nearest_s(self.case, self.fleet), self.fleet
        rows = [fleet.rows[one] for one in technician_ids]
        others = [
            NotRanked(one.id, one.call_sign, float(at_least_s[row]))
            for row in rows
            for one in (fleet.plans[row].technician,)
        ]
        return tuple(sorted(others, key=NotRanked.key))

    def _bar(self) -> tuple[bool, float]:
        """What whoever is left has to reach."""
        if self.top is None or len(self.found) < self.top:
            return True, math.inf
        keys = heapq.nsmallest(self.top, (candidate_key(one) for one in self.found))
        return keys[-1][:2]

    def _judge_all(self, rows: Sequence[int]) -> None:
        """Drive times for all of them in few questions, then a score or the reasons for each."""
        fleet = self.fleet
        fleet.prefetch_days(rows)
        days = [fleet.day(row, without=self.case.order.id) for row in rows]
        fleet.drives.prefetch(leg for day in days for leg in insertion_legs(self.case, day))
        for row in rows:
            self._judge(row)

    def _judge_places(self, rows: Sequence[int], least: Least, ways: Ways) -> None:
        """The same, at no place that can't be their best, or not among the best of all."""
        fleet, site = self.fleet, self.case.site.location
        bar = self._bar()
        points = {row: [one for one in least.points(row) if one[0] <= bar] for row in rows}
        fleet.drives.learn(_ways_known(fleet, site, ways, points))
        fleet.prefetch_days(rows)
        fleet.drives.prefetch(_ways_wanted(fleet, site, points))
        for row, those in points.items():
            self._left[row] = False
            best: Scored | None = None
            tried = []
            day = fleet.day(row)
            for key, point in those:
                if best is not None and key > _scored_key(best)[:2]:
                    break
                tried.append(int(fleet.points.position[point]))
                best = min(
                    [*self._scored(row, day, tried[-1:]), *([best] if best else [])],
                    key=_scored_key,
                    default=None,
                )
            self.judged[fleet.plans[row].technician.id] = tuple(tried)
            if best is not None:
                self.found.append(candidate_of(self.case, self.scorer, day, *best))

    def _judge(self, row: int, positions: Collection[int] | None = None) -> None:
        """Find the best place in the day, or the reasons why there is none."""
        day = self.fleet.day(row, without=self.case.order.id)
        technician = day.plan.technician
        scored = self._scored(row, day, positions)
        if scored:
            best = min(scored, key=_scored_key)
            self.found.append(candidate_of(self.case, self.scorer, day, *best))
        elif self.top is None or technician.id in self.also:
            places = insertions(self.case, day, self.fleet.drives)
            reasons = tuple(in_the_day(self.case, day, places))
            self.refused.append(Excluded(technician.id, technician.call_sign, reasons))
        last = len(day.plan.stops) + 1
        self.judged[technician.id] = tuple(range(last) if positions is None else positions)

    def _scored(self, row: int, day: Day, positions: Collection[int] | None) -> list[Scored]:
        """The places that the visit may take, each with its terms."""
        standing = self.scorer.standing(day.plan.technician, float(self.work_s[row]))
        return [
            (one, (*self.scorer.on_road(day, one), *standing))
            for one in insertions(self.case, day, self.fleet.drives, positions)
            if not against(self.case, one)
        ]

    def _facts(self, row: int) -> list[Exclusion]:
        """Everything against the technician that needs no roads."""
        plan = self.fleet.plans[row]
        if row not in self.holders:
            return exclusions(self.case, plan, self.fleet.starts[row])
        plan = plan.without(self.case.order.id)
        return exclusions(self.case, plan, origin(plan, self.case.now, self.case.zone))

    def _excluded(self, row: int) -> Excluded:
        technician = self.fleet.plans[row].technician
        return Excluded(technician.id, technician.call_sign, tuple(self._facts(row)))

    def _behind(self, told: Collection[TechnicianId]) -> tuple[NotRanked, ...]:
        """Whom nothing is known against and of whom nothing is told."""
        rows = np.flatnonzero(self.able).tolist()
        ids = (self.fleet.plans[row].technician.id for row in rows)
        return self.not_ranked(one for one in ids if one not in told)


def _ways_known(
    fleet: Fleet, site: LonLat, ways: Ways, points: Mapping[int, Sequence[tuple[object, int]]]
) -> dict[Leg, float | None]:
    """What was found out around the site, as far as these points need it."""
    if fleet.roads.around is None:
        return {}
    found = {
        leg: float(way_s)
        for place, number in _ends(fleet, points)
        for leg, way_s in (
            ((place, site), ways.to_s[number]),
            ((site, place), ways.from_s[number]),
        )
    }
    return {leg: None if math.isinf(way_s) else way_s for leg, way_s in found.items()}


def _ways_wanted(
    fleet: Fleet, site: LonLat, points: Mapping[int, Sequence[tuple[object, int]]]
) -> list[Leg]:
    """The ways between these points and the site, unless they are asked for one by one."""
    if fleet.roads.around is not None:
        return []
    there = {place for place, _ in _ends(fleet, points)}
    return [*((place, site) for place in there), *((site, place) for place in there)]


def _ends(
    fleet: Fleet, points: Mapping[int, Sequence[tuple[object, int]]]
) -> Iterator[tuple[LonLat, int]]:
    """The places that the points lie between, each with its number."""
    those = fleet.points
    numbers = {
        int(end[point])
        for several in points.values()
        for _, point in several
        for end in (those.before, those.after)
    } - {-1}
    for number in sorted(numbers):
        yield LonLat(*those.places[number].tolist()), number


def _scored_key(scored: Scored) -> tuple[bool, float, int]:
    insertion, terms = scored
    return breaks_promise(insertion), total_min(terms), insertion.position
