"""An order with everything on record that bears on who can be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.policy.document import Policy
from geo_dispatch.dispatch.records.sites import Customer
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.plans import ends_told
from geo_dispatch.services.records.contracts import tier_of

_BOOKED_AHEAD: Final = timedelta(days=60)
"""Nobody is sent to a visit that begins later."""

_BOOKED_BEHIND: Final = timedelta(days=7)
"""Visits that are late by more than that have other worries than their tools."""


def case_of(ctx: Context, unit: Unit, order: WorkOrder, policy: Policy, now: datetime) -> Case:
    """The case of the order, as everything stands in the unit."""
    equipment = unit.equipment.find(order.equipment_id) if order.equipment_id else None
    job_type = policy.job_type(order.type)
    asks_type = job_type is not None and job_type.needs_equipment_type
    prior = tuple(unit.orders.many(order.after).values())
    booked = unit.bookings.during(Window(now - _BOOKED_BEHIND, now + _BOOKED_AHEAD))
    resources = unit.resources.list() if booked or order.required_equipment else []
    return Case(
        order,
        unit.sites.get(order.site_id),
        now,
        ctx.zone,
        customer=_served(unit, order, now.astimezone(ctx.zone).date()),
        equipment=equipment,
        equipment_type=equipment.type if equipment is not None and asks_type else "",
        prior=prior,
        done_at=ends_told(unit, prior),
        experience=unit.experience.at(order.site_id, equipment),
        performance=unit.performances.in_force().about(order.type),
        resources=tuple(resources),
        bookings=tuple(booked),
        territories=unit.territories.names(),
    )


def _served(unit: Unit, order: WorkOrder, day: date) -> Customer | None:
    """The order's customer, with the tier by which they are served on the day."""
    customer = unit.customers.find(order.customer_id) if order.customer_id else None
    tier = tier_of(unit, order.customer_id, day)
    return customer if customer is None or tier is None else replace(customer, tier=tier)
