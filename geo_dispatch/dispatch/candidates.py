"""What a ranking says of everybody: a place among the candidates, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.dispatch.plan import Basis
from geo_dispatch.dispatch.qualification import Exclusion
from geo_dispatch.dispatch.scoring import Term
from geo_dispatch.kernel.ids import OrderId, TechnicianId


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone who can be sent.

    Attributes
    ----------
    rank
        From 1.
    drive_s
        From where the technician is, or will next be free, to the site.
    crow_m
        The same by crow's flight.
    start
        What the drive starts from.
    position_at
        Time of the fix behind it; None when no fix is.
    late_by_s
        How late they'd be; negative is slack, None without a limit.
    """

    technician_id: TechnicianId
    call_sign: str
    rank: int
    score_min: float
    drive_s: float
    crow_m: float
    start: Basis
    free_at: datetime
    arrive_at: datetime
    finish_at: datetime
    late_by_s: float | None
    position_at: datetime | None
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """Someone who can't be sent, with every reason found."""

    technician_id: TechnicianId
    call_sign: str
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class NotRanked:
    """Someone who may be sent but isn't among the best that were asked for.

    Attributes
    ----------
    at_least_s
        They can't be there sooner than this, from now.
    """

    technician_id: TechnicianId
    call_sign: str
    at_least_s: float


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
