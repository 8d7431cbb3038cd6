"""What the events of a work order sound like: one sentence each, by name, in local time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import so_long
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.messages.texts import in_words
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.orders import HoldReason


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the ids.

    Attributes
    ----------
    number
        Of the order whose story it is.
    orders
        Numbers of others that it speaks of.
    """

    number: str
    technicians: Mapping[str, str]
    sites: Mapping[str, str]
    customers: Mapping[str, str]
    orders: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells one entry: by name, and in the zone that people live in.

    Attributes
    ----------
    at
        When the entry was written down, in the zone.
    """

    names: Names
    zone: ZoneInfo
    at: datetime

    def who(self, technician_id: str | None) -> str:
        """The call sign."""
        return self.names.technicians.get(technician_id or "", technician_id or "nobody")

    def order(self, order_id: str | None) -> str:
        """The number of another order."""
        return self.names.orders.get(order_id or "", order_id or "another order")

    def customer(self, customer_id: str) -> str:
        """The customer's name."""
        return self.names.customers.get(customer_id, "the customer")

    def site(self, site_id: str) -> str:
        """The site's name."""
        return self.names.sites.get(site_id, site_id)

    def clock(self, moment: datetime) -> str:
        """``"08:57"``; ``"1 Mar 08:57"`` on another day than the entry's."""
        local = moment.astimezone(self.zone)
        day = "" if local.date() == self.at.date() else f"{local.day} {local:%b} "
        return f"{day}{local:%H:%M}"

    def when(self, moment: datetime, word: str = "") -> str:
        """``" 08:57"``, or with a word ``" since 08:57"``; nothing if ``at`` says it."""
        said = self.clock(moment)
        if said == f"{self.at:%H:%M}":
            return ""
        return f" {word} {said}" if word else f" {said}"


def tell(teller: Teller, event: e.Event) -> str | None:
    """The sentence; None for events that are not an order's."""
    text = TEXTS.get(type(event))
    return text(teller, event) if text else None


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _placed(t: Teller, event: e.OrderPlaced) -> str:
    order = event.order
    skills = ", ".join(f"{skill['name']} {skill['level']}" for skill in order["required_skills"])
    needs = f", needs {skills}" if skills else ""
    return (
        f"{t.names.number} placed: {order['type']} at {t.site(event.site_id)}, "
        f"priority {order['priority']}{needs}"
    )


def _changed(_t: Teller, event: e.OrderChanged) -> str:
    if set(event.changes) == {"sequence"}:
        return f"Now number {event.changes['sequence']} of the technician's jobs"
    return f"Changed {in_words(event.changes)}"


def _assigned(t: Teller, event: e.OrderAssigned) -> str:
    how = _HOW.get(event.source, f"by {event.source.replace(':', ' ')}")
    crew = f" with {_and(t, event.crew)}" if event.crew else ""
    start = f" for {t.clock(event.start_at)}" if event.start_at else ""
    facts = "; ".join(str(conflict["fact"]) for conflict in event.conflicts)
    overrode = f' in spite of "{facts}"' if facts else ""
    stands = _standing(event)
    pinned = ", pinned" if event.pinned else ""
    who = f"{t.who(event.technician_id)}{crew}{start}"
    return f"Assigned to {who} {how}{overrode}{stands}{pinned}{_because(event.reason)}"


def _standing(event: e.OrderAssigned) -> str:
    """Where the technician stood in the ranking, and against whom."""
    others = {one["technician_id"]: one for one in event.ranking}
    chosen = others.pop(event.technician_id, None)
    if chosen is None or not others:
        return ""
    best = min(others.values(), key=lambda one: float(one["score_min"]))
    minutes = float(best["score_min"]) - float(chosen["score_min"])
    side = "ahead of" if minutes >= 0 else "behind"
    rank = chosen["rank"]
    place = f"number {rank} of {len(event.ranking)}" if rank else f"not of the best {len(others)}"
    return f", {place}, {abs(minutes):.0f} min {side} {best['call_sign']}"


def _and(t: Teller, technician_ids: Sequence[str]) -> str:
    names = [t.who(one) for one in technician_ids]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _crew_changed(t: Teller, event: e.CrewChanged) -> str:
    if not event.crew:
        return f"{t.who(event.technician_id)} goes alone{_because(event.reason)}"
    verb = "goes" if len(event.crew) == 1 else "go"
    return f"{_and(t, event.crew)} {verb} along{_because(event.reason)}"


_HOW: Final = {
    "manual": "by hand",
    "auto": "as the best candidate",
    "emergency": "for an emergency",
    "repair": "to repair the day",
}


def _at_risk(_t: Teller, event: e.OrderAtRisk) -> str:
    limit = _LIMITS.get(event.limit, event.limit)
    return f"Expected {so_long(event.late_by_s)} after {limit}"


_LIMITS: Final = {
    "window": "the promised window",
    "due": "the due time",
    "sla_response": "the response that the contract promises",
    "sla_completion": "the completion that the contract promises",
}


def _bumped(t: Teller, event: e.OrderBumped) -> str:
    room = f" for {t.order(event.by_order_id)}" if event.by_order_id else ""
    was = t.clock(event.begin_before) if event.begin_before else ""
    if event.technician_after is None:
        lost = f", {was} is lost" if was else ""
        return f"Pushed back to the backlog{room}{lost}{_because(event.reason)}"
    moved = event.technician_after != event.technician_before
    whom = f", to {t.who(event.technician_after)}" if moved else ""
    to = f", to begin at {t.clock(event.begin_after)}" if event.begin_after else ""
    instead = f" instead of {was}" if was and to else ""
    return f"Pushed aside{room}{whom}{to}{instead}{_because(event.reason)}"


def _queued(t: Teller, event: e.MessageQueued) -> str:
    named = {"technician": t.who, "customer": t.customer}.get(event.to)
    whom = named(event.recipient_id) if named else f"the {event.to}"
    return f"Told {whom}: {event.text}"


def _used(event: e.OrderCompleted) -> str:
    parts = ", ".join(f"{part.quantity} {part.sku}" for part in event.parts_used)
    return f"; used {parts}" if parts else ""


def _file_added(t: Teller, event: e.OrderFileAdded) -> str:
    by = "the office" if event.technician_id is None else t.who(event.technician_id)
    what = f"Signature of {event.signer}, taken" if event.signer else event.kind.capitalize()
    return f"{what} by {by}: {event.name}, {_size(event.size_bytes)}"


def _size(size_bytes: int) -> str:
    if size_bytes < _MEGABYTE:
        return f"{max(1, round(size_bytes / 1000))} kB"
    return f"{size_bytes / _MEGABYTE:.1f} MB"


_MEGABYTE: Final = 1_000_000


def _arrived(t: Teller, event: e.OrderArrived) -> str:
    when = t.when(event.occurred_at)
    if event.source == "person":
        return f"{t.who(event.technician_id)} arrived{when}, by their own word"
    fixes = len((event.evidence or {}).get("fixes", ()))
    return f"{t.who(event.technician_id)} arrived{when}, confirmed by {fixes} fixes"


def _en_route(t: Teller, event: e.OrderEnRoute) -> str:
    since = t.when(event.occurred_at, "since")
    seen = ", as fixes show" if event.source == "gps" else ""
    return f"{t.who(event.technician_id)} is on the way{since}{seen}"


def _revised(t: Teller, event: e.VisitRevised) -> str:
    if event.arrived_at is None:
        return f"Late fixes took the arrival of {t.who(event.technician_id)} back"
    left = f", left {t.clock(event.departed_at)}" if event.departed_at else ""
    now = f"arrived {t.clock(event.arrived_at)}{left}"
    if event.arrived_before is None:
        return f"Late fixes tell of a visit of {t.who(event.technician_id)}: {now}"
    until = f" to {t.clock(event.departed_before)}" if event.departed_before else ""
    before = f"{t.clock(event.arrived_before)}{until}"
    return f"Late fixes moved the visit of {t.who(event.technician_id)}: {now}; it was {before}"


def _set_out_revised(t: Teller, event: e.SetOutRevised) -> str:
    if event.occurred_at is None:
        return f"{t.who(event.technician_id)} is not on the way here after all"
    return f"Late fixes show that {t.who(event.technician_id)} set out {t.clock(event.occurred_at)}"


def _eta(t: Teller, event: e.EtaPublished) -> str:
    if event.eta is None:
        return f"No ETA for {t.who(event.technician_id)}: {event.basis.replace('_', ' ')}"
    late_by_s = event.late_by_s or 0.0
    late = f", {so_long(late_by_s)} late" if late_by_s >= _WORTH_TELLING_S else ""
    if event.basis == Basis.ARRIVED:
        return f"ETA settled: {t.who(event.technician_id)} arrived {t.clock(event.eta)}{late}"
    return f"{t.who(event.technician_id)} expected at {t.clock(event.eta)}{late}"


_WORTH_TELLING_S: Final = 30.0
"""Who is late by less is in time, to the minute."""

TEXTS: Final[dict[type[e.Event], Callable[[Teller, Any], str]]] = {
    e.OrderPlaced: _placed,
    e.OrderChanged: _changed,
    e.RecordRetired: lambda _t, _event: "Retired",
    e.OrderAssigned: _assigned,
    e.OrderBriefed: lambda t, event: f"Briefed {t.who(event.technician_id)}",
    e.OrderUnassigned: lambda t, event: (
        f"Taken from {t.who(event.technician_id)}{_because(event.reason)}"
    ),
    e.ResourceBooked: lambda t, event: (
        f"{event.name} booked {t.clock(event.start)} to {t.clock(event.end)}"
    ),
    e.ResourceReleased: lambda _t, event: f"{event.name} is no longer booked",
    e.CrewChanged: _crew_changed,
    e.CrewSequenced: lambda t, event: (
        f"Now number {event.sequence} of the jobs of {t.who(event.technician_id)}"
    ),
    e.OrderPinned: lambda _t, event: "Pinned" if event.pinned else "No longer pinned",
    e.OrderHeld: lambda _t, event: (
        f"On hold: {HoldReason(event.reason).in_words}{_because(event.note)}"
    ),
    e.OrderReleased: lambda _t, event: f"Released{_because(event.note)}",
    e.OrderFlagged: lambda _t, event: f"Needs a dispatcher: {event.fact}",
    e.FlagCleared: lambda _t, event: f"No longer waits for a dispatcher{_because(event.reason)}",
    e.OrderAtRisk: _at_risk,
    e.OrderBumped: _bumped,
    e.MessageQueued: _queued,
    e.RiskCleared: lambda _t, _event: "No longer at risk",
    e.ClocksMoved: lambda _t, event: f"SLA: {event.why}",
    e.OrderEnRoute: _en_route,
    e.OrderArrived: _arrived,
    e.ArrivalReviewed: lambda _t, event: f"Arrival {event.verdict}{_because(event.reason)}",
    e.OrderStarted: lambda t, event: (
        f"{t.who(event.technician_id)} is on the tools{t.when(event.occurred_at, 'since')}"
    ),
    e.OrderNeedsHelp: lambda t, event: (
        f"{t.who(event.technician_id)} needs help{_because(event.reason)}"
    ),
    e.OrderResumed: lambda t, event: f"{t.who(event.technician_id)} goes on",
    e.OrderCompleted: lambda t, event: (
        f"Completed by {t.who(event.technician_id)}{t.when(event.occurred_at, 'at')}"
        f"{_because(event.notes)}{_used(event)}"
    ),
    e.OrderFollowedUp: lambda _t, event: f"To be followed up by {event.number}: {event.work}",
    e.OrderFileAdded: _file_added,
    e.OrderCancelled: lambda _t, event: f"Cancelled{_because(event.reason)}",
    e.OrderDeparted: lambda t, event: (
        f"{t.who(event.technician_id)} left the site{t.when(event.occurred_at)}"
    ),
    e.VisitRevised: _revised,
    e.VisitSuggested: lambda t, event: (
        f"Fixes make it likely that {t.who(event.technician_id)} arrived{t.when(event.occurred_at)}"
    ),
    e.SetOutRevised: _set_out_revised,
    e.EtaPublished: _eta,
    e.TechnicianArriving: lambda t, event: (
        f"{t.who(event.technician_id)} is nearly there, expected at {t.clock(event.eta)}"
    ),
    e.OrderDelayed: lambda t, event: (
        f"{t.who(event.technician_id)} comes {so_long(event.by_s)} later than told: "
        f"{t.clock(event.eta)} instead of {t.clock(event.eta_before)}"
    ),
}
