"""The score of a candidate: minutes, term by term, each with a text that a dispatcher can read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from geo_dispatch.dispatch.days.case import Case, Experience
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.feasibility import lateness_s
from geo_dispatch.dispatch.days.insertion import Insertion
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.ranking.requirements import held
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.errors import Fault, InvalidInput

MAX_PRICE: Final = 1e6
"""Of any term, in minutes: more outweighs everything, and sums would lose the rest."""

_PRIORITIES: Final = 5
_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class RankingParams:
    """What a minute of each kind costs, in minutes of driving.

    Attributes
    ----------
    wait_price
        Per minute until the work begins, from when it could, for priority 1 to 5; and per minute
        by which visits behind it begin later, for theirs. An emergency waits dearly; work that
        can be done whenever waits for who comes by anyway.
    lateness_price
        Per minute of expected lateness, of the order's own and of the visits it pushes back.
    spread_share, spread_floor_s
        Standard deviation of an arrival: this share of the time until then, and at least so much.
    territory_min
        Leaving the home territory.
    workload_price
        Per minute of open work above the mean of those who may be sent; below it is a bonus.
    over_qualification_min
        Per level above what the work needs.
    overtime_price
        Per minute by which the day goes on longer after the end of the shift.
    preferred_min
        Bonus of whom the order or its customer asks for.
    site_min, equipment_min, type_min
        Bonus for knowing the site, the piece of equipment, its type: half of it after one visit,
        two thirds after two, and so on.
    revisit_min
        What a second visit costs; times how much less often than others they fix it at once.
    duration_price
        Per minute that they usually take longer than others for such work; quicker is a bonus.
    """

    wait_price: tuple[float, ...] = (2.0, 1.0, 0.5, 0.25, 0.1)
    lateness_price: float = 3.0
    spread_share: float = 0.2
    spread_floor_s: float = 300.0
    territory_min: float = 10.0
    workload_price: float = 0.05
    over_qualification_min: float = 0.5
    preferred_min: float = 15.0
    site_min: float = 2.0
    equipment_min: float = 6.0
    type_min: float = 3.0
    revisit_min: float = 60.0
    duration_price: float = 0.5
    overtime_price: float = 1.5

    def __post_init__(self) -> None:
        numbers = {name: getattr(self, name) for name in self.__slots__ if name != "wait_price"} | {
            f"wait_price[{n}]": price for n, price in enumerate(self.wait_price)
        }
        faults = [
            Fault(name, f"{value!r} is not a number from 0 to {MAX_PRICE:g}")
            for name, value in numbers.items()
            if not 0 <= value <= MAX_PRICE
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


class Scorer:
    """Scores technicians for one case: what is the same for all of them is worked out once.

    Parameters
    ----------
    mean_work_s
        Mean open work, on the day of the visit, of those who may be sent.
    """

    def __init__(self, case: Case, params: RankingParams, mean_work_s: float) -> None:
        self.case, self.params, self.mean_work_s = case, params, mean_work_s
        kind = case.order.type.casefold()
        past = case.performance.entries if case.performance is not None else ()
        self.entries = {one.technician_id: one for one in past if one.job_type == kind}

    def standing(self, technician: Technician, work_s: float) -> tuple[Term, ...]:
        """The terms that need no roads."""
        case, params = self.case, self.params
        return (
            _territory(case, technician, params),
            _workload(work_s, self.mean_work_s, params),
            _over_qualification(case.order, technician, params),
            *self.personal(technician),
        )

    def personal(self, technician: Technician) -> tuple[Term, ...]:
        """What is known of this technician alone; nothing of most."""
        return (
            _preferred(self.case, technician, self.params),
            _familiarity(self.case, technician, self.params),
            self._performance(technician),
        )

    def on_road(self, day: Day, insertion: Insertion) -> tuple[Term, ...]:
        """Score the drive, the wait and the risk of lateness, of this visit and those behind.

        And overtime, where some is allowed.
        """
        return (
            _drive(insertion),
            self._wait(insertion.stay),
            self._pushed(insertion),
            self._lateness(day, insertion),
            *([self._overtime(day, insertion)] if day.plan.overtime_s else []),
        )

    def risk(self, stay: Stay) -> float:
        """How likely the visit misses a time limit of the order; 0 when it has none."""
        late_s = _late_s(stay)
        return 0.0 if late_s is None else _normal_cdf(late_s / self._spread_s(stay))

    def _wait(self, stay: Stay) -> Term:
        case = self.case
        begin_at = stay.begin_at or case.now
        late_s = (begin_at - case.earliest).total_seconds()
        parts = []
        if stay.depart_at is not None and stay.depart_at > case.now:
            parts.append(f"free from {case.clock(stay.depart_at)}")
        parts.append(f"begins at {case.clock(begin_at)}")
        minutes = self.params.wait_price_of(case.order) * late_s / 60
        return Term("wait", minutes, ", ".join(parts))

    def _pushed(self, insertion: Insertion) -> Term:
        """Whoever jumps ahead pays what it costs the others to wait; none is paid for less."""
        orders = {stop.order.id: stop.order for stop in insertion.plan.stops}
        later = [
            (orders[one.order_id], (one.begin_after - one.begin_before).total_seconds())
            for one in insertion.moved
            if one.begin_before is not None
            and one.begin_after is not None
            and one.begin_after > one.begin_before
        ]
        minutes = sum(self.params.wait_price_of(order) * by_s / 60 for order, by_s in later)
        told = ", ".join(f"{order.number} by {_span(by_s)}" for order, by_s in later)
        return Term("pushed", minutes, f"later: {told}" if told else "no visit begins later")

    def _lateness(self, day: Day, insertion: Insertion) -> Term:
        own_s = self._expected_s(insertion.stay)
        parts = []
        late_s = _late_s(insertion.stay)
        if late_s is not None:
            margin = f"{abs(late_s) / 60:.0f} min {'late' if late_s > 0 else 'to spare'}"
            risk = self.risk(insertion.stay)
            parts.append(f"{margin}, {risk * 100:.0f} % risk of being late")
        pushed_s = self._pushed_s(day, insertion)
        if pushed_s > 0:
            more = f"{_span(pushed_s)} more lateness to be expected of the visits behind it"
            parts = [*(parts or ["no time limit of its own"]), more]
        minutes = self.params.lateness_price * (own_s + pushed_s) / 60
        return Term("lateness", minutes, "; ".join(parts) or "no time limit")

    def _overtime(self, day: Day, insertion: Insertion) -> Term:
        before_s, after_s = day.schedule.overtime_s, insertion.schedule.overtime_s
        more_s = max(0.0, after_s - before_s)
        word = "more" if before_s else "of"
        text = f"{_span(more_s)} {word} overtime" if more_s else "no overtime for it"
        return Term("overtime", self.params.overtime_price * more_s / 60, text)

    def _pushed_s(self, day: Day, insertion: Insertion) -> float:
        """Expected lateness that the visits behind gain."""
        if not insertion.moved:
            return 0.0
        before = {stay.stop.order.id: stay for stay in day.schedule.stays}
        after = {stay.stop.order.id: stay for stay in insertion.schedule.stays}
        return sum(
            max(0.0, self._expected_s(after[one.order_id]) - self._expected_s(before[one.order_id]))
            for one in insertion.moved
        )

    def _expected_s(self, stay: Stay) -> float:
        late_s = _late_s(stay)
        return 0.0 if late_s is None else expected_lateness_s(late_s, self._spread_s(stay))

    def _spread_s(self, stay: Stay) -> float:
        """Standard deviation of the arrival."""
        there_at = stay.arrive_at or self.case.now
        until_s = (there_at - self.case.now).total_seconds()
        return max(self.params.spread_floor_s, self.params.spread_share * until_s)

    def _performance(self, technician: Technician) -> Term:
        entry = self.entries.get(technician.id)
        if entry is None:
            return Term("performance", 0.0, "no past results to go by")
        fewer = entry.type_first_time_fix - entry.first_time_fix
        longer_min = (entry.duration_ratio - 1) * self.case.order.duration_s / 60
        return Term(
            "performance",
            self.params.revisit_min * fewer + self.params.duration_price * longer_min,
            f"{entry.first_time_fix * 100:.0f} % fixed at the first visit, all "
            f"{entry.type_first_time_fix * 100:.0f} %; takes {entry.duration_ratio * 100:.0f} % of "
            f"the usual time; {entry.visits} visits",
        )


def expected_lateness_s(late_s: float, spread_s: float) -> float:
    """Mean of max(0, lateness), for a lateness normally distributed around ``late_s``."""
    z = late_s / spread_s
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return max(0.0, late_s * _normal_cdf(z) + spread_s * density)


def knowing(visits: int) -> float:
    """How well somebody knows what they have been to so often: 0, a half, two thirds and so on."""
    return visits / (visits + 1)


def _span(seconds: float) -> str:
    return "less than 1 min" if seconds < _MINUTE_S else f"{seconds / 60:.0f} min"


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _late_s(stay: Stay) -> float | None:
    if stay.begin_at is None or stay.finish_at is None:
        return None
    return lateness_s(stay.stop.order, stay.begin_at, stay.finish_at)


def _drive(insertion: Insertion) -> Term:
    # a stop lets a driver turn round where the road doesn't: no detour is ever a gain
    added_min = max(0.0, insertion.added_drive_s) / 60
    there_min = (insertion.stay.drive_s or 0.0) / 60
    if insertion.position == len(insertion.plan.stops) - 1:
        return Term("drive", added_min, f"{there_min:.0f} min by road")
    return Term("drive", added_min, f"{added_min:.0f} min more driving, {there_min:.0f} min there")


def _territory(case: Case, technician: Technician, params: RankingParams) -> Term:
    site = case.site
    if site.territory_id is None or technician.territory_id is None:
        return Term("territory", 0.0, "no territory to keep to")
    if site.territory_id == technician.territory_id:
        return Term("territory", 0.0, "in the home territory")
    home, there = case.territory(technician.territory_id), case.territory(site.territory_id)
    return Term("territory", params.territory_min, f"home territory {home}, the site is in {there}")


def _workload(work_s: float, mean_work_s: float, params: RankingParams) -> Term:
    return Term(
        "workload",
        params.workload_price * (work_s - mean_work_s) / 60,
        f"{work_s / 60:.0f} min of open work that day, mean {mean_work_s / 60:.0f}",
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


def _preferred(case: Case, technician: Technician, params: RankingParams) -> Term:
    wanted = case.preferred_technician_id
    if wanted is None:
        return Term("preferred", 0.0, "nobody is preferred")
    if wanted != technician.id:
        return Term("preferred", 0.0, "another is preferred")
    by = "order" if case.order.preferred_technician_id is not None else "customer"
    return Term("preferred", -params.preferred_min, f"preferred by the {by}")


def _familiarity(case: Case, technician: Technician, params: RankingParams) -> Term:
    past = case.experience.get(technician.id, Experience())
    known = (
        ("this equipment", params.equipment_min, past.equipment_visits),
        ("such equipment", params.type_min, past.type_visits),
        ("this site", params.site_min, past.site_visits),
    )
    bonus = sum(price * knowing(visits) for _, price, visits in known)
    text = ", ".join(f"{what} {visits}x" for what, _, visits in known if visits)
    return Term("familiarity", -bonus, f"has worked on {text}" if text else "new to it")
