"""The least score that anybody in a fleet could have for an order, in arrays.

Sums what is known without roads, exactly, and what the road takes at the least at the best place
of each day. Nobody's real score is lower, so whoever's least is above the last of the best is out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.case import Case
from geo_dispatch.dispatch.feasibility import SLA, Limit, deadlines
from geo_dispatch.dispatch.fleet import Fleet
from geo_dispatch.dispatch.scoring import Scorer
from geo_dispatch.kernel.geo import haversines_m

Floats = NDArray[np.float64]

_BROKEN: Final = 1e9
"""Added to the score of who breaks a promise: behind everybody who doesn't."""

_ROUNDING_MIN: Final = 1e-5
"""Times are whole microseconds, and sums of floats in another sequence differ by less."""

_ROUNDING_S: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Least:
    """Per technician: whether a promise must break, and the least score, as one number."""

    minutes: Floats

    def best_first(self) -> Iterator[int]:
        """Rows by what they could reach, without those who can't be there in the window."""
        for row in np.argsort(self.minutes, kind="stable").tolist():
            if self.minutes[row] == np.inf:
                return
            yield row

    def key(self, row: int) -> tuple[bool, float]:
        """No candidate of that row is ordered before this."""
        minutes = float(self.minutes[row])
        broken = minutes > _BROKEN / 2
        return broken, minutes - _BROKEN * broken - _ROUNDING_MIN


def least_of(
    case: Case, fleet: Fleet, scorer: Scorer, work_s: Floats, holders: Sequence[int]
) -> Least:
    """The least for everybody; minus infinity for ``holders``, whose own day has to change."""
    points = fleet.points
    site = np.array(case.site.location, dtype=np.float64)
    way_s = fleet.roads.least_s(haversines_m(points.places, site))
    drive_s, begin_s = points.least(case, way_s, way_s)
    on_road = on_road_min(case, scorer, drive_s, begin_s)
    minutes = np.full(len(fleet.plans), np.inf)
    np.minimum.at(minutes, points.row, on_road)
    minutes += _standing_min(case, fleet, scorer, work_s)
    minutes[list(holders)] = -np.inf
    return Least(minutes)


def nearest_s(case: Case, fleet: Fleet) -> Floats:
    """No way to the site from any place of their day takes less; per technician."""
    points = fleet.points
    site = np.array(case.site.location, dtype=np.float64)
    way_s = fleet.roads.least_s(haversines_m(points.places, site))
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
    return np.where(too_late, np.inf, minutes + _BROKEN * broken)


def _standing_min(case: Case, fleet: Fleet, scorer: Scorer, work_s: Floats) -> Floats:
    """What needs no roads: exact for everybody who is able."""
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
