"""What a person's decision about an order is made on: the best, and whoever is asked for."""

from __future__ import annotations

from geo_dispatch.dispatch.ranking.replay import inputs_of
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.candidates import SMALL_FLEET, Considered, situation
from geo_dispatch.services.dispatching.placing import Wish
from geo_dispatch.services.policy import decisions
from geo_dispatch.tracking.nearest import PositionIndex


def considered_for(
    ctx: Context,
    order_id: str,
    technician_id: TechnicianId | None,
    wish: Wish,
    *,
    positions: PositionIndex,
) -> Considered:
    """Rank for the order as it is wished.

    Of a large fleet those are ranked who are kept with a decision, and of whoever is asked for,
    has the order, or was sent last everything is told. Everybody is ranked when nobody can be
    sent, to say why.

    Raises
    ------
    NotFound, Conflict
        As `situation`.
    """
    case, fleet, version = situation(
        ctx, order_id, positions=positions, now=ctx.clock(), also=technician_id
    )
    case, policy = wish.of(case), version.policy
    top = None if len(fleet.plans) <= SMALL_FLEET else decisions.KEPT
    with ctx.store.read() as unit:
        named = {technician_id, case.order.technician_id, decisions.last_chosen(unit, case)}
    also = [one for one in named if one is not None]
    ranking, inputs = inputs_of(case, fleet, top=top, also=also, params=policy.ranking)
    if not ranking.candidates and top is not None:
        ranking, inputs = inputs_of(case, fleet, params=policy.ranking)
    return Considered(case, ranking, inputs, fleet, policy, version.version)
