"""Who goes along to an order that takes several, and where it goes in each of their days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.days.insertion import insertions
from geo_dispatch.dispatch.ranking.crews import team_of
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.scoring import RankingParams
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
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


def members_of(
    ctx: Context, considered: Considered, lead_id: TechnicianId | None, wish: Wish
) -> Members:
    """Who goes along: those of the wish, or whoever costs least; nobody to an order for one."""
    case, params = considered.case, considered.policy.ranking
    if case.order.crew_size == 1 and not wish.crew:
        return Members()
    fleet = considered.fleet
    if wish.crew is None:
        found = _as_ranked(considered, lead_id or first_of(ctx, considered))
    else:
        lead_id = lead_id or first_of(ctx, considered)
        team = team_of(case, fleet, params, lead_id, wish.crew)
        begin_at = team.begin_at or wish.start_at or case.earliest
        against = tuple(_named(fleet, *one) for one in team.conflicts)
        found = Members(wish.crew, lead_id, begin_at, conflicts=against)
    return _in_days(case, fleet, params, found)


def _as_ranked(considered: Considered, lead_id: TechnicianId) -> Members:
    """The crew that the ranking has for the lead; nobody along with who is excluded."""
    candidate = considered.ranking.candidate(lead_id)
    if candidate is not None:
        return Members(candidate.crew, lead_id, candidate.begin_at)
    return Members(lead_id=lead_id)


def _in_days(case: Case, fleet: Fleet, params: RankingParams, found: Members) -> Members:
    if found.lead_id is None or found.begin_at is None:
        return found
    begin_at = found.begin_at
    leading = replace(case, order=replace(case.order, start_at=begin_at), joins_at=begin_at)
    joining = case.for_member(begin_at)
    return replace(
        found,
        placement=_in_day(leading, fleet, params, found.lead_id),
        placements=tuple(_in_day(joining, fleet, params, one) for one in found.ids),
    )


def _in_day(
    case: Case, fleet: Fleet, params: RankingParams, technician_id: TechnicianId
) -> Placement:
    """Where the ranking has it in that day; where it breaks least for who can't come."""
    plan = fleet.plans[fleet.rows[technician_id]].without(case.order.id)
    day = day_of(plan, fleet.drives, case.now, case.zone)
    found = insertions(case, day, fleet.drives)
    best = rank(case, fleet.only([technician_id]), params=params, explain=False).candidates
    chosen = (
        next(one for one in found if one.position == best[0].position)
        if best
        else least_bad(case, found)
    )
    position = chosen.position if chosen is not None else len(case.plan_before(plan).stops)
    return Placement(case, plan, position, chosen)


def _named(fleet: Fleet, technician_id: TechnicianId, exclusion: Exclusion) -> Exclusion:
    call_sign = fleet.plans[fleet.rows[technician_id]].technician.call_sign
    return replace(exclusion, fact=f"{call_sign}: {exclusion.fact}")
