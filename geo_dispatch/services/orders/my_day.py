"""A technician's day: what is still to be done, in order, and what was done today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.adapters.sql.signals import Signals
from geo_dispatch.dispatch.days.availability import Rest
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.resting import due_now
from geo_dispatch.dispatch.records.sites import Customer, Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.orders import ENDED, WorkOrder
from geo_dispatch.dispatch.work.visits import Visit
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.records import breaks
from geo_dispatch.services.tracking import suggestions


@dataclass(frozen=True, slots=True)
class Briefing:
    """All that a technician needs for one order.

    Attributes
    ----------
    visit
        The latest attendance, if there was one that was not taken back.
    suggested_arrival_at
        Since when fixes make it likely, but not sure, that the technician is there: ask them.
    """

    order: WorkOrder
    site: Site
    customer: Customer | None
    eta: Eta | None
    visit: Visit | None
    suggested_arrival_at: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """A technician's day.

    Attributes
    ----------
    open, done
        Orders to do, in their sequence; orders ended today, in the order of their ends.
    resting_since
        When the break began that goes on.
    break_due
        The break whose time has come, while none goes on.
    alarm_since
        When they called for help, while nobody has answered it.
    """

    technician: Technician
    now: datetime
    open: tuple[Briefing, ...]
    done: tuple[Briefing, ...]
    resting_since: datetime | None = None
    break_due: Rest | None = None
    alarm_since: datetime | None = None


def day_of(ctx: Context, technician_id: TechnicianId) -> Day:
    """The technician's day as it stands.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    now = ctx.clock()
    suggested = suggestions.of_technician(ctx, technician_id)
    today = now.astimezone(ctx.zone).date()
    with ctx.store.read() as unit:
        technician = unit.technicians.get(technician_id)
        ended = [
            order
            for order in unit.orders.search(statuses=ENDED, technician_id=technician_id)
            if order.ended_at is not None and order.ended_at.astimezone(ctx.zone).date() == today
        ]
        ended.sort(key=lambda order: (order.ended_at or now, order.id))
        places = unit.crew_members.places_of(technician_id)
        still = unit.orders.open([technician_id])
        still.sort(key=lambda order: places.get(order.id, order.sequence))
        orders = [*still, *ended]
        call = Signals(unit.connection).call_of(technician_id)
        taken = unit.breaks.of([technician_id]).get(technician_id, ())
        sites = unit.sites.many(order.site_id for order in orders)
        customers = unit.customers.many(order.customer_id for order in orders if order.customer_id)
        etas = unit.etas.many(order.id for order in orders)
        briefings = [
            Briefing(
                order=order,
                site=sites[order.site_id],
                customer=customers.get(order.customer_id or ""),
                eta=etas.get(order.id),
                visit=_latest(unit.visits.of_order(order.id), technician_id),
                suggested_arrival_at=suggested[order.id].since if order.id in suggested else None,
            )
            for order in orders
        ]
    still_open = len(orders) - len(ended)
    resting_since = breaks.running_since(taken[-1] if taken else None, now)
    return Day(
        technician=technician,
        now=now,
        open=tuple(briefings[:still_open]),
        done=tuple(briefings[still_open:]),
        resting_since=resting_since,
        break_due=None if resting_since else due_now(technician, taken, now, ctx.zone),
        alarm_since=None if call is None else call.called_at,
    )


def _latest(visits: list[Visit], technician_id: TechnicianId) -> Visit | None:
    mine = [v for v in visits if v.technician_id == technician_id and not v.retracted]
    return mine[-1] if mine else None
