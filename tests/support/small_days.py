"""Pieces of small days, for tests that try everything: stages, crews, and what is compared."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.feasibility import Limit
from geo_dispatch.dispatch.days.plan import Plan, Prior, Stop
from tests.support.dispatching import NOW, ZONE, a_stop, at, minutes

PROMISES = {Limit.WINDOW, Limit.DUE, Limit.SLA_RESPONSE, Limit.SLA_COMPLETION}
ZONES = {ZONE: 0, ZoneInfo("Asia/Kathmandu"): 5}
"""With the hours by which the local day is later."""

PLACES = st.builds(at, st.integers(-6, 6).map((500.0).__mul__), st.sampled_from([0.0, 1500.0]))

Begin = tuple[Any, datetime | None]
"""Who begins, and when."""


def waiting_for(stop: Stop, prior: Stop) -> Stop:
    """The visit, which waits for the other one."""
    order = replace(stop.order, after=(prior.order.id,))
    return replace(stop, order=order, priors=(Prior(prior.order.id, prior.order.number),))


def joined(first: Plan, second: Plan, place: int, *, agreed: bool = True) -> list[Plan]:
    """Both plans, with a visit at the end that takes both technicians at once.

    Parameters
    ----------
    place
        After how many hours, if that is agreed; else it begins when the second of them is there.
    """
    crew = (second.technician.id,)
    start_at = NOW + minutes(60 * place) if agreed else None
    visit = a_stop("wo_lift", at(0), 9, priority=4, duration_s=1200.0, crew=crew)
    lead = first.technician.id
    order = replace(visit.order, technician_id=lead, crew_size=2, start_at=start_at)
    visit = replace(visit, order=order, joins_at=start_at)
    return [replace(plan, stops=(*plan.stops, visit)) for plan in (first, second)]


def begins(days: Iterable[Day]) -> dict[str, Begin]:
    """Who begins each visit, and when; those of a crew together."""
    found: dict[str, list[Begin]] = {}
    for day in days:
        for stay in day.schedule.stays:
            found.setdefault(stay.stop.order.id, []).append((day.plan.technician.id, stay.begin_at))
    return {
        one: those[0]
        if len(those) == 1
        else (tuple(who for who, _ in those), max(begin for _, begin in those))
        for one, those in found.items()
    }


def differ(one: Begin | None, other: Begin | None) -> bool:
    if one is None or other is None or one[0] != other[0] or None in {one[1], other[1]}:
        return one != other
    return abs((one[1] - other[1]).total_seconds()) >= 1


def meet_today(days: Iterable[Day], tonight: datetime) -> bool:
    """Whether all crews begin before that: those that a day's end parts are left as they are."""
    return all(
        stay.begin_at is not None and stay.begin_at < tonight
        for day in days
        for stay in day.schedule.stays
        if stay.stop.order.crew
    )
