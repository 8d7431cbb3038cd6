"""Why nobody has an order, and why somebody can't be sent: each limit, and what would lift it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from geo_dispatch.dispatch.boards.status_flags import urgency
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.ranking.candidates import Ranking
from geo_dispatch.dispatch.ranking.crewed import search_crewed, without_crew
from geo_dispatch.dispatch.ranking.exclusions import Code
from geo_dispatch.dispatch.ranking.why_not import WhyNot, in_the_way
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.candidates import fleet_of, situation
from geo_dispatch.services.dispatching.cases import case_of
from geo_dispatch.services.dispatching.cut_off import naming_closures
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.tracking.nearest import PositionIndex

NEAREST: Final = 3
"""Of those who can't be sent, so many are told of with each unassigned order."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """How many technicians one kind of reason is the first for."""

    code: Code
    technicians: int


@dataclass(frozen=True, slots=True)
class OrderWhyNot:
    """What is between an order and the technicians.

    Attributes
    ----------
    best_id
        Who could be sent all the same, first of the ranking; None: nobody can.
    reasons
        By their first reason, the commonest first.
    nearest
        Who can't be sent, those who lack least first.
    """

    order_id: OrderId
    number: str
    at: datetime
    best_id: TechnicianId | None
    reasons: tuple[Reasons, ...]
    nearest: tuple[WhyNot, ...]


def of_order(
    ctx: Context,
    order_id: str,
    *,
    positions: PositionIndex,
    now: datetime,
    technician_id: str | None = None,
) -> OrderWhyNot:
    """Everybody who can't be sent to the order, or one of them.

    Raises
    ------
    NotFound
        No such order, or technician.
    Conflict
        The order has ended.
    """
    also = None if technician_id is None else TechnicianId(technician_id)
    case, fleet, version = situation(ctx, order_id, positions=positions, now=now, also=also)
    rows = None if also is None else [fleet.rows[also]]
    params, asked = version.policy.ranking, () if also is None else (also,)
    search, ranking, crews = search_crewed(
        case, fleet, top=1, params=params, also=asked, explain=False
    )
    without = [one for one in without_crew(search, crews) if also in {None, one.technician_id}]
    found = naming_closures(ctx, case, fleet, in_the_way(case, fleet, rows))
    return _told(case, _first(ranking), [*found, *without])


def of_unassigned(
    ctx: Context, *, positions: PositionIndex, now: datetime, limit: int
) -> list[OrderWhyNot]:
    """Every order that waits for a technician, the most urgent first.

    For those that somebody can be sent to, who; for the others, what is in the way.
    """
    with ctx.store.read() as unit:
        version = unit.policies.in_force()
        waiting = unit.orders.search(statuses=[Status.NEW])
        waiting.sort(key=lambda order: urgency(order, now))
        technicians = unit.technicians.list()
        plans = load_plans(unit, technicians, lambda one: positions.get(one.id))
        cases = [case_of(ctx, unit, one, version.policy, now) for one in waiting[:limit]]
    fleet = fleet_of(ctx, plans, now)
    told = []
    for case in cases:
        search, ranking, crews = search_crewed(
            case, fleet, top=1, params=version.policy.ranking, explain=False
        )
        best_id = _first(ranking)
        found: list[WhyNot] = []
        if best_id is None:
            alone = naming_closures(ctx, case, fleet, in_the_way(case, fleet, most=NEAREST))
            found = [*alone, *without_crew(search, crews)]
        told.append(_told(case, best_id, found, NEAREST))
    return told


def _first(ranking: Ranking) -> TechnicianId | None:
    return ranking.candidates[0].technician_id if ranking.candidates else None


def _told(
    case: Case, best_id: TechnicianId | None, found: Sequence[WhyNot], most: int | None = None
) -> OrderWhyNot:
    found = sorted(found, key=lambda one: one.nearness)
    firsts = Counter(one.exclusions[0].code for one in found)
    reasons = tuple(Reasons(code, count) for code, count in firsts.most_common())
    order = case.order
    return OrderWhyNot(order.id, order.number, case.now, best_id, reasons, tuple(found[:most]))
