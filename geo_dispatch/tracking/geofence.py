"""Arrivals that are not drive-bys: probability inside, hysteresis, dwell, in event time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvidenceFix:
    """One fix of the proof, with the probability that it lay inside."""

    at_ms: int
    lon: float
    lat: float
    accuracy_m: float
    distance_m: float
    probability: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves an arrival.

    Attributes
    ----------
    rule
        Name and version of the rule that decided: ``"dwell/1"``.
    probability
        Mean probability of being inside over the fixes of the dwell.
    fixes
        The fixes used, oldest first.
    """

    rule: str
    probability: float
    dwell_s: float
    fixes: tuple[EvidenceFix, ...]
