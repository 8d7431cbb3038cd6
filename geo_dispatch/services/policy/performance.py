"""Figures of performance: worked out from completed orders when asked, kept as versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from geo_dispatch.dispatch.work.events import PerformanceRefreshed
from geo_dispatch.dispatch.work.performance import Performance, snapshot
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk

STREAM: Final = "performance"


def refresh(desk: Desk, *, actor: Actor) -> Performance:
    """Work out the figures of the days that the policy names, and put them in force.

    Rankings from now on use them; decisions name the version that they used.
    """
    now = desk.clock()
    with desk.store.read() as unit:
        params = unit.policies.in_force().policy.performance
        since = now - timedelta(days=params.days)
        orders = unit.orders.completed(since, now)
        followed_up = unit.orders.followed_up()
    figures = snapshot(orders, followed_up, version=0, since=since, until=now, params=params)
    with desk.store.write() as unit:
        kept = unit.performances.add(figures, now)
        event = PerformanceRefreshed(version=kept.version, orders=len(orders))
        unit.append(STREAM, [event], actor=actor, at=now)
        unit.commit()
    return kept


def in_force(desk: Desk) -> Performance:
    """The figures that rankings use now; the empty ones before the first `refresh`."""
    with desk.store.read() as unit:
        return unit.performances.in_force()
