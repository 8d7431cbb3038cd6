"""Candidates for work that takes several: each with the crew they would lead, or refused.

The search ranks who can lead. For the best of them the crew is worked out, and they are judged
again at the moment at which all can begin, so that the answer is what an assignment then does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.ranking.candidacy import (
    candidate_key,
    in_rank,
    total_min,
    unranked,
)
from geo_dispatch.dispatch.ranking.candidates import Candidate, Excluded, NotRanked, Ranking
from geo_dispatch.dispatch.ranking.crews import Choice, Seats, begin_from
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation
from geo_dispatch.dispatch.ranking.scoring import RankingParams, Term
from geo_dispatch.dispatch.ranking.search import Search
from geo_dispatch.dispatch.ranking.why_not import WhyNot
from geo_dispatch.kernel.ids import TechnicianId

LEADS: Final = 20
"""Of the best who can lead, so many crews are worked out, and compared."""

_TRIED: Final = 100
"""So many are tried while none of them finds a crew."""

Crews = Mapping[TechnicianId, Choice | None]
"""The crew of each lead that was tried; None: not enough can begin together with them."""


def takes_several(case: Case) -> bool:
    """Whether the order takes a crew, and its lead is asked for."""
    return case.order.crew_size > 1 and case.joins_at is None


def leads_wanted(case: Case, top: int | None) -> int | None:
    """How many of the best the search has to find, so that ``top`` can be ranked."""
    return max(top, _TRIED) if top is not None and takes_several(case) else top


def search_crewed(
    case: Case,
    fleet: Fleet,
    *,
    top: int | None = None,
    params: RankingParams | None = None,
    also: Collection[TechnicianId] = (),
    explain: bool = True,
) -> tuple[Search, Ranking, dict[TechnicianId, Choice | None]]:
    """The search for who can lead or go alone, the ranking, and the crews; arguments as `rank`."""
    search = Search(case, fleet, params or RankingParams(), leads_wanted(case, top), also=also)
    search.run()
    leads = search.ranking(explain=explain)
    crews = crews_of(search, leads)
    return search, crewed(search, leads, crews, top=top, explain=explain), crews


def crews_of(search: Search, leads: Ranking) -> dict[TechnicianId, Choice | None]:
    """The cheapest crew for each of the best leads, and for whoever is asked for."""
    if not takes_several(search.case):
        return {}
    seats = Seats(search.case, search.fleet, search.params)
    crews: dict[TechnicianId, Choice | None] = {}
    for tried, lead in enumerate(leads.candidates):
        enough = tried >= LEADS and (tried >= _TRIED or any(crews.values()))
        if not enough or lead.technician_id in search.also:
            crews[lead.technician_id] = seats.best(lead.technician_id)
    return crews


def crewed(
    search: Search, leads: Ranking, crews: Crews, *, top: int | None, explain: bool
) -> Ranking:
    """The ranking of those leads, each with the crew found for them."""
    if not takes_several(search.case):
        return leads
    found = [
        _leading(search, crew) for one in leads.candidates if (crew := crews.get(one.technician_id))
    ]
    ordered = sorted(found, key=candidate_key)
    best = in_rank(ordered[:top])
    behind = [one for one in ordered[len(best) :] if one.technician_id in search.also]
    candidates = (*best, *(unranked(one, best[0]) for one in behind))
    if not explain:
        return replace(leads, candidates=candidates)
    alone = [
        Excluded(one.technician_id, one.call_sign, (crew_apart(search.case),))
        for one in leads.candidates
        if one.technician_id in crews and crews[one.technician_id] is None
    ]
    told = {one.technician_id for one in candidates} | {one.technician_id for one in alone}
    left = search.not_ranked(
        one.technician_id for one in leads.candidates if one.technician_id not in told
    )
    return replace(
        leads,
        candidates=candidates,
        excluded=tuple(sorted([*leads.excluded, *alone], key=lambda one: one.technician_id)),
        not_ranked=tuple(sorted([*leads.not_ranked, *left], key=NotRanked.key)),
    )


def crew_apart(case: Case) -> Exclusion:
    """That nobody, or too few, can begin together with a lead."""
    size = case.order.crew_size
    return Exclusion(
        Code.CREW_APART,
        f"the work takes {size}, and so many cannot be there together",
        f"{size} who can begin at one time, or a smaller crew",
        {"crew_size": size},
    )


def without_crew(search: Search, crews: Crews) -> list[WhyNot]:
    """Those in whose way nothing is but that too few can begin with them; what they could lead."""
    sizes = range(search.case.order.crew_size - 1, 1, -1)
    smaller = [Seats(_of_size(search.case, size), search.fleet, search.params) for size in sizes]
    told = []
    for lead_id in (one for one, crew in crews.items() if crew is None):
        those = zip(sizes, smaller, strict=True)
        size = next((size for size, seats in those if seats.best(lead_id) is not None), 1)
        exclusion = replace(
            crew_apart(search.case),
            lifts=f"a crew of {size}" if size > 1 else "one technician alone",
            relax=Relaxation(Gives.CREW_SIZE, search.case.order.id, size),
        )
        call_sign = search.fleet.plans[search.fleet.rows[lead_id]].technician.call_sign
        told.append(WhyNot(lead_id, call_sign, (exclusion,), enough=True, late_s=0.0))
    return told


def _of_size(case: Case, size: int) -> Case:
    return replace(case, order=replace(case.order, crew_size=size))


def _leading(search: Search, crew: Choice) -> Candidate:
    """The lead at the moment at which all begin, with what the others cost."""
    case, fleet = begin_from(search.case, crew.begin_at), search.fleet.only([crew.lead_id])
    alone = Search(case, fleet, search.params, None, search.scorer.mean_work_s)
    alone.run()
    (lead,) = alone.found
    along = f"{len(crew.member_ids)} more, from where they are"
    terms = (*lead.terms, Term("crew", crew.members_min, along))
    return replace(lead, terms=terms, score_min=total_min(terms), crew=crew.member_ids)
