"""How the clocks of an order run: a fold over its events.

Placing starts them; a hold that the policy names pauses them; arrival stops the response,
completion and cancellation stop both. Nothing else touches them: not who has the order, not how
often it changes hands. An arrival that late fixes move or take back, or that the technician
contests, moves or reopens the response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import clock_text
from geo_dispatch.dispatch.sla.calendars import Calendar, add_business_time, business_time_between
from geo_dispatch.dispatch.sla.promises import SlaPolicy
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.evolution import evolve
from geo_dispatch.dispatch.work.orders import WorkOrder


@dataclass(frozen=True, slots=True)
class Terms:
    """What the clocks of an order run by.

    Attributes
    ----------
    version
        Of the policy document that the promise stands in.
    zone
        In which the calendar's hours are read.
    """

    policy: SlaPolicy
    version: int
    calendar: Calendar
    zone: ZoneInfo

    def after(self, start: datetime, seconds: float) -> datetime:
        """The moment when so much business time has passed."""
        return add_business_time(self.calendar, start, seconds, self.zone)

    def between(self, start: datetime, end: datetime) -> float:
        """Business time between the two, seconds."""
        return business_time_between(self.calendar, start, end, self.zone)


def start(terms: Terms, at: datetime) -> Sla:
    """The clocks of an order placed then."""

    def clock(target_s: float | None) -> SlaClock | None:
        return None if target_s is None else SlaClock(target_s, terms.after(at, target_s))

    policy = terms.policy
    return Sla(policy.name, terms.version, clock(policy.response_s), clock(policy.completion_s))


def follow(sla: Sla, terms: Terms, before: WorkOrder, after: WorkOrder, event: e.Event) -> Sla:
    """The clocks after the event; ``before`` and ``after`` are the order around it."""
    follower = _FOLLOWERS.get(type(event))
    return sla if follower is None else follower(_Around(sla, terms, before, after), event)


def clocks_of(terms: Terms, history: Iterable[e.Event]) -> Sla | None:
    """The clocks after all of an order's events, oldest first; None before it was placed."""
    order: WorkOrder | None = None
    sla: Sla | None = None
    for event in history:
        before, order = order, evolve(order, event)
        if before is None or sla is None:
            sla = start(terms, order.placed_at)
        else:
            sla = follow(sla, terms, before, order, event)
    return sla


def left_s(clock: SlaClock, terms: Terms, now: datetime) -> float:
    """Business time until the deadline, seconds; negative past it; as it stood when it stopped."""
    at = clock.stopped_at or clock.paused_at or now
    if at <= clock.due_at:
        return terms.between(at, clock.due_at)
    return -terms.between(clock.due_at, at)


def why(
    before: Sla | None, after: Sla, zone: ZoneInfo, now: datetime, *, cancelled: bool = False
) -> str:
    """What became of the clocks, for the order's story.

    Parameters
    ----------
    cancelled
        The order was: what was in time is neither kept nor missed.
    """
    known = before if before is not None and before.policy == after.policy else None
    parts = [
        f"{name} {_became(old, new, zone, now, cancelled=cancelled)}"
        for name, old, new in (
            ("response", known.response if known else None, after.response),
            ("completion", known.completion if known else None, after.completion),
        )
        if new is not None and new != old
    ]
    return ", ".join(parts) if known else f"{after.policy}: {', '.join(parts)}"


def _became(
    old: SlaClock | None, new: SlaClock, zone: ZoneInfo, now: datetime, *, cancelled: bool
) -> str:
    due = f"due {clock_text(new.due_at, zone, now)}"
    if cancelled and not new.breached:
        return f"cancelled, was {due}"
    if new.stopped_at is not None:
        off_min = (new.due_at - new.stopped_at).total_seconds() / 60
        return f"kept, {off_min:.0f} min early" if off_min >= 0 else f"missed by {-off_min:.0f} min"
    if new.paused_at is not None:
        return f"stands still, was {due}"
    if old is not None and not old.runs:
        return f"runs again, {due}"
    return due


@dataclass(frozen=True, slots=True)
class _Around:
    """The clocks, what they run by, and the order around an event."""

    sla: Sla
    terms: Terms
    before: WorkOrder
    after: WorkOrder

    def both(self, change: Callable[[SlaClock], SlaClock]) -> Sla:
        response, completion = (
            None if clock is None else change(clock)
            for clock in (self.sla.response, self.sla.completion)
        )
        return replace(self.sla, response=response, completion=completion)

    def response(self, change: Callable[[SlaClock], SlaClock]) -> Sla:
        clock = self.sla.response
        return self.sla if clock is None else replace(self.sla, response=change(clock))

    def stop(self, at: datetime) -> Callable[[SlaClock], SlaClock]:
        def stopped(clock: SlaClock) -> SlaClock:
            if clock.stopped_at is not None:
                return clock
            return replace(_resumed(clock, self.terms, at), stopped_at=at)

        return stopped

    @property
    def stopped_by_arrival(self) -> bool:
        """Whether the arrival that the event is about is what stopped the response."""
        clock, arrival = self.sla.response, self.before.arrival
        return clock is not None and arrival is not None and clock.stopped_at == arrival.at


def _resumed(clock: SlaClock, terms: Terms, at: datetime) -> SlaClock:
    paused_at = clock.paused_at
    if paused_at is None or clock.stopped_at is not None:
        return clock
    if paused_at >= clock.due_at or at <= paused_at:
        return replace(clock, paused_at=None)
    left_s = terms.between(paused_at, clock.due_at)
    return replace(clock, paused_at=None, due_at=terms.after(at, left_s))


def _assigned(a: _Around, event: e.OrderAssigned) -> Sla:
    stops = a.terms.policy.response_stops_at == "assigned"
    return a.response(a.stop(event.occurred_at)) if stops else a.sla


def _en_route(a: _Around, event: e.OrderEnRoute) -> Sla:
    stops = a.terms.policy.response_stops_at == "en_route"
    return a.response(a.stop(event.occurred_at)) if stops else a.sla


def _set_out_revised(a: _Around, event: e.SetOutRevised) -> Sla:
    clock = a.sla.response
    stopped_it = clock is not None and clock.stopped_at == a.before.status_at
    if a.terms.policy.response_stops_at != "en_route" or not stopped_it:
        return a.sla
    return a.response(lambda clock: replace(clock, stopped_at=event.occurred_at))


def _arrived(a: _Around, event: e.OrderArrived) -> Sla:
    return a.response(a.stop(event.occurred_at))


def _arrival_revised(a: _Around, _event: e.VisitRevised) -> Sla:
    if a.before.arrival == a.after.arrival or not a.stopped_by_arrival:
        return a.sla
    at = None if a.after.arrival is None else a.after.arrival.at
    return a.response(lambda clock: replace(clock, stopped_at=at))


def _reviewed(a: _Around, event: e.ArrivalReviewed) -> Sla:
    arrival = a.after.arrival
    if arrival is None or arrival.visit_id != event.visit_id:
        return a.sla
    if event.verdict != "contested":
        return a.response(a.stop(arrival.at))
    if not a.stopped_by_arrival:
        return a.sla
    return a.response(lambda clock: replace(clock, stopped_at=None))


def _held(a: _Around, event: e.OrderHeld) -> Sla:
    if event.reason not in a.terms.policy.pauses:
        return a.both(lambda clock: _resumed(clock, a.terms, event.occurred_at))
    return a.both(
        lambda clock: replace(clock, paused_at=event.occurred_at) if clock.runs else clock
    )


def _released(a: _Around, event: e.OrderReleased) -> Sla:
    return a.both(lambda clock: _resumed(clock, a.terms, event.occurred_at))


def _ended(a: _Around, event: e.OrderCompleted | e.OrderCancelled) -> Sla:
    return a.both(a.stop(event.occurred_at))


_FOLLOWERS: Final[dict[type[e.Event], Callable[[_Around, Any], Sla]]] = {
    e.OrderAssigned: _assigned,
    e.OrderEnRoute: _en_route,
    e.SetOutRevised: _set_out_revised,
    e.OrderArrived: _arrived,
    e.VisitRevised: _arrival_revised,
    e.ArrivalReviewed: _reviewed,
    e.OrderHeld: _held,
    e.OrderReleased: _released,
    e.OrderCompleted: _ended,
    e.OrderCancelled: _ended,
}

MOVING: Final = frozenset(_FOLLOWERS)
"""Types of events that can move clocks."""
