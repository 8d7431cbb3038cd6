"""What a ranking says of everybody: a place among the candidates, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.dispatch.days.insertion import Moved
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.ranking.scoring import Term
from geo_dispatch.kernel.ids import OrderId, TechnicianId


@dataclass(frozen=True, slots=True)
class Lead:
    """By how much a candidate is better than the next, in one term; negative is worse."""

    name: str
    minutes: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone who can be sent.

    Attributes
    ----------
    rank
        From 1; None of somebody who was asked for besides the best.
    position
        Where the visit goes among their open orders, from 0.
    drive_s
        The drive to the site, from where they are or will be before it.
    added_drive_s
        Driving of their whole day more than without the visit.
    onward_s
        From the site to the next visit; None when there is none.
    crow_m
        The drive to the site by crow's flight.
    start
        What the drive to the site starts from.
    free_at
        When the drive to the site begins.
    late_by_s
        How late they'd be; negative is slack, None without a limit.
    late_risk
        How likely they miss a time limit, 0 to 1.
    breaches_sla
        A promise of a contract would be broken: this order's, or one of those behind it.
    moved
        Visits that would begin at another time.
    met
        What the work asks for and they bring: skills, licences, parts.
    crew
        Who would go along, where the work takes several: all begin together.
    behind_min
        Score behind the first.
    leads
        What sets them apart from the next in rank, term by term; empty for the last.
    """

    technician_id: TechnicianId
    call_sign: str
    rank: int | None
    score_min: float
    position: int
    drive_s: float
    added_drive_s: float
    onward_s: float | None
    crow_m: float
    start: Basis
    free_at: datetime
    arrive_at: datetime
    begin_at: datetime
    finish_at: datetime
    late_by_s: float | None
    late_risk: float
    breaches_sla: bool
    position_at: datetime | None
    moved: tuple[Moved, ...]
    met: tuple[str, ...]
    terms: tuple[Term, ...]
    crew: tuple[TechnicianId, ...] = ()
    behind_min: float = 0.0
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """Someone who can't be sent, with every reason found."""

    technician_id: TechnicianId
    call_sign: str
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class NotRanked:
    """Someone who isn't among the best that were asked for.

    Attributes
    ----------
    at_least_s
        They can't be there sooner than this, from now.
    """

    technician_id: TechnicianId
    call_sign: str
    at_least_s: float

    def key(self) -> tuple[float, TechnicianId]:
        """What they are ordered by."""
        return self.at_least_s, self.technician_id


@dataclass(frozen=True, slots=True)
class Ranking:
    """Every technician, in exactly one of three lists, for one order at one moment."""

    order_id: OrderId
    at: datetime
    candidates: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]
    not_ranked: tuple[NotRanked, ...] = ()

    def candidate(self, technician_id: TechnicianId) -> Candidate | None:
        """The technician's place among the candidates, if any."""
        return next((c for c in self.candidates if c.technician_id == technician_id), None)

    def exclusions_of(self, technician_id: TechnicianId) -> tuple[Exclusion, ...]:
        """Why the technician can't be sent; empty when there is no reason."""
        found = (e.exclusions for e in self.excluded if e.technician_id == technician_id)
        return next(found, ())
