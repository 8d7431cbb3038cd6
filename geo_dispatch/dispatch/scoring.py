"""The score of a candidate: minutes, term by term, each with a text that a dispatcher can read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.dispatch.case import Case
from geo_dispatch.dispatch.orders import WorkOrder
from geo_dispatch.dispatch.feasibility import lateness_s
from geo_dispatch.dispatch.plan import Schedule
from geo_dispatch.dispatch.qualification import held
from geo_dispatch.dispatch.sites import Site
from geo_dispatch.dispatch.technicians import Technician
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.time import Window

_PRIORITIES: Final = 5


@dataclass(frozen=True, slots=True)
class RankingParams:
    """What a minute of each kind costs, in minutes of driving.

    Attributes
    ----------
    wait_price
        Per minute until the technician is there without driving, for priority 1 to 5. An
        emergency waits dearly; work that can be done whenever waits for who comes by anyway.
    lateness_price
        Per minute of expected lateness.
    spread_share, spread_floor_s
        Standard deviation of an arrival: this share of the time until then, and at least so much.
    territory_min
        Leaving the home territory.
    workload_price
        Per minute of open work above the mean of those who may be sent; below it is a bonus.
    over_qualification_min
        Per level above what the work needs.
    """

    wait_price: tuple[float, ...] = (2.0, 1.0, 0.5, 0.25, 0.1)
    lateness_price: float = 3.0
    spread_share: float = 0.2
    spread_floor_s: float = 300.0
    territory_min: float = 10.0
    workload_price: float = 0.05
    over_qualification_min: float = 0.5

    def __post_init__(self) -> None:
        numbers = {name: getattr(self, name) for name in self.__slots__ if name != "wait_price"} | {
            f"wait_price[{n}]": price for n, price in enumerate(self.wait_price)
        }
        faults = [
            Fault(name, f"{value!r} is not a number of 0 or more")
            for name, value in numbers.items()
            if not (math.isfinite(value) and value >= 0)
        ]
        if len(self.wait_price) != _PRIORITIES:
            faults.append(Fault("wait_price", "needs one price for each priority, 1 to 5"))
        if self.spread_floor_s == 0:
            faults.append(Fault("spread_floor_s", "0: no arrival is known to the second"))
        if faults:
            raise InvalidInput("these ranking parameters can't be used", faults)

    def wait_price_of(self, order: WorkOrder) -> float:
        """What a minute of waiting costs for this order."""
        return self.wait_price[min(max(order.priority, 1), _PRIORITIES) - 1]


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a score.

    Attributes
    ----------
    minutes
        What it adds; negative is in the candidate's favour.
    text
        The fact behind it, for a person.
    """

    name: str
    minutes: float
    text: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The terms that need no roads: known of everybody before the first drive time."""

    territory: Term
    workload: Term
    over_qualification: Term

    @property
    def minutes(self) -> float:
        """Their sum."""
        return self.territory.minutes + self.workload.minutes + self.over_qualification.minutes


def standing(
    case: Case,
    technician: Technician,
    open_work_s: float,
    mean_work_s: float,
    params: RankingParams,
) -> Standing:
    """Score what is known without roads."""
    return Standing(
        _territory(case.site, technician, params),
        _workload(open_work_s, mean_work_s, params),
        _over_qualification(case.order, technician, params),
    )


def road_terms(
    case: Case, day: Schedule, drive_s: float, attendance: Window, params: RankingParams
) -> tuple[Term, Term, Term]:
    """Score the drive, the wait and the risk of lateness."""
    free_at = day.free_at or case.now
    arrive_at = free_at + timedelta(seconds=drive_s)
    early_s = (attendance.start - arrive_at).total_seconds()
    return (
        Term("drive", drive_s / 60, f"{drive_s / 60:.0f} min by road"),
        _wait(case, free_at, early_s, params),
        _lateness(case, arrive_at, attendance, params),
    )


def least_minutes(order: WorkOrder, away_s: float, params: RankingParams) -> float:
    """No drive and wait that take ``away_s`` together score less than this."""
    return min(1.0, params.wait_price_of(order)) * away_s / 60


def expected_lateness_s(late_s: float, spread_s: float) -> float:
    """Mean of max(0, lateness), for a lateness normally distributed around ``late_s``."""
    z = late_s / spread_s
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return max(0.0, late_s * _normal_cdf(z) + spread_s * density)


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _wait(case: Case, free_at: datetime, early_s: float, params: RankingParams) -> Term:
    until_free_s = (free_at - case.now).total_seconds()
    parts = []
    if until_free_s > 0:
        parts.append(f"free from {case.clock(free_at)}, in {until_free_s / 60:.0f} min")
    if early_s > 0:
        parts.append(f"{early_s / 60:.0f} min early for the window")
    minutes = params.wait_price_of(case.order) * (until_free_s + early_s) / 60
    return Term("wait", minutes, "; ".join(parts) or "free now")


def _lateness(case: Case, arrive_at: datetime, attendance: Window, params: RankingParams) -> Term:
    late_s = lateness_s(case.order, attendance.start, attendance.end)
    if late_s is None:
        return Term("lateness", 0.0, "no time limit")
    there_s = (arrive_at - case.now).total_seconds()
    spread_s = max(params.spread_floor_s, params.spread_share * there_s)
    expected_s = expected_lateness_s(late_s, spread_s)
    risk = _normal_cdf(late_s / spread_s)
    margin = f"{abs(late_s) / 60:.0f} min {'late' if late_s > 0 else 'to spare'}"
    return Term(
        "lateness",
        params.lateness_price * expected_s / 60,
        f"{margin}, {risk * 100:.0f} % risk of being late",
    )


def _territory(site: Site, technician: Technician, params: RankingParams) -> Term:
    if site.territory_id is None or technician.territory_id is None:
        return Term("territory", 0.0, "no territory to keep to")
    if site.territory_id == technician.territory_id:
        return Term("territory", 0.0, "in the home territory")
    return Term(
        "territory",
        params.territory_min,
        f"home territory {technician.territory_id}, the site is in {site.territory_id}",
    )


def _workload(open_work_s: float, mean_work_s: float, params: RankingParams) -> Term:
    return Term(
        "workload",
        params.workload_price * (open_work_s - mean_work_s) / 60,
        f"{open_work_s / 60:.0f} min of open work today, mean {mean_work_s / 60:.0f}",
    )


def _over_qualification(order: WorkOrder, technician: Technician, params: RankingParams) -> Term:
    above = [
        (need.name, max(skill.level for skill in held(need, technician)) - need.level)
        for need in order.required_skills
        if held(need, technician)
    ]
    levels = sum(surplus for _, surplus in above)
    text = ", ".join(f"{name} {surplus} above the need" for name, surplus in above if surplus)
    return Term(
        "over_qualification", params.over_qualification_min * levels, text or "skills as needed"
    )
