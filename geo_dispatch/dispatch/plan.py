"""A technician's day as it stands: open orders in sequence, and when each is reached.

``Plan`` says what is to be done and where the technician is; ``schedule`` walks it, given the
drive time of each leg. Drive times come from outside, so that many plans share one road query.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.availability import next_working
from geo_dispatch.dispatch.drives import Leg
from geo_dispatch.dispatch.hours import Hours
from geo_dispatch.dispatch.orders import ENDED, Status, WorkOrder
from geo_dispatch.dispatch.technicians import Technician
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId

POSITION_FRESH_S: Final = 900.0
"""Older positions are stale: at 50 km/h a quarter of an hour is the whole of a small country."""

_AT_SITE: Final = frozenset({Status.ON_SITE, Status.ON_THE_TOOLS})


class Basis(StrEnum):
    """What an expected arrival is worked out from."""

    POSITION = "position"
    STALE_POSITION = "stale_position"
    SITE = "site"
    HOME = "home"
    ARRIVED = "arrived"
    NO_POSITION = "no_position"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a technician's device last said it was."""

    place: LonLat
    at: datetime


@dataclass(frozen=True, slots=True)
class Prior:
    """An order that must be complete before another one begins.

    Attributes
    ----------
    done_at
        When it was, or is expected to be; None when nobody can tell.
    """

    order_id: OrderId
    number: str
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """An open order in a plan.

    Attributes
    ----------
    place
        The site's location.
    access
        When anybody is let in; none means always.
    priors
        What it waits for. Those of the same plan are done when they are done there.
    joins_at
        When the crew that it takes begins together; None for who goes alone.
    """

    order: WorkOrder
    place: LonLat
    access: tuple[Hours, ...] = ()
    priors: tuple[Prior, ...] = ()
    joins_at: datetime | None = None

    @property
    def reached(self) -> bool:
        """Whether the technician is there, also while waiting for help there."""
        return (self.order.helped_from or self.order.status) in _AT_SITE

    @property
    def under_way(self) -> bool:
        """Whether the technician is driving there."""
        return (self.order.helped_from or self.order.status) is Status.EN_ROUTE

    @property
    def fixed(self) -> bool:
        """Whether nothing can come before it any more."""
        return self.reached or self.under_way

    @property
    def arrived_at(self) -> datetime | None:
        """When the technician came; None before."""
        return self.order.arrival.at if self.reached and self.order.arrival else None

    def remaining_s(self, now: datetime) -> float:
        """Work still to do there, seconds; all of it before it has begun."""
        begun = self.order.started_at or self.arrived_at
        if begun is None or not self.reached:
            return self.order.duration_s
        return max(0.0, self.order.duration_s - max(0.0, (now - begun).total_seconds()))


@dataclass(frozen=True, slots=True)
class Plan:
    """A technician with open orders, in the order in which they will be done."""

    technician: Technician
    stops: tuple[Stop, ...] = ()
    whereabouts: Whereabouts | None = None

    def without(self, order_id: OrderId) -> Plan:
        """The plan if that order weren't in it."""
        return replace(self, stops=tuple(s for s in self.stops if s.order.id != order_id))

    def up_to(self, day: date, zone: ZoneInfo) -> Plan:
        """The plan without the stops at its end that are promised for days after that one.

        New work for the day goes behind what is left, before what is promised for later.
        """
        later = (
            stop.order.status is Status.ASSIGNED
            and stop.order.window is not None
            and stop.order.window.start.astimezone(zone).date() > day
            for stop in reversed(self.stops)
        )
        promised = sum(1 for _ in itertools.takewhile(bool, later))
        return replace(self, stops=self.stops[: len(self.stops) - promised])

    def open_work_s(self, now: datetime, zone: ZoneInfo) -> float:
        """Work still to do today, seconds; orders promised for later days don't count."""
        today = now.astimezone(zone).date()
        return sum(
            stop.remaining_s(now)
            for stop in self.stops
            if stop.order.window is None or stop.order.window.start.astimezone(zone).date() <= today
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when the next drive of a plan begins."""

    place: LonLat
    ready_at: datetime
    basis: Basis


@dataclass(frozen=True, slots=True)
class Stay:
    """One stop of a plan, worked out.

    Attributes
    ----------
    arrive_at
        Not before the window opens, unless the technician is under way already. None when there
        is no way there, or to a stop before it.
    drive_s
        Driving until there, from now on, seconds.
    """

    stop: Stop
    arrive_at: datetime | None
    finish_at: datetime | None
    drive_s: float | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Schedule:
    """A plan worked out: each stay, and when the technician is free again.

    ``free_at`` is None when the plan can't be driven or starts nowhere.
    """

    stays: tuple[Stay, ...]
    free_at: datetime | None
    basis: Basis


def in_sequence(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """Open stops in the order in which they will be done: whoever is there finishes first."""

    def key(stop: Stop) -> tuple[bool, bool, int, str]:
        order = stop.order
        return (not stop.reached, order.status is not Status.EN_ROUTE, order.sequence, order.id)

    return tuple(sorted((s for s in stops if s.order.status not in ENDED), key=key))


def origin(plan: Plan, now: datetime, zone: ZoneInfo) -> Origin | None:
    """Where the plan goes on from: the site, the live position, or home when the shift begins.

    None when nobody knows where the technician is.
    """
    stop = plan.stops[0] if plan.stops else None
    if stop is not None and stop.reached:
        return Origin(stop.place, now + timedelta(seconds=stop.remaining_s(now)), Basis.SITE)
    under_way = stop is not None and stop.order.status is Status.EN_ROUTE
    ready_at = now if under_way else next_working(plan.technician, now, zone) or now
    seen = plan.whereabouts
    fresh = seen is not None and (now - seen.at).total_seconds() <= POSITION_FRESH_S
    if seen is not None and fresh:
        return Origin(seen.place, ready_at, Basis.POSITION)
    if ready_at > now and plan.technician.home is not None:
        return Origin(plan.technician.home, ready_at, Basis.HOME)
    if seen is not None:
        return Origin(seen.place, ready_at, Basis.STALE_POSITION)
    return None


def legs(plan: Plan, start: Origin) -> list[Leg]:
    """The legs still to drive, in sequence: one per stop that is not reached."""
    ahead = _ahead(plan)
    places = [start.place, *(stop.place for stop in ahead)]
    return list(itertools.pairwise(places))


def schedule(
    plan: Plan, start: Origin | None, drive_s: Sequence[float | None], now: datetime
) -> Schedule:
    """Walk the plan from its origin; ``drive_s`` has one entry per leg of `legs`."""
    if start is None:
        lost = tuple(Stay(stop, None, None, None, Basis.NO_POSITION) for stop in plan.stops)
        return Schedule(lost, None, Basis.NO_POSITION)
    stays: list[Stay] = []
    if plan.stops and plan.stops[0].reached:
        stop = plan.stops[0]
        stays.append(Stay(stop, stop.arrived_at or now, start.ready_at, 0.0, Basis.ARRIVED))
    free_at: datetime | None = start.ready_at
    driven_s = 0.0
    for stop, leg_s in zip(_ahead(plan), drive_s, strict=True):
        if free_at is None or leg_s is None:
            free_at = None
            stays.append(Stay(stop, None, None, None, Basis.UNREACHABLE))
            continue
        driven_s += leg_s
        arrive_at = free_at + timedelta(seconds=leg_s)
        if stop.order.status is not Status.EN_ROUTE:
            arrive_at = work_from(stop.order, arrive_at)
        free_at = work_from(stop.order, arrive_at) + timedelta(seconds=stop.remaining_s(now))
        stays.append(Stay(stop, arrive_at, free_at, driven_s, start.basis))
    if free_at is None:
        return Schedule(tuple(stays), None, Basis.UNREACHABLE)
    return Schedule(tuple(stays), free_at, Basis.SITE if plan.stops else start.basis)


def work_from(order: WorkOrder, arrive_at: datetime) -> datetime:
    """When work begins for who arrives then: not before the window opens."""
    return max(arrive_at, order.window.start) if order.window is not None else arrive_at


def _ahead(plan: Plan) -> tuple[Stop, ...]:
    return plan.stops[1:] if plan.stops and plan.stops[0].reached else plan.stops
