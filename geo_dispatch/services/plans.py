"""Technicians' days as they stand, loaded from the records and the live positions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.plan import Plan, Stop, Whereabouts, in_sequence
from geo_dispatch.dispatch.technicians import Technician
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.positions import Position

PositionOf = Callable[[Technician], Position | None]


def load_plans(
    unit: Unit, technicians: Iterable[Technician], position_of: PositionOf
) -> list[Plan]:
    """One plan per technician, its open orders in the order in which they will be done."""
    fleet = list(technicians)
    orders = unit.orders.open([technician.id for technician in fleet])
    sites = unit.sites.many(order.site_id for order in orders)
    stops: defaultdict[TechnicianId | None, list[Stop]] = defaultdict(list)
    for order in orders:
        stops[order.technician_id].append(Stop(order, sites[order.site_id].location))
    return [
        Plan(technician, in_sequence(stops[technician.id]), _whereabouts(position_of(technician)))
        for technician in fleet
    ]


def _whereabouts(position: Position | None) -> Whereabouts | None:
    return Whereabouts(position.place, ms_to_datetime(position.at_ms)) if position else None
