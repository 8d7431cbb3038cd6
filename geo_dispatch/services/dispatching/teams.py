"""Who goes along to an order that takes several, and where it goes in each of their days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.days.insertion import insertions
from geo_dispatch.dispatch.ranking.crews import best_team, team_of
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.dispatching.candidates import Considered
from geo_dispatch.services.dispatching.objections import first_of
from geo_dispatch.services.dispatching.placing import Placement, Wish, least_bad


@dataclass(frozen=True, slots=True)
class Members:
    """The further technicians of an order.

    Attributes
    ----------
    lead_id, begin_at, placement
        The lead, when all begin together, and the order in the lead's day; None when it takes one.
    placements
        The order in the day of each of the others.
    conflicts
        What speaks against any of them.
    """

    ids: tuple[TechnicianId, ...] = ()
    lead_id: TechnicianId | None = None
    begin_at: datetime | None = None
    placement: Placement | None = None
    placements: tuple[Placement, ...] = ()
    conflicts: tuple[Exclusion, ...] = ()


def members_of(considered: Considered, lead_id: TechnicianId | None, wish: Wish) -> Members:
    """Who goes along: those of the wish, or whoever costs least; nobody to an order for one."""
    case, params = considered.case, considered.policy.ranking
    if case.order.crew_size == 1 and not wish.crew:
        return Members()
    fleet = considered.fleet
    if wish.crew is None:
        choice = best_team(case, fleet, params, lead_id=lead_id)
        if choice is None:
            return Members(lead_id=lead_id, conflicts=(_too_few(case),))
        found = Members(choice.member_ids, choice.lead_id, choice.begin_at)
    else:
        lead_id = lead_id or first_of(considered)
        team = team_of(case, fleet, params, lead_id, wish.crew)
        begin_at = team.begin_at or wish.start_at or case.earliest
        against = tuple(_named(fleet, *one) for one in team.conflicts)
        found = Members(wish.crew, lead_id, begin_at, conflicts=against)
    return _in_days(case, fleet, found)


def _in_days(case: Case, fleet: Fleet, found: Members) -> Members:
    if found.lead_id is None or found.begin_at is None:
        return found
    begin_at = found.begin_at
    leading = replace(case, order=replace(case.order, start_at=begin_at), joins_at=begin_at)
    joining = case.for_member(begin_at)
    return replace(
        found,
        placement=_in_day(leading, fleet, found.lead_id),
        placements=tuple(_in_day(joining, fleet, one) for one in found.ids),
    )


def _in_day(case: Case, fleet: Fleet, technician_id: TechnicianId) -> Placement:
    plan = fleet.plans[fleet.rows[technician_id]].without(case.order.id)
    day = day_of(plan, fleet.drives, case.now, case.zone)
    chosen = least_bad(case, insertions(case, day, fleet.drives))
    position = chosen.position if chosen is not None else len(case.plan_before(plan).stops)
    return Placement(case, plan, position, chosen)


def _too_few(case: Case) -> Exclusion:
    size = case.order.crew_size
    return Exclusion(
        Code.CREW_APART,
        f"the work takes {size}, and so many cannot be there together",
        f"{size} who can begin at one time, or a smaller crew",
        {"crew_size": float(size)},
    )


def _named(fleet: Fleet, technician_id: TechnicianId, exclusion: Exclusion) -> Exclusion:
    call_sign = fleet.plans[fleet.rows[technician_id]].technician.call_sign
    return replace(exclusion, fact=f"{call_sign}: {exclusion.fact}")
