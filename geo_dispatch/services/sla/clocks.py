"""Clocks of service level agreements: moved by an order's own events, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.policy.document import PolicyVersion
from geo_dispatch.dispatch.sla.calendars import calendar_named
from geo_dispatch.dispatch.sla.promises import SlaPolicy, policy_for
from geo_dispatch.dispatch.sla.timekeeping import MOVING, Terms, clocks_of, follow, start, why
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.clocks import Sla
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.evolution import evolve, evolve_all
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records.contracts import tier_of

_DECIDING: Final = frozenset({"type", "priority", "work_class", "customer_id", "site_id"})
"""Fields of an order that say which policy covers it."""


def promise(ctx: Desk, unit: Unit, order: WorkOrder) -> Sla | None:
    """The clocks that a new order starts with; None when no policy covers it."""
    terms = _terms_in_force(ctx, unit, order)
    return None if terms is None else start(terms, order.placed_at)


def clocks_moved(
    ctx: Desk,
    order: WorkOrder,
    before: Sla | None,
    sla: Sla | None,
    now: datetime,
    *,
    cancelled: bool = False,
) -> list[e.Event]:
    """What goes into the record when the clocks of an order are not as they were."""
    if sla == before:
        return []
    zone = ZoneInfo(ctx.settings.time_zone)
    if sla is None:
        text = "nothing is promised any more"
    else:
        text = why(before, sla, zone, now, cancelled=cancelled)
    plain = None if sla is None else e.as_json(sla)
    return [e.ClocksMoved(order_id=order.id, sla=plain, why=text, occurred_at=now)]


def moves(
    ctx: Desk, unit: Unit, order: WorkOrder, events: Sequence[e.Event], now: datetime
) -> list[e.Event]:
    """What these events of the order do to its clocks: one event more, or none.

    The promise stays that of the policy version under which it was made. Only a change of what
    decides on the policy asks the one in force again; then the clocks are counted anew from the
    order's whole record.

    Parameters
    ----------
    order
        Before the events; they are not in the log yet.
    """
    if any(
        isinstance(event, e.OrderChanged) and _DECIDING & event.changes.keys() for event in events
    ):
        terms = _terms_in_force(ctx, unit, evolve_all(order, events))
        if (terms and terms.policy.name) != (order.sla and order.sla.policy):
            history = [logged.event for logged in unit.stream(stream_of(order.id))]
            sla = None if terms is None else clocks_of(terms, [*history, *events])
            return clocks_moved(ctx, order, order.sla, sla, now)
    if order.sla is None or not any(type(event) in MOVING for event in events):
        return []
    terms = terms_of(ctx, unit, order.sla)
    sla, before = order.sla, order
    for event in events:
        after = evolve(before, event)
        sla = follow(sla, terms, before, after, event)
        before = after
    cancelled = before.status is Status.CANCELLED
    return clocks_moved(ctx, order, order.sla, sla, now, cancelled=cancelled)


def terms_of(ctx: Desk, unit: Unit, sla: Sla) -> Terms:
    """What these clocks run by: the policy as it stood when the promise was made."""
    version = unit.policies.get(sla.policy_version)
    policy = next(policy for policy in version.policy.sla if policy.name == sla.policy)
    return _terms(ctx, version, policy)


def _terms_in_force(ctx: Desk, unit: Unit, order: WorkOrder) -> Terms | None:
    version = unit.policies.in_force()
    if not version.policy.sla:
        return None
    day = order.placed_at.astimezone(ZoneInfo(ctx.settings.time_zone)).date()
    regional = any(policy.territories for policy in version.policy.sla)
    territory_id = unit.sites.get(order.site_id).territory_id if regional else None
    tier = tier_of(unit, order.customer_id, day)
    policy = policy_for(version.policy.sla, order, tier, territory_id)
    return None if policy is None else _terms(ctx, version, policy)


def _terms(ctx: Desk, version: PolicyVersion, policy: SlaPolicy) -> Terms:
    calendar = calendar_named(version.policy.calendars, policy.calendar)
    return Terms(policy, version.version, calendar, ZoneInfo(ctx.settings.time_zone))
