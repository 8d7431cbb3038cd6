"""Candidates made of the best place in each day, and put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.feasibility import SLA, lateness_s
from geo_dispatch.dispatch.days.insertion import Insertion
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.ranking.candidates import Candidate, Lead
from geo_dispatch.dispatch.ranking.requirements import met
from geo_dispatch.dispatch.ranking.scoring import Scorer, Term
from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.kernel.ids import TechnicianId

Key = tuple[bool, float, TechnicianId]
"""What candidates are ordered by: promises kept first, then the score, then the id."""


def candidate_of(
    case: Case, scorer: Scorer, day: Day, insertion: Insertion, terms: tuple[Term, ...]
) -> Candidate:
    """The technician of the day at that place, not yet held against others."""
    plan, stay, position = insertion.plan, insertion.stay, insertion.position
    technician, seen = plan.technician, plan.whereabouts
    begin_at, finish_at = stay.begin_at or case.now, stay.finish_at or case.now
    stays = insertion.schedule.stays
    before = plan.stops[position - 1].place if position else None
    from_place = before or (day.start.place if day.start else case.site.location)
    from_fix = day.start is not None and day.start.basis is Basis.POSITION
    return Candidate(
        technician_id=technician.id,
        call_sign=technician.call_sign,
        rank=None,
        score_min=total_min(terms),
        position=position,
        drive_s=stay.drive_s or 0.0,
        added_drive_s=insertion.added_drive_s,
        onward_s=stays[position + 1].drive_s if position + 1 < len(stays) else None,
        crow_m=haversine_m(from_place, case.site.location),
        start=Basis.SITE if before else (day.start.basis if day.start else Basis.NO_POSITION),
        free_at=stay.depart_at or case.now,
        arrive_at=stay.arrive_at or begin_at,
        begin_at=begin_at,
        finish_at=finish_at,
        late_by_s=lateness_s(case.order, begin_at, finish_at),
        late_risk=scorer.risk(stay),
        breaches_sla=breaks_promise(insertion),
        position_at=seen.at if seen is not None and from_fix else None,
        moved=insertion.moved,
        met=met(case, technician),
        terms=terms,
    )


def breaks_promise(insertion: Insertion) -> bool:
    """Whether a promise of a contract would be broken there, this order's or another's."""
    return any(one.limit in SLA for one in insertion.violations)


def total_min(terms: Sequence[Term]) -> float:
    """The score: the sum of its terms."""
    return sum(term.minutes for term in terms)


def candidate_key(candidate: Candidate) -> Key:
    """What the candidate is ordered by."""
    return candidate.breaches_sla, candidate.score_min, candidate.technician_id


def in_rank(ordered: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Numbered, and each held against the next."""
    leads = [_leads(one, other) for one, other in pairwise(ordered)]
    return tuple(
        replace(
            one,
            rank=n,
            behind_min=one.score_min - ordered[0].score_min,
            leads=leads[n - 1] if n <= len(leads) else (),
        )
        for n, one in enumerate(ordered, start=1)
    )


def unranked(one: Candidate, best: Candidate) -> Candidate:
    """Somebody who was asked for and isn't among the best: nobody counted who is before them."""
    return replace(one, behind_min=one.score_min - best.score_min)


def _leads(one: Candidate, other: Candidate) -> tuple[Lead, ...]:
    return tuple(
        Lead(own.name, next_one.minutes - own.minutes)
        for own, next_one in zip(one.terms, other.terms, strict=True)
    )
