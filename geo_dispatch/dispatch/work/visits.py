"""Visits: a technician's attendance at a site for an order, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId, VisitId
from geo_dispatch.tracking.arrival_rule import RULE
from geo_dispatch.tracking.evidence import Evidence


class Review(StrEnum):
    """What the technician says of an arrival that fixes confirmed."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Visit:
    """One attendance.

    Attributes
    ----------
    source
        Who says so: ``"gps"`` or ``"person"``. What a person set, no fix changes.
    arrived_at
        Back-dated to the first fix inside the fence, or as the person said.
    departed_at
        None while there.
    evidence
        The fixes that prove the arrival, or made it likely before a person said so; None for a
        person's word alone.
    """

    id: VisitId
    order_id: OrderId
    technician_id: TechnicianId
    site_id: SiteId
    arrived_at: datetime
    source: Literal["gps", "person"]
    departed_at: datetime | None = None
    evidence: Evidence | None = None
    review: Review = Review.OPEN
    review_reason: str = ""
    retracted: bool = False

    @property
    def kept(self) -> bool:
        """Whether fixes may only end it: a person entered it, or an earlier rule confirmed it."""
        by_rule = self.evidence is None or self.evidence.rule == RULE.version
        return self.source == "person" or not by_rule
