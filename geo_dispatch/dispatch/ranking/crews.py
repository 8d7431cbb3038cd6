"""Who goes together: the lead and the others that cost least, all beginning at one moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.ranking.candidates import Ranking
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.scoring import RankingParams
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import whole_minute

MOMENTS: Final = 12
"""Beginnings tried: the earliest at which enough can be there, and those right after it."""

_WIDTH: Final = 4
"""Technicians looked at for each seat."""


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
    members_min
        What of it is the others'.
    """

    lead_id: TechnicianId
    member_ids: tuple[TechnicianId, ...]
    begin_at: datetime
    cost_min: float
    members_min: float = 0.0

    @property
    def technician_ids(self) -> tuple[TechnicianId, ...]:
        """The lead, then the others."""
        return (self.lead_id, *self.member_ids)


def choose(size: int, leads: Offers, members: Offers, *, moments: int = MOMENTS) -> Choice | None:
    """The crew whose scores add up to least, or None when not enough can come.

    A moment to begin is the whole minute at which somebody is there: later ones only add waiting.
    Each of the first ``moments`` at which enough could be there is worked out in full.

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
    begins = sorted({whole_minute(offer.begin_at) for offer in at_ease})
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
        members_min = sum(other.cost_min for other in others)
        cost_min = lead.cost_min + members_min
        if best is None or cost_min < best.cost_min:
            ids = tuple(other.technician_id for other in others)
            best = Choice(lead.technician_id, ids, moment, cost_min, members_min)
    return best


def _by_cost(offer: Offer) -> tuple[float, TechnicianId]:
    return offer.cost_min, offer.technician_id


@dataclass(frozen=True, slots=True)
class Team:
    """Who goes, and when they begin together.

    Attributes
    ----------
    begin_at
        None when somebody can't come at all; ``conflicts`` says why.
    conflicts
        What speaks against each of them.
    """

    lead_id: TechnicianId
    member_ids: tuple[TechnicianId, ...]
    begin_at: datetime | None
    conflicts: tuple[tuple[TechnicianId, Exclusion], ...] = ()


class Seats:
    """Who can take which seat of the crew of an order, each moment looked at once.

    The lead brings everything that the work needs; of the others only time and place are asked.
    """

    def __init__(self, case: Case, fleet: Fleet, params: RankingParams) -> None:
        self._case, self._fleet, self._params = case, fleet, params
        self._top = case.order.crew_size * _WIDTH
        self._members: dict[datetime | None, list[Offer]] = {}

    def best(self, lead_id: TechnicianId | None = None) -> Choice | None:
        """The cheapest crew, led by that technician or by anybody."""
        size = self._case.order.crew_size
        if len(self._joining(None)) < size - 1:
            return None
        able = self._fleet if lead_id is None else self._fleet.only([lead_id])

        def leads(moment: datetime | None) -> list[Offer]:
            return self._offers(begin_from(self._case, moment), able)

        return choose(size, leads, self._joining)

    def _joining(self, moment: datetime | None) -> list[Offer]:
        if moment not in self._members:
            case = self._case
            joining = hands(case) if moment is None else case.for_member(moment)
            self._members[moment] = self._offers(joining, self._fleet)
        return self._members[moment]

    def _offers(self, case: Case, fleet: Fleet) -> list[Offer]:
        return _offers(rank(case, fleet, top=self._top, params=self._params))


def team_of(
    case: Case,
    fleet: Fleet,
    params: RankingParams,
    lead_id: TechnicianId,
    member_ids: Sequence[TechnicianId],
) -> Team:
    """The named ones: the earliest moment at which all of them can begin, or who can't and why."""
    moment: datetime | None = None
    alone, joining = fleet.only([lead_id]), fleet.only(member_ids)
    for _ in range(MOMENTS):
        asked = begin_from(case, moment)
        lead = rank(asked, alone, params=params)
        others = rank(hands(asked), joining, params=params)
        told = [(lead_id, lead), *((member, others) for member in member_ids)]
        conflicts = [
            (one, exclusion) for one, ranking in told for exclusion in ranking.exclusions_of(one)
        ]
        if conflicts:
            return Team(lead_id, tuple(member_ids), None, tuple(conflicts))
        offers = [*_offers(lead), *_offers(others)]
        latest = whole_minute(max(offer.begin_at for offer in offers))
        if latest == moment:
            return Team(lead_id, tuple(member_ids), latest)
        moment = latest
    return Team(lead_id, tuple(member_ids), moment)


def begin_from(case: Case, moment: datetime | None) -> Case:
    """The case of the order if it is agreed to begin then; None leaves it."""
    return case if moment is None else replace(case, order=replace(case.order, start_at=moment))


def hands(case: Case) -> Case:
    """The case for anybody who only helps: no skill, licence or thing is asked of them."""
    order = replace(
        case.order,
        required_skills=(),
        required_certificates=(),
        required_equipment=(),
        required_parts=(),
    )
    return replace(case, order=order, equipment=None, equipment_type="")


def _offers(ranking: Ranking) -> list[Offer]:
    return [Offer(c.technician_id, c.begin_at, c.score_min) for c in ranking.candidates]
