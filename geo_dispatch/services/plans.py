"""Technicians' days as they stand, loaded from the records and the live positions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.orders import WorkOrder
from geo_dispatch.dispatch.plan import Plan, Stop, Whereabouts, in_sequence
from geo_dispatch.dispatch.sites import Site
from geo_dispatch.dispatch.technicians import Technician
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.positions import Position

PositionOf = Callable[[Technician], Position | None]


def load_plans(
    unit: Unit, technicians: Iterable[Technician], position_of: PositionOf
) -> list[Plan]:
    """One plan per technician, its open orders in the order in which they will be done.

    An order that takes a crew is in the day of each of them, each time with its place there.
    """
    fleet = list(technicians)
    orders = unit.orders.open([technician.id for technician in fleet])
    sites = unit.sites.many(order.site_id for order in orders)
    crews = unit.crew_members.of_orders(order.id for order in orders if order.crew)
    stops: defaultdict[TechnicianId | None, list[Stop]] = defaultdict(list)
    for order in orders:
        stop = _stop(order, sites[order.site_id])
        stops[order.technician_id].append(stop)
        for member, sequence in crews.get(order.id, {}).items():
            stops[member].append(replace(stop, order=replace(order, sequence=sequence)))
    return [
        Plan(technician, in_sequence(stops[technician.id]), _whereabouts(position_of(technician)))
        for technician in fleet
    ]


def _stop(order: WorkOrder, site: Site) -> Stop:
    """The order as a stop; a crew begins together, at what was agreed with it."""
    joins_at = order.start_at if order.crew else None
    return Stop(order, site.location, site.access_windows, joins_at=joins_at)


def _whereabouts(position: Position | None) -> Whereabouts | None:
    return Whereabouts(position.place, ms_to_datetime(position.at_ms)) if position else None
