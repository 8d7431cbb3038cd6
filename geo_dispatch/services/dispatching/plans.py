"""Technicians' days as they stand, loaded from the records and the live positions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.plan import Plan, Prior, Stop, Whereabouts, in_sequence
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.positions import Position

PositionOf = Callable[[Technician], Position | None]


def load_plans(
    unit: Unit,
    technicians: Iterable[Technician],
    position_of: PositionOf,
    orders: Iterable[WorkOrder] | None = None,
) -> list[Plan]:
    """One plan per technician, its open orders in the order in which they will be done.

    An order that takes a crew is in the day of each of them, each time with its place there.

    Parameters
    ----------
    orders
        Their open orders, and any others, if they were read already; None reads them.
    """
    fleet = list(technicians)
    if orders is None:
        orders = unit.orders.open([technician.id for technician in fleet])
    orders = [order for order in orders if order.technician_id is not None]
    sites = unit.sites.many(order.site_id for order in orders)
    crews = unit.crew_members.of_orders(order.id for order in orders if order.crew)
    priors = unit.orders.many(prior for order in orders for prior in order.after)
    ends = ends_told(unit, priors.values())
    overtime_s = unit.policies.in_force().policy.day.overtime_s
    breaks = unit.breaks.of([technician.id for technician in fleet])
    stops: defaultdict[TechnicianId | None, list[Stop]] = defaultdict(list)
    for order in orders:
        stop = _stop(order, sites[order.site_id], priors, ends)
        stops[order.technician_id].append(stop)
        for member, sequence in crews.get(order.id, {}).items():
            stops[member].append(replace(stop, order=replace(order, sequence=sequence)))
    return [
        Plan(
            technician,
            in_sequence(stops[technician.id]),
            _whereabouts(position_of(technician)),
            overtime_s,
            breaks.get(technician.id, ()),
        )
        for technician in fleet
    ]


def ends_told(unit: Unit, orders: Iterable[WorkOrder]) -> dict[OrderId, datetime]:
    """When those orders that are not complete are expected to be, as far as that was told."""
    waiting = [order for order in orders if order.status is not Status.COMPLETE]
    etas = unit.etas.many(order.id for order in waiting) if waiting else {}
    return {
        order.id: max(arrive_at, order.not_before or arrive_at)
        + timedelta(seconds=order.duration_s)
        for order in waiting
        if (eta := etas.get(order.id)) is not None and (arrive_at := eta.eta) is not None
    }


def _stop(
    order: WorkOrder,
    site: Site,
    priors: Mapping[str, WorkOrder],
    ends: Mapping[OrderId, datetime],
) -> Stop:
    """The order as a stop; a crew begins together, at what was agreed with it."""
    waits_for = tuple(
        Prior(prior.id, prior.number, ends.get(prior.id))
        for key in order.after
        if (prior := priors.get(key)) is not None and prior.status is not Status.COMPLETE
    )
    joins_at = order.start_at if order.crew else None
    return Stop(order, site.location, site.access_windows, waits_for, joins_at)


def _whereabouts(position: Position | None) -> Whereabouts | None:
    return Whereabouts(position.place, ms_to_datetime(position.at_ms)) if position else None
