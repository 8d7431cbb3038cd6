"""What proves an arrival or a departure, as it is kept and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Basis = Literal["place", "polygon", "assignment", "word"]
"""What told the site from its neighbours; see `tracking.neighbours`."""


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
    """What proves an arrival, or a departure.

    Attributes
    ----------
    rule
        Name and version of the rule that decided: ``"dwell/2"``.
    probability
        That the technician stood inside (or, of a departure, was outside), by all fixes together.
        Up to ``dwell/1``: the mean over the fixes.
    fixes
        The fixes used, oldest first.
    basis
        Why this site and none beside it: nothing else is near (``"place"``), the fixes lie in
        its polygon, it is the only one assigned, or a person said so.
    signs
        What a dispatcher may want to look at: ``"mock"``, ``"jump"``, ``"frozen"``. They decide
        nothing.
    """

    rule: str
    probability: float
    dwell_s: float
    fixes: tuple[EvidenceFix, ...]
    basis: Basis = "place"
    signs: tuple[str, ...] = ()
