"""Ways to orders: the fastest from where they set out, against what was driven.

Nobody stores a plan: it is the fastest way on the road graph from the fix with which the
technician set out to the site. Driven is what that technician's fixes are matched to, from then
until they stood at the site. Whose mileage somebody reads, the access log says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, groupby
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.dispatch.work.spans import Span, Spans, spans_of
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window, datetime_to_ms
from geo_dispatch.roads.engine import Route
from geo_dispatch.services.context import Context
from geo_dispatch.services.history import access
from geo_dispatch.services.history.trail import day_span, fixes_of
from geo_dispatch.services.tracking.by_road import ByRoad, Trip, trips
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.trails import pieces
from geo_dispatch.tracking.trips import TRIP_RULE

_LOOK_BACK: Final = timedelta(minutes=10)
"""Who set out was where their last fix of so long before says, else where the next one does."""

_STANDS: Final = timedelta(seconds=TRIP_RULE.still_s)
"""An arrival is the first fix inside the fence; so long after it the van stands at the door."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The engine's fastest way."""

    distance_m: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Way(ByRoad):
    """One technician's way to one order, from setting out until the arrival.

    Attributes
    ----------
    until
        The arrival; None while they are on the way.
    lasted_s
        From setting out until then, stops included; so far, while they are on the way.
    planned
        None where there is no fix to begin from, or no way to the site.
    known
        Whether there are fixes to tell by what was driven; they are not kept for good.
    trips
        What was driven.
    """

    order_id: OrderId
    number: str
    technician_id: TechnicianId
    call_sign: str
    since: datetime
    until: datetime | None
    lasted_s: float
    planned: Planned | None
    known: bool
    trips: tuple[Trip, ...]


@dataclass(frozen=True, slots=True)
class _Leg:
    """What the record says of a way; ``left`` is when they left the site again."""

    order: WorkOrder
    site: Site
    call_sign: str
    span: Span
    left: datetime | None


def of_order(ctx: Context, order_id: str, *, actor: Actor, purpose: str = "") -> list[Way]:
    """Everybody's ways to the order, by when they set out.

    A way that was broken off, and one whose arrival nobody told, is none.

    Raises
    ------
    NotFound
        There is no such order.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:
        legs = list(_legs(unit, [unit.orders.get(order_id)]))
        for leg in legs:
            who, days = leg.span.technician_id, _days(ctx, leg.span, now)
            access.note(ctx, unit, [who], days, "mileage", actor=actor, purpose=purpose)
        unit.commit()
    return _ways(ctx, legs, now)


def of_day(ctx: Context, technician_id: str, day: date) -> list[Way]:
    """The technician's ways that ended on the local day, and the one they are on, by setting out.

    That is part of the day's mileage: whoever asks for that is written down.
    """
    now, span = ctx.clock(), day_span(ctx, day)
    with ctx.store.read() as unit:
        visited = unit.history.visits_of(technician_id, span.start, span.end)
        orders = unit.orders.many({visit.order_id for visit in visited})
        orders |= {order.id: order for order in unit.orders.open([technician_id])}
        legs = [
            leg
            for leg in _legs(unit, list(orders.values()))
            if leg.span.technician_id == technician_id
            and span.start <= (leg.span.end or now) < span.end
        ]
    return _ways(ctx, legs, now)


def _days(ctx: Context, span: Span, now: datetime) -> Window:
    """The local days that it touches: who looks again a moment later sees no more."""
    first, last = (
        day_span(ctx, moment.astimezone(ctx.zone).date())
        for moment in (span.start, span.end or now)
    )
    return Window(first.start, max(first.end, last.end))


def _legs(unit: Unit, orders: Sequence[WorkOrder]) -> Iterator[_Leg]:
    by_stream = {stream_of(order.id): order for order in orders}
    sites = unit.sites.many({order.site_id for order in orders})
    logged = unit.events(streams=by_stream) if by_stream else []
    logged.sort(key=lambda event: event.stream)
    told = {
        by_stream[stream].id: spans_of(event.event for event in own)
        for stream, own in groupby(logged, key=lambda event: event.stream)
    }
    people = unit.technicians.many(
        {way.technician_id for spans in told.values() for way in spans.ways}
    )
    for order in orders:
        for span in _travelled(order, told[order.id]):
            left = next(
                (
                    visit.end
                    for visit in chain(told[order.id].visits, told[order.id].after_end)
                    if (visit.technician_id, visit.start) == (span.technician_id, span.end)
                ),
                None,
            )
            call_sign = people[span.technician_id].call_sign
            yield _Leg(order, sites[order.site_id], call_sign, span, left)


def _travelled(order: WorkOrder, spans: Spans) -> Iterator[Span]:
    """Ways that ended at the site, and the one that somebody is on."""
    for way in spans.ways:
        if way.end is not None and way.end > way.start:
            yield way
    now = spans.ways[-1] if spans.ways and order.status is Status.EN_ROUTE else None
    if now is not None and now.end is None and now.technician_id == order.technician_id:
        yield now


def _ways(ctx: Context, legs: Iterable[_Leg], now: datetime) -> list[Way]:
    return [_way(ctx, leg, now) for leg in sorted(legs, key=lambda leg: leg.span.start)]


def _way(ctx: Context, leg: _Leg, now: datetime) -> Way:
    span = leg.span
    until = span.end or now
    stands = now if span.end is None else min(span.end + _STANDS, leg.left or now)
    seen = Window(span.start - _LOOK_BACK, max(stands, span.start) + timedelta(milliseconds=1))
    fixes = list(fixes_of(ctx, span.technician_id, seen))
    first = _set_out(fixes, datetime_to_ms(span.start))
    driven = [] if first is None else [fix for fix in fixes if fix.at_ms >= first.at_ms]
    route = None if first is None else _fastest(ctx, first.place, leg.site.location)
    return Way(
        order_id=leg.order.id,
        number=leg.order.number,
        technician_id=span.technician_id,
        call_sign=leg.call_sign,
        since=span.start,
        until=span.end,
        lasted_s=max(0.0, (until - span.start).total_seconds()),
        planned=None if route is None else Planned(route.distance_m, route.duration_s),
        known=len(driven) > 1,
        trips=tuple(trips(ctx.roads_as_built, driven)),
    )


def _fastest(ctx: Context, source: LonLat, target: LonLat) -> Route | None:
    try:
        return ctx.roads_as_built.route(source, target)
    except InvalidPosition:  # what a phone said, or a file that was imported
        return None


def _set_out(fixes: Sequence[Fix], start_ms: int) -> Fix | None:
    """The believed fix with which they set out."""
    believed = list(chain.from_iterable(pieces(fixes)))
    before = [fix for fix in believed if fix.at_ms <= start_ms]
    return before[-1] if before else next(iter(believed), None)
