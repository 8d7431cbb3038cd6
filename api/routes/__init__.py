"""The routes, one module for each kind of thing."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.routes import (
    areas,
    assets,
    crews,
    contracts,
    customers,
    dispatching,
    equipment,
    health,
    messages,
    my_day,
    order_facts,
    pages,
    pings,
    positions,
    resources,
    roads,
    session,
    sites,
    sla,
    streams,
    teams,
    technicians,
    webhooks,
    work_orders,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    work_orders.router,
    dispatching.router,
    order_facts.router,
    sla.router,
    contracts.router,
    my_day.router,
    technicians.router,
    customers.router,
    sites.router,
    equipment.router,
    resources.router,
    crews.router,
    teams.router,
    pings.router,
    positions.router,
    streams.router,
    roads.router,
    areas.router,
    webhooks.router,
    messages.router,
    session.router,
    health.router,
    assets.router,
    pages.router,
)
"""In the order of the documentation."""
