"""Emergencies that take several technicians: who goes together, and what that does to their days.

The crew is the ranking's; nobody's visits are sent away for it. In each day it takes the place
that breaks least, so that all of them begin at one moment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.insertion import stop_of
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.ranking.crews import Choice
from geo_dispatch.dispatch.repairs.emergency import Emergency, EmergencyPlan, plan_of, roster_of
from geo_dispatch.dispatch.repairs.emergency_search import Answer, Cost
from geo_dispatch.dispatch.repairs.roster import Arranged, Roster
from geo_dispatch.kernel.ids import TechnicianId


def plan_crew(
    emergency: Emergency, days: Sequence[Day], drives: Drives, crew: Choice
) -> EmergencyPlan | TechnicianId:
    """What it comes to when this crew goes; or who of them can't without touching what is firm."""
    case, begin_at = emergency.case, crew.begin_at
    leading = replace(case, order=replace(case.order, start_at=begin_at), joins_at=begin_at)
    stops = dict.fromkeys(crew.member_ids, stop_of(case.for_member(begin_at)))
    stops[crew.lead_id] = stop_of(leading)  # last: of an order in several days the lead's counts
    equipped = replace(
        emergency, can_have=lambda one, at: one != crew.lead_id or emergency.can_have(one, at)
    )
    roster = roster_of(equipped, days, drives)
    roster.prefetch_to_and_from(case.site.location, crew.technician_ids)
    arranged: dict[TechnicianId, Arranged] = {}
    for technician_id, stop in stops.items():
        day = _with(roster, technician_id, stop)
        if day is None:
            return technician_id
        arranged[technician_id] = day
    late_min = math.ceil((begin_at - emergency.respond_by).total_seconds() / 60)
    cost = Cost(
        late_min=max(0, late_min),
        broken=sum(len(day.broken) for day in arranged.values()),
        changes=1 + len(frozenset().union(*(day.changed for day in arranged.values()))),
        minutes=crew.cost_min,
    )
    plan = plan_of(emergency, roster, Answer(cost, crew.lead_id, arranged), drives, proven=False)
    sent, *others = plan.rearrangement.changes
    changes = (replace(sent, crew_after=crew.member_ids), *others)
    rearrangement = replace(plan.rearrangement, changes=changes)
    return replace(plan, crew=crew.member_ids, start_at=begin_at, rearrangement=rearrangement)


def _with(roster: Roster, technician_id: TechnicianId, visit: Stop) -> Arranged | None:
    """The day with the visit where that breaks and changes least; None when it can't be there."""
    stops = roster.days[technician_id].plan.stops
    found = (
        roster.arranged(technician_id, (*stops[:place], visit, *stops[place:]))
        for place in roster.places(technician_id, stops)
    )
    return min(
        (day for day in found if day.possible),
        key=lambda day: (len(day.broken), len(day.changed), day.drive_s),
        default=None,
    )
