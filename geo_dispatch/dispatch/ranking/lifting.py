"""What would lift a limit in time, in words that a dispatcher can say on the phone."""

from __future__ import annotations

import math

from geo_dispatch.dispatch.days.availability import so_long
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation


def lifted_by(relax: Relaxation, case: Case, plan: Plan) -> str:
    """``"a window of WO-7 that ends 12 min later"``; whole minutes, enough of them.

    Parameters
    ----------
    plan
        The day that the limit is in.
    """
    number = _other(relax, case, plan)
    of = f" of {number}" if number else ""
    if relax.gives is Gives.PREDECESSOR:
        return _prior(relax, number)
    if relax.gives is Gives.ACCESS and relax.amount is None:
        return f"access{of} from {case.clock(relax.at or case.earliest)}"
    longer = so_long(60 * math.ceil((relax.amount or 0.0) / 60))
    return {
        Gives.WINDOW: f"a window{of} that ends {longer} later",
        Gives.START: f"an agreed start{of} {longer} later",
        Gives.ACCESS: f"access{of} for {longer} more",
        Gives.SHIFT: f"{longer} {'more of' if plan.overtime_s else 'of'} overtime",
        Gives.LEAVE: f"leave that begins {longer} later",
        Gives.BREAK: f"a break that may begin {longer} later",
        Gives.CREW: f"a crew{of} that begins {longer} later",
        Gives.DUE: f"a due time{of} {longer} later",
        Gives.SLA_RESPONSE: f"an SLA{of} that gives {longer} more to respond",
        Gives.SLA_COMPLETION: f"an SLA{of} that gives {longer} more to complete",
    }[relax.gives]


def _other(relax: Relaxation, case: Case, plan: Plan) -> str:
    """The number of the visit that it is about; empty for the order's own."""
    others = (stop.order for stop in plan.stops if stop.order.id != case.order.id)
    return next((order.number for order in others if order.id == relax.target), "")


def _prior(relax: Relaxation, number: str) -> str:
    if relax.amount is None:
        return f"what {number or 'it'} waits for complete, or a time known at which it will be"
    return f"what {number or 'it'} waits for moved ahead of it, or taken out of this day"
