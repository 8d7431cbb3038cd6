"""The least score that anybody in a fleet could have for an order, in arrays.

Sums what is known without roads, exactly, and what the road takes at the least at the best place
of each day. Nobody's real score is lower, so whoever's least is above the last of the best is out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.feasibility import SLA, Limit, deadlines
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.scoring import Scorer
from geo_dispatch.kernel.geo import haversines_m

Floats = NDArray[np.float64]

_BROKEN: Final = 1e9
"""Added to the score of who breaks a promise: behind everybody who doesn't."""

_ROUNDING_MIN: Final = 1e-5
"""Times are whole microseconds, and sums of floats in another sequence differ by less."""

_ROUNDING_S: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Ways:
    """The least that it takes from each place of a fleet to a site, and from it to each."""

    to_s: Floats
    from_s: Floats


@dataclass(frozen=True, slots=True)
class Least:
    """The least score at each point; of who breaks a promise, behind everybody who doesn't.

    Attributes
    ----------
    first
        Where the points of each technician begin.
    """

    minutes: Floats
    first: NDArray[np.intp]
    row_min: Floats

    def best_first(self) -> Iterator[int]:
        """Rows by what they could reach, without those who can't be there in the window."""
        for row in np.argsort(self.row_min, kind="stable").tolist():
            if self.row_min[row] == np.inf:
                return
            yield row

    def key(self, row: int) -> tuple[bool, float]:
        """No candidate of that row is ordered before this."""
        return _as_key(float(self.row_min[row]))

    def points(self, row: int) -> list[tuple[tuple[bool, float], int]]:
        """The same for each point of the row, with its number, least first."""
        start, end = int(self.first[row]), int(self.first[row + 1])
        minutes = self.minutes[start:end].tolist()
        return sorted((_as_key(one), start + n) for n, one in enumerate(minutes) if one < np.inf)


def ways_around(case: Case, fleet: Fleet) -> Ways:
    """Exact; where roads can't tell all at once, by crow's flight."""
    if fleet.roads.around is not None:
        return Ways(*fleet.roads.around(fleet.points.places, case.site.location))
    crow_s = _crow_s(case, fleet)
    return Ways(crow_s, crow_s)


def _crow_s(case: Case, fleet: Fleet) -> Floats:
    """By crow's flight at the speed of the fastest street."""
    site = np.array(case.site.location, dtype=np.float64)
    return fleet.roads.least_s(haversines_m(fleet.points.places, site))


def least_of(case: Case, fleet: Fleet, scorer: Scorer, ways: Ways, standing_min: Floats) -> Least:
    """The least for everybody, with what needs no roads as given."""
    points = fleet.points
    drive_s, begin_s = points.least(case, ways.to_s, ways.from_s)
    minutes = on_road_min(case, scorer, drive_s, begin_s) + standing_min[points.row]
    first = np.searchsorted(points.row, np.arange(len(fleet.plans) + 1))
    row_min = np.minimum.reduceat(minutes, first[:-1]) if len(minutes) else np.empty(0)
    return Least(minutes, first, row_min)


def _as_key(minutes: float) -> tuple[bool, float]:
    broken = minutes > _BROKEN / 2
    return broken, minutes - _BROKEN * broken - _ROUNDING_MIN


def nearest_s(case: Case, fleet: Fleet) -> Floats:
    """No way to the site from any place of their day takes less; per technician."""
    points, way_s = fleet.points, _crow_s(case, fleet)
    nearest = np.full(len(fleet.plans), np.inf)
    np.minimum.at(nearest, points.row, way_s[points.before])
    own = points.home >= 0
    np.minimum.at(nearest, points.row[own], way_s[points.home[own]])
    return nearest


def on_road_min(case: Case, scorer: Scorer, drive_s: Floats, begin_s: Floats) -> Floats:
    """Drive, wait and lateness at the least, given the least drive and the soonest beginning.

    The mean of what is above 0 is at least what of the mean is above 0, however arrivals spread.
    """
    order, params = case.order, scorer.params
    no_way = np.isinf(drive_s)
    begin_s = np.where(no_way, case.earliest.timestamp(), begin_s)
    late_s = np.zeros(len(begin_s))
    broken = np.zeros(len(begin_s), dtype=bool)
    too_late = np.zeros(len(begin_s), dtype=bool)
    for mark in deadlines(order):
        it_s = begin_s if mark.of == "begin" else begin_s + order.duration_s
        over_s = it_s - mark.at.timestamp()
        late_s = np.maximum(late_s, over_s)
        if mark.limit in SLA:
            broken |= over_s > _ROUNDING_S
        if mark.limit is Limit.WINDOW:
            too_late |= over_s > _ROUNDING_S
    waited_s = begin_s - case.earliest.timestamp()
    minutes = (
        drive_s + params.wait_price_of(order) * waited_s + params.lateness_price * late_s
    ) / 60
    return np.where(too_late | no_way, np.inf, minutes + _BROKEN * broken)


def standing_min(case: Case, fleet: Fleet, scorer: Scorer, work_s: Floats) -> Floats:
    """What needs no roads: exact for everybody who is able; (n,) minutes."""
    params, columns = scorer.params, fleet.columns
    minutes = params.workload_price * (work_s - scorer.mean_work_s) / 60
    if case.site.territory_id is not None:
        away = columns.has_territory & (columns.territory != case.site.territory_id)
        minutes = minutes + params.territory_min * away
    for need in case.order.required_skills:
        held = columns.levels(need.name)
        minutes = minutes + params.over_qualification_min * np.where(held, held - need.level, 0)
    some = {*case.experience, *scorer.entries}
    if case.preferred_technician_id is not None:
        some.add(case.preferred_technician_id)
    for technician_id in some:
        row = fleet.rows.get(technician_id)
        if row is not None:
            own = scorer.personal(fleet.plans[row].technician)
            minutes[row] += sum(term.minutes for term in own)
    return minutes
