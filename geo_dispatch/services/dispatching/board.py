"""The board: one day of everybody, what waits, what wants judgment, what doesn't get on."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.boards.board import Lane, day_window, lane_of
from geo_dispatch.dispatch.boards.conflicts import DayConflict, conflicts_of
from geo_dispatch.dispatch.boards.status_flags import (
    Stalled,
    StatusFlag,
    flags_of,
    limit_slack_s,
    stalled,
    urgency,
)
from geo_dispatch.dispatch.days.day import Day, days_of
from geo_dispatch.dispatch.days.free import Availability, availability_of
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.sla.risk import contract_risk
from geo_dispatch.dispatch.work.orders import OPEN, Flag, Status, WorkOrder
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.cases import case_of
from geo_dispatch.services.dispatching.cut_off import closures_named
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.tracking.nearest import PositionIndex

HORIZON_DAYS = 60
"""Nobody plans by the minute further ahead, and nobody looks up a day on the board later."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show; None shows all.

    Attributes
    ----------
    territory_id
        Lanes of the technicians at home there, orders whose site lies there.
    """

    flag: StatusFlag | None = None
    work_class: str | None = None
    territory_id: str | None = None

    def wants(self, order: WorkOrder, site: Site, now: datetime) -> bool:
        """Whether the order is to be shown."""
        return (
            (self.flag is None or self.flag in flags_of(order, now))
            and (self.work_class is None or order.work_class == self.work_class)
            and (self.territory_id is None or site.territory_id == self.territory_id)
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that nobody has, or that doesn't get on."""

    order: WorkOrder
    site: Site
    slack_s: float | None
    contract_risk: float
    flags: tuple[StatusFlag, ...]
    stalled: Stalled | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The board of one day.

    Attributes
    ----------
    version
        The same for whoever sees the same; changes with every event and every minute, for planned
        times, flags and positions move without any, and with the roads of this process, which
        may follow an event a moment later.
    backlog
        Orders that nobody has, the most urgent first.
    alerts
        Those whose technician needs help, longest first.
    review
        Those that want a dispatcher's judgment, longest first.
    stalled
        Those that don't get on, longest first.
    counts
        Of all open orders, whatever is filtered: flags, work classes, statuses.
    """

    on: date
    at: datetime
    version: str
    lanes: tuple[Lane, ...]
    sites: dict[SiteId, Site]
    flags: dict[OrderId, tuple[StatusFlag, ...]]
    backlog: tuple[Waiting, ...]
    alerts: tuple[Waiting, ...]
    review: tuple[Waiting, ...]
    stalled: tuple[Waiting, ...]
    counts: dict[str, dict[str, int]]
    resources: tuple[Resource, ...]
    bookings: tuple[Booking, ...]


def version_of(ctx: Context, on: date, filters: Filters) -> str:
    """The version of that board as it stands, without making it."""
    with ctx.store.read() as unit:
        return _version(ctx, unit.last_seq(), ctx.clock(), on, filters)


def _version(ctx: Context, seq: int, now: datetime, on: date, filters: Filters) -> str:
    roads = ",".join(one.id for one in ctx.live_roads.in_force.records)
    asked = f"{on}|{filters.flag}|{filters.work_class}|{filters.territory_id}|{now:%Y%m%d%H%M}"
    asked += f"|{roads}"
    return f"{seq}-{hashlib.sha256(asked.encode()).hexdigest()[:8]}"


def sheet(ctx: Context, on: date | None, filters: Filters, *, positions: PositionIndex) -> Sheet:
    """The board of that local day; None is today's.

    Raises
    ------
    InvalidInput
        The day is further away than anybody plans.
    """
    now = ctx.clock()
    on = on or now.astimezone(ctx.zone).date()
    whole = _window(ctx, on, now)
    with ctx.store.read() as unit:
        version = _version(ctx, unit.last_seq(), now, on, filters)
        orders = unit.orders.search(statuses=OPEN)
        days = _days(ctx, unit, positions, now, orders)
        done = _done(unit, whole)
        sites = {site.id: site for site in unit.sites.many(_sites_of(orders, done)).values()}
        resources = unit.resources.list()
        bookings = unit.bookings.during(whole)
    lanes = [
        _filtered(_lane(day, done, sites, on), sites, filters, now)
        for day in days
        if filters.territory_id in {None, day.plan.technician.territory_id}
    ]
    waiting = [_waiting(order, sites[order.site_id], now) for order in orders]
    shown = [one for one in waiting if filters.wants(one.order, one.site, now)]
    return Sheet(
        on=on,
        at=now,
        version=version,
        lanes=tuple(sorted(lanes, key=lambda lane: lane.technician.call_sign)),
        sites=sites,
        flags={one.order.id: one.flags for one in waiting},
        backlog=tuple(
            sorted(
                (one for one in shown if one.order.status is Status.NEW),
                key=lambda one: urgency(one.order, now),
            )
        ),
        alerts=tuple(
            sorted(
                (one for one in shown if one.order.status is Status.NEEDS_HELP),
                key=lambda one: (one.order.status_at or one.order.placed_at, one.order.id),
            )
        ),
        review=tuple(_oldest(shown, lambda one: one.order.flag)),
        stalled=tuple(_oldest(shown, lambda one: one.stalled)),
        counts=_counts(waiting),
        resources=tuple(resources),
        bookings=tuple(bookings),
    )


def conflicts(
    ctx: Context, on: date | None, *, positions: PositionIndex
) -> tuple[date, datetime, list[DayConflict]]:
    """What is in the way of that day as it is planned; the day, and when that was looked at.

    Raises
    ------
    InvalidInput
        As `sheet`.
    """
    now = ctx.clock()
    on = on or now.astimezone(ctx.zone).date()
    whole = _window(ctx, on, now)
    with ctx.store.read() as unit:
        days = _days(ctx, unit, positions, now)
        policy = unit.policies.in_force().policy
        orders = {
            stop.order.id: stop.order
            for day in days
            for stop in day.plan.stops
            if stop.order.technician_id == day.plan.technician.id
        }
        cases = {key: case_of(ctx, unit, order, policy, now) for key, order in orders.items()}
    met = (closures_named(ctx, day, conflicts_of(day, whole, cases)) for day in days)
    return on, now, [found for of_day in met for found in of_day]


def availability(
    ctx: Context, at: datetime | None, *, positions: PositionIndex
) -> tuple[datetime, list[Availability]]:
    """What everybody does at a moment, those first who are free; None is now.

    Raises
    ------
    InvalidInput
        The moment is past, or further away than anybody plans.
    """
    now = ctx.clock()
    at = at or now
    if at < now - timedelta(minutes=1):
        raise InvalidInput(
            "who was free then is not known any more",
            [Fault("at", f"{at.isoformat()} is past; ask for now or later")],
        )
    _window(ctx, at.astimezone(ctx.zone).date(), now)
    with ctx.store.read() as unit:
        days = _days(ctx, unit, positions, now)
    found = [availability_of(day, max(at, now)) for day in days]
    return at, sorted(found, key=lambda one: (not one.free, one.call_sign))


def calendar_days(
    ctx: Context, technician_id: str, *, positions: PositionIndex
) -> tuple[Technician, Day, list[WorkOrder], dict[SiteId, Site]]:
    """A technician's visits ahead and of the last week, for a calendar.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    now = ctx.clock()
    with ctx.store.read() as unit:
        technician = unit.technicians.get(technician_id)
        [plan] = load_plans(unit, [technician], lambda one: positions.get(one.id))
        [day] = days_of([plan], drives_on(ctx.roads), now, ctx.zone)
        past = _done(unit, Window(now - timedelta(days=7), now + timedelta(days=1)))
        done = past[technician.id]
        found = [*(stop.order for stop in day.plan.stops), *done]
        sites = {site.id: site for site in unit.sites.many(o.site_id for o in found).values()}
    return technician, day, done, sites


def _window(ctx: Context, on: date, now: datetime) -> Window:
    today = now.astimezone(ctx.zone).date()
    if abs((on - today).days) > HORIZON_DAYS:
        raise InvalidInput(
            f"the board shows {HORIZON_DAYS} days back and ahead",
            [Fault("date", f"{on} is {abs((on - today).days)} days from today, {today}")],
        )
    return day_window(on, ctx.zone)


def _days(
    ctx: Context,
    unit: Unit,
    positions: PositionIndex,
    now: datetime,
    orders: Sequence[WorkOrder] | None = None,
) -> list[Day]:
    technicians = unit.technicians.list()
    plans = load_plans(unit, technicians, lambda one: positions.get(one.id), orders)
    return days_of(plans, drives_on(ctx.roads), now, ctx.zone, slack=True)


def _done(unit: Unit, whole: Window) -> defaultdict[TechnicianId, list[WorkOrder]]:
    """What was completed then, by technician, in the order in which it ended."""
    found: defaultdict[TechnicianId, list[WorkOrder]] = defaultdict(list)
    ended = unit.orders.completed(whole.start, whole.end)
    for order in sorted(ended, key=lambda one: (one.ended_at or whole.start, one.id)):
        for technician_id in order.technician_ids:
            found[technician_id].append(order)
    return found


def _sites_of(
    orders: Iterable[WorkOrder], done: dict[TechnicianId, list[WorkOrder]]
) -> Iterable[SiteId]:
    yield from (order.site_id for order in orders)
    yield from (order.site_id for those in done.values() for order in those)


def _lane(
    day: Day, done: dict[TechnicianId, list[WorkOrder]], sites: dict[SiteId, Site], on: date
) -> Lane:
    those = done.get(day.plan.technician.id, [])
    placed: list[tuple[WorkOrder, LonLat]] = [
        (order, sites[order.site_id].location) for order in those
    ]
    return lane_of(day, placed, on)


def _filtered(lane: Lane, sites: dict[SiteId, Site], filters: Filters, now: datetime) -> Lane:
    """The lane with the visits that are wanted; its load stays that of the whole day."""
    from_home = Filters(filters.flag, filters.work_class)
    visits = tuple(
        visit
        for visit in lane.visits
        if from_home.wants(visit.order, sites[visit.order.site_id], now)
    )
    return replace(lane, visits=visits)


def _waiting(order: WorkOrder, site: Site, now: datetime) -> Waiting:
    return Waiting(
        order=order,
        site=site,
        slack_s=limit_slack_s(order, now),
        contract_risk=contract_risk(order, now),
        flags=flags_of(order, now),
        stalled=stalled(order, now),
    )


def _oldest(
    those: Sequence[Waiting], what: Callable[[Waiting], Flag | Stalled | None]
) -> list[Waiting]:
    found = [(since.since, one.order.id, one) for one in those if (since := what(one)) is not None]
    return [one for _, _, one in sorted(found, key=lambda found: found[:2])]


def _counts(waiting: Sequence[Waiting]) -> dict[str, dict[str, int]]:
    return {
        "flags": dict(sorted(Counter(flag for one in waiting for flag in one.flags).items())),
        "work_classes": dict(sorted(Counter(one.order.work_class for one in waiting).items())),
        "statuses": dict(sorted(Counter(one.order.status.value for one in waiting).items())),
    }
