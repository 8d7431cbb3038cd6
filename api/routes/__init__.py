"""The routes, one module for each kind of thing."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.routes import (
    areas,
    assets,
    contracts,
    crews,
    customers,
    decisions,
    dispatching,
    emergencies,
    equipment,
    evidence,
    health,
    history,
    messages,
    my_day,
    order_facts,
    pages,
    pings,
    policy,
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
    emergencies.router,
    order_facts.router,
    history.router,
    evidence.router,
    sla.router,
    my_day.router,
    technicians.router,
    customers.router,
    contracts.router,
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
    policy.router,
    decisions.router,
    webhooks.router,
    messages.router,
    session.router,
    health.router,
    assets.router,
    pages.router,
)
"""In the order of the documentation."""
