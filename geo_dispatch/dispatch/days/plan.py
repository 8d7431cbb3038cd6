"""A technician's plan: open orders in sequence, and where it goes on from.

`schedule` walks it and says when each is reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import next_working
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import BreakTaken, Technician
from geo_dispatch.dispatch.work.orders import ENDED, Status, WorkOrder
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
    """A technician with open orders, in the order in which they will be done.

    Attributes
    ----------
    overtime_s
        How long after the end of a shift work may go on.
    breaks
        Those taken so far, of the last days.
    """

    technician: Technician
    stops: tuple[Stop, ...] = ()
    whereabouts: Whereabouts | None = None
    overtime_s: float = 0.0
    breaks: tuple[BreakTaken, ...] = ()

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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when the next drive of a plan begins."""

    place: LonLat
    ready_at: datetime
    basis: Basis


def in_sequence(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """Open stops in the order in which they will be done: whoever is there finishes first."""

    def key(stop: Stop) -> tuple[bool, bool, int, str]:
        order = stop.order
        return (not stop.reached, not stop.under_way, order.sequence, order.id)

    return tuple(sorted((s for s in stops if s.order.status not in ENDED), key=key))


def origin(plan: Plan, now: datetime, zone: ZoneInfo) -> Origin | None:
    """Where the plan goes on from: the site, the live position, or home when the shift begins.

    None when nobody knows where the technician is.
    """
    stop = plan.stops[0] if plan.stops else None
    if stop is not None and stop.reached:
        return Origin(stop.place, now + timedelta(seconds=stop.remaining_s(now)), Basis.SITE)
    on_call = stop is not None and stop.order.emergency
    under_way = stop is not None and stop.under_way
    ready_at = now
    if not under_way:
        ready_at = next_working(plan.technician, now, zone, on_call=on_call) or now
    seen = plan.whereabouts
    fresh = seen is not None and (now - seen.at).total_seconds() <= POSITION_FRESH_S
    if seen is not None and fresh:
        return Origin(seen.place, ready_at, Basis.POSITION)
    if ready_at > now and plan.technician.home is not None:
        return Origin(plan.technician.home, ready_at, Basis.HOME)
    if seen is not None:
        return Origin(seen.place, ready_at, Basis.STALE_POSITION)
    return None
