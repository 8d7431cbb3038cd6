"""Who goes together: the lead and the others that cost least, all beginning at one moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from geo_dispatch.kernel.ids import TechnicianId

MOMENTS: Final = 12
"""Beginnings tried: the earliest at which enough can be there, and those right after it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What it costs to send one technician.

    Attributes
    ----------
    begin_at
        When they begin: not before they are there.
    cost_min
        Their score in minutes, waiting for the others in it.
    """

    technician_id: TechnicianId
    begin_at: datetime
    cost_min: float


Offers = Callable[[datetime | None], Sequence[Offer]]
"""Who can come, beginning at that moment and not before; None: as early as each of them can."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A crew.

    Attributes
    ----------
    begin_at
        When they begin together: when the last of them is there.
    cost_min
        The sum of their scores.
    """

    lead_id: TechnicianId
    member_ids: tuple[TechnicianId, ...]
    begin_at: datetime
    cost_min: float

    @property
    def technician_ids(self) -> tuple[TechnicianId, ...]:
        """The lead, then the others."""
        return (self.lead_id, *self.member_ids)


def choose(size: int, leads: Offers, members: Offers, *, moments: int = MOMENTS) -> Choice | None:
    """The crew whose scores add up to least, or None when not enough can come.

    A moment to begin is one at which somebody is there: later ones only add waiting. Each of
    the first ``moments`` at which enough could be there is worked out in full.

    Parameters
    ----------
    leads, members
        Who can lead, and who can join; the same technician may be in both.
    """
    at_ease = [*leads(None), *members(None)]
    ready: dict[TechnicianId, datetime] = {}
    for offer in at_ease:
        known = ready.get(offer.technician_id)
        ready[offer.technician_id] = offer.begin_at if known is None else min(known, offer.begin_at)
    begins = sorted({offer.begin_at for offer in at_ease})
    enough = [moment for moment in begins if sum(at <= moment for at in ready.values()) >= size]
    found = [
        choice
        for moment in enough[:moments]
        if (choice := _choose_at(moment, size, leads(moment), members(moment))) is not None
    ]
    return min(found, key=lambda one: (one.cost_min, one.begin_at), default=None)


def _choose_at(
    moment: datetime, size: int, leads: Sequence[Offer], members: Sequence[Offer]
) -> Choice | None:
    """The best crew that begins then: each lead with the cheapest others."""
    joining = sorted((o for o in members if o.begin_at == moment), key=_by_cost)
    best: Choice | None = None
    for lead in sorted((o for o in leads if o.begin_at == moment), key=_by_cost):
        others = [o for o in joining[:size] if o.technician_id != lead.technician_id][: size - 1]
        if len(others) < size - 1:
            continue
        cost_min = lead.cost_min + sum(other.cost_min for other in others)
        if best is None or cost_min < best.cost_min:
            ids = tuple(other.technician_id for other in others)
            best = Choice(lead.technician_id, ids, moment, cost_min)
    return best


def _by_cost(offer: Offer) -> tuple[float, TechnicianId]:
    return offer.cost_min, offer.technician_id
