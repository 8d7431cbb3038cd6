"""Why somebody can't be sent, all the way down: each limit in the way, and what would lift it.

What is found first is given way to, and the day is judged again, until the visit fits. Then what
turned out needless is left out. So what is told is enough, and no more: with all of it relaxed by
just so much the technician can be sent, and with any of it by less they can't.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.insertion import insertions
from geo_dispatch.dispatch.days.plan import Plan, origin
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.just_enough import Judge, just_enough
from geo_dispatch.dispatch.ranking.qualification import exclusions
from geo_dispatch.dispatch.ranking.refusals import against, in_the_day
from geo_dispatch.dispatch.ranking.relaxation import Relaxation
from geo_dispatch.dispatch.ranking.relaxing import relax
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.ids import TechnicianId

__all__ = ["WhyNot", "relax", "why_not"]

_MOST_ROUNDS: Final = 12
"""Each round lifts at least one more limit; who has more in the way is nobody to think of."""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What is between a technician and an order.

    Attributes
    ----------
    exclusions
        The first limits, and behind them those that show once these are lifted; where they are
        enough, only those without which the others aren't.
    enough
        With all of it relaxed as stated, the technician can be sent.
    late_s
        What it takes in time, seconds, of all limits together.
    """

    technician_id: TechnicianId
    call_sign: str
    exclusions: tuple[Exclusion, ...]
    enough: bool
    late_s: float

    @property
    def relaxations(self) -> tuple[Relaxation, ...]:
        """What would have to give way, in sequence."""
        return tuple(one.relax for one in self.exclusions if one.relax is not None)

    @property
    def nearness(self) -> tuple[bool, int, float, TechnicianId]:
        """To order by: who could go with the least given way first."""
        facts = sum(1 for one in self.relaxations if not one.in_time)
        return not self.enough, facts, self.late_s, self.technician_id


def why_not(case: Case, plan: Plan, drives: Drives) -> WhyNot | None:
    """Everything in the way of the technician of the plan; None when they can be sent."""
    found = _found(case, plan, drives)
    return None if found is None else _sharpened(found, case, plan, drives)


def in_the_way(
    case: Case, fleet: Fleet, rows: Iterable[int] | None = None, *, most: int | None = None
) -> list[WhyNot]:
    """Everybody who can't be sent, who lacks least first.

    Parameters
    ----------
    most
        Of so many of the first, what is needless is left out; of the others all is told as it was
        found.
    """
    rows = range(len(fleet.plans)) if rows is None else rows
    every = (_found(case, fleet.plans[row], fleet.drives) for row in rows)
    found = sorted((one for one in every if one is not None), key=lambda one: one.nearness)
    plans = {plan.technician.id: plan for plan in fleet.plans}
    first = [_sharpened(one, case, plans[one.technician_id], fleet.drives) for one in found[:most]]
    left = [] if most is None else found[most:]
    return [*sorted(first, key=lambda one: one.nearness), *left]


def _found(case: Case, plan: Plan, drives: Drives) -> WhyNot | None:
    """What shows when one thing after the other gives way."""
    judge = _judge(case, plan, drives)
    found: list[Exclusion] = []
    given: list[Relaxation] = []
    enough = False
    for _ in range(_MOST_ROUNDS):
        reasons = judge(given)
        enough = not reasons
        new = [one for one in reasons if one not in found]
        found += new
        given += [one.relax for one in new if one.relax is not None]
        if not new or len(given) < len(found):
            break
    return _told(plan.technician, found, enough=enough) if found else None


def _sharpened(found: WhyNot, case: Case, plan: Plan, drives: Drives) -> WhyNot:
    """Without what is needless, and each time as small as it can be."""
    if not found.enough:
        return found
    told = just_enough(found.exclusions, case, plan, _judge(case, plan, drives))
    return _told(plan.technician, told, enough=True)


def _told(technician: Technician, told: Sequence[Exclusion], *, enough: bool) -> WhyNot:
    times = (one.relax for one in told if one.relax is not None and one.relax.in_time)
    late_s = math.fsum(one.amount or 0.0 for one in times)
    return WhyNot(technician.id, technician.call_sign, tuple(told), enough, late_s)


def _judge(case: Case, plan: Plan, drives: Drives) -> Judge:
    plan = plan.without(case.order.id)

    def judge(given: Sequence[Relaxation]) -> list[Exclusion]:
        return _reasons(*relax(case, plan, given), drives)

    return judge


def _reasons(case: Case, plan: Plan, drives: Drives) -> list[Exclusion]:
    start = origin(plan, case.now, case.zone)
    reasons = exclusions(case, plan, start)
    if reasons:
        return reasons
    day = day_of(plan, drives, case.now, case.zone)
    places = insertions(case, day, drives)
    if any(not against(case, one) for one in places):
        return []
    return in_the_day(case, day, places)
