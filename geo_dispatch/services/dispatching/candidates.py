"""Who could be sent to an order, and who not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.policy.document import Policy, PolicyVersion
from geo_dispatch.dispatch.ranking.candidates import Candidate, Ranking
from geo_dispatch.dispatch.ranking.filters import Filters, Passing, narrowed
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.replay import Inputs, inputs_of
from geo_dispatch.dispatch.work.orders import ENDED
from geo_dispatch.kernel.errors import Conflict, Fault
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.cases import case_of
from geo_dispatch.services.dispatching.cut_off import naming_closures
from geo_dispatch.services.dispatching.driving import roads_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.views import View
from geo_dispatch.tracking.nearest import PositionIndex

SMALL_FLEET: Final = 100
"""Up to so many technicians all are ranked for a decision, so that dry runs can try any prices."""


@dataclass(frozen=True, slots=True)
class Considered:
    """A ranking, the case that it answers, and all that it was made from.

    Attributes
    ----------
    inputs
        To be kept with a decision, and replayed.
    fleet
        Everybody who was considered, as they stood.
    policy, policy_version
        What was in force.
    passing
        How many pass each filter that was asked for.
    """

    case: Case
    ranking: Ranking
    inputs: Inputs
    fleet: Fleet
    policy: Policy
    policy_version: int
    passing: tuple[Passing, ...] = ()


def consider(
    ctx: Context,
    order_id: str,
    *,
    positions: PositionIndex,
    now: datetime,
    top: int | None = None,
    also: TechnicianId | None = None,
    filters: Filters | None = None,
) -> Considered:
    """Rank every technician in service for the order as everything stands.

    Whoever has the order now is ranked as if they didn't.

    Parameters
    ----------
    positions
        The live positions; each is read once.
    top
        How many of the best are wanted; None gives everybody an exact drive time.
    also
        Take in a technician out of service.
    filters
        Leave out who doesn't pass.

    Raises
    ------
    NotFound
        There is no such order.
    Conflict
        The order has ended.
    """
    case, plans, version = _loaded(ctx, order_id, positions=positions, now=now, also=also)
    policy = version.policy
    plans, passing = narrowed(filters or Filters(), case, plans)
    fleet = fleet_of(ctx, plans, now)
    ranking, inputs = inputs_of(case, fleet, top=top, params=policy.ranking)
    return Considered(case, ranking, inputs, fleet, policy, version.version, passing)


def situation(
    ctx: Context,
    order_id: str,
    *,
    positions: PositionIndex,
    now: datetime,
    also: TechnicianId | None = None,
) -> tuple[Case, Fleet, PolicyVersion]:
    """The order's case, everybody as they stand, and the policy that is in force.

    Raises
    ------
    NotFound, Conflict
        As `consider`.
    """
    case, plans, version = _loaded(ctx, order_id, positions=positions, now=now, also=also)
    return case, fleet_of(ctx, plans, now), version


def fleet_of(ctx: Context, plans: Iterable[Plan], now: datetime) -> Fleet:
    """Everybody on the deployment's roads."""
    return Fleet(plans, roads_on(ctx.roads), now, ctx.zone)


def _loaded(
    ctx: Context,
    order_id: str,
    *,
    positions: PositionIndex,
    now: datetime,
    also: TechnicianId | None,
) -> tuple[Case, list[Plan], PolicyVersion]:
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        if order.status in ENDED:
            raise Conflict(
                f"{order.number} is {order.status}: nobody is wanted for it any more",
                [Fault("status", f"{order.number} is {order.status}")],
            )
        fleet = {technician.id: technician for technician in unit.technicians.list()}
        if also is not None and also not in fleet:
            fleet[also] = unit.technicians.get(also)
        plans = load_plans(unit, fleet.values(), lambda one: positions.get(one.id))
        version = unit.policies.in_force()
        case = case_of(ctx, unit, order, version.policy, now)
    return case, plans, version


def readable_ranking(ctx: Context, considered: Considered) -> Ranking:
    """The ranking for people to read: with the closures named that cut somebody off."""
    ranking, fleet = considered.ranking, considered.fleet
    return replace(ranking, excluded=naming_closures(ctx, considered.case, fleet, ranking.excluded))


def ranking_view(ctx: Context, considered: Considered) -> View:
    """The ranking as JSON: ``candidates``, ``excluded``, ``not_ranked``."""
    view: View = msgspec.to_builtins(readable_ranking(ctx, considered))
    return view


def passing_view(passing: Sequence[Passing]) -> list[View]:
    """How many pass each filter, as JSON."""
    views: list[View] = msgspec.to_builtins(passing)
    return views


def candidate_view(candidate: Candidate) -> View:
    """A candidate as JSON."""
    view: View = msgspec.to_builtins(candidate)
    return view
