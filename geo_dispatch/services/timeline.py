"""The whole story of a work order, in order: each event with a sentence that a person can read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch import events as e
from geo_dispatch.dispatch.events import LoggedEvent
from geo_dispatch.dispatch.orders import WorkOrder
from geo_dispatch.dispatch.plan import Basis
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.orders import stream_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Attributes
    ----------
    at
        When it was written down: never goes back from one entry to the next.
    occurred_at
        When it happened; None if that is the same moment. Fixes tell of arrivals later.
    text
        ``"Van 07 arrived 08:57, confirmed by 5 fixes"``; names that time if ``at`` shows another.
    data
        The event's body.
    """

    seq: int
    type: str
    at: datetime
    occurred_at: datetime | None
    actor: str
    text: str
    data: dict[str, Any]


def of_order(ctx: Desk, order_id: str) -> list[Entry]:
    """Everything that happened to the order, in the order in which it was written down.

    Raises
    ------
    NotFound
        There is no such order.
    """
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        logged = unit.stream(stream_of(order.id))
        names = _Names(unit, order, logged)
    zone = ZoneInfo(ctx.settings.time_zone)
    return [_entry(event, _Teller(names, zone, event.at.astimezone(zone))) for event in logged]


def _entry(logged: LoggedEvent, teller: _Teller) -> Entry:
    event = logged.event
    occurred_at = getattr(event, "occurred_at", None)
    text = _TEXTS.get(type(event))
    return Entry(
        seq=logged.seq,
        type=logged.type,
        at=logged.at,
        occurred_at=None if occurred_at == logged.at else occurred_at,
        actor=logged.actor,
        text=text(teller, event) if text else logged.type,
        data=logged.body,
    )


_WHO: Final = ("technician_id", "technician_before", "technician_after", "recipient_id")


class _Names:
    """The names behind the ids."""

    def __init__(self, unit: Unit, order: WorkOrder, logged: list[LoggedEvent]) -> None:
        self.number = order.number
        ids = {
            str(item.body[name])
            for item in logged
            for name in _WHO
            if item.body.get(name) is not None
        }
        ids.update(str(member) for item in logged for member in item.body.get("crew", ()))
        self.technicians = {
            key: value.call_sign for key, value in unit.technicians.many(ids).items()
        }
        sites = {str(item.body["site_id"]) for item in logged if item.body.get("site_id")}
        self.sites = {key: value.name for key, value in unit.sites.many(sites).items()}


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells one entry: by name, and in the zone that people live in.

    Attributes
    ----------
    at
        When the entry was written down, in the zone.
    """

    names: _Names
    zone: ZoneInfo
    at: datetime

    def who(self, technician_id: str | None) -> str:
        return self.names.technicians.get(technician_id or "", technician_id or "nobody")

    def site(self, site_id: str) -> str:
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


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _placed(t: _Teller, event: e.OrderPlaced) -> str:
    order = event.order
    skills = ", ".join(f"{skill['name']} {skill['level']}" for skill in order["required_skills"])
    needs = f", needs {skills}" if skills else ""
    return (
        f"{t.names.number} placed: {order['type']} at {t.site(event.site_id)}, "
        f"priority {order['priority']}{needs}"
    )


def _changed(_t: _Teller, event: e.OrderChanged) -> str:
    if set(event.changes) == {"sequence"}:
        return f"Now number {event.changes['sequence']} of the technician's jobs"
    return "Changed " + ", ".join(name.replace("_", " ") for name in sorted(event.changes))


def _assigned(t: _Teller, event: e.OrderAssigned) -> str:
    how = _HOW.get(event.source, f"by {event.source.replace(':', ' ')}")
    facts = "; ".join(str(conflict["fact"]) for conflict in event.conflicts)
    overrode = f' in spite of "{facts}"' if facts else ""
    crew = f" with {', '.join(map(t.who, event.crew))}" if event.crew else ""
    return f"Assigned to {t.who(event.technician_id)}{crew} {how}{overrode}{_because(event.reason)}"


_HOW: Final = {
    "manual": "by hand",
    "auto": "as the best candidate",
    "emergency": "for an emergency",
    "repair": "to repair the day",
}


def _at_risk(_t: _Teller, event: e.OrderAtRisk) -> str:
    limit = _LIMITS.get(event.limit, event.limit)
    return f"Expected {event.late_by_s / 60:.0f} min after {limit}"


_LIMITS: Final = {
    "window": "the promised window",
    "due": "the due time",
    "sla_response": "the response that the contract promises",
    "sla_completion": "the completion that the contract promises",
}


def _bumped(t: _Teller, event: e.OrderBumped) -> str:
    was = f" from {t.clock(event.begin_before)}" if event.begin_before else ""
    if event.technician_after is None:
        return f"Pushed back to the backlog{was}{_because(event.reason)}"
    whom = (
        ""
        if event.technician_after == event.technician_before
        else (f" to {t.who(event.technician_after)}")
    )
    to = f" to {t.clock(event.begin_after)}" if event.begin_after else ""
    return f"Pushed aside{whom}{was}{to}{_because(event.reason)}"


def _queued(t: _Teller, event: e.MessageQueued) -> str:
    whom = t.who(event.recipient_id) if event.to == "technician" else f"the {event.to}"
    return f"Told {whom}: {event.text}"


def _arrived(t: _Teller, event: e.OrderArrived) -> str:
    when = t.when(event.occurred_at)
    if event.source == "person":
        return f"{t.who(event.technician_id)} arrived{when}, by their own word"
    fixes = len((event.evidence or {}).get("fixes", ()))
    return f"{t.who(event.technician_id)} arrived{when}, confirmed by {fixes} fixes"


def _en_route(t: _Teller, event: e.OrderEnRoute) -> str:
    since = t.when(event.occurred_at, "since")
    seen = ", as fixes show" if event.source == "gps" else ""
    return f"{t.who(event.technician_id)} is on the way{since}{seen}"


def _revised(t: _Teller, event: e.VisitRevised) -> str:
    if event.arrived_at is None:
        return f"Late fixes took the arrival of {t.who(event.technician_id)} back"
    left = f", left {t.clock(event.departed_at)}" if event.departed_at else ""
    return (
        f"Late fixes moved the visit of {t.who(event.technician_id)}: "
        f"arrived {t.clock(event.arrived_at)}{left}"
    )


def _set_out_revised(t: _Teller, event: e.SetOutRevised) -> str:
    if event.occurred_at is None:
        return f"{t.who(event.technician_id)} is not on the way here after all"
    return f"Late fixes show that {t.who(event.technician_id)} set out {t.clock(event.occurred_at)}"


def _eta(t: _Teller, event: e.EtaPublished) -> str:
    if event.eta is None:
        return f"No ETA for {t.who(event.technician_id)}: {event.basis.replace('_', ' ')}"
    late_by_s = event.late_by_s or 0.0
    late = f", {late_by_s / 60:.0f} min late" if late_by_s > 0 else ""
    if event.basis == Basis.ARRIVED:
        return f"ETA settled: {t.who(event.technician_id)} arrived {t.clock(event.eta)}{late}"
    return f"{t.who(event.technician_id)} expected at {t.clock(event.eta)}{late}"


_TEXTS: Final[dict[type[e.Event], Callable[[_Teller, Any], str]]] = {
    e.OrderPlaced: _placed,
    e.OrderChanged: _changed,
    e.RecordRetired: lambda _t, _event: "Retired",
    e.OrderAssigned: _assigned,
    e.OrderUnassigned: lambda t, event: (
        f"Taken from {t.who(event.technician_id)}{_because(event.reason)}"
    ),
    e.CrewChanged: lambda t, event: (
        f"{', '.join(map(t.who, event.crew)) or 'Nobody'} with {t.who(event.technician_id)}"
        f"{_because(event.reason)}"
    ),
    e.CrewSequenced: lambda t, event: (
        f"Now number {event.sequence} of the jobs of {t.who(event.technician_id)}"
    ),
    e.ResourceBooked: lambda t, event: (
        f"{event.name} booked {t.clock(event.start)} to {t.clock(event.end)}"
    ),
    e.ResourceReleased: lambda _t, event: f"{event.name} is no longer booked",
    e.OrderPinned: lambda _t, event: "Pinned" if event.pinned else "No longer pinned",
    e.OrderHeld: lambda _t, event: (
        f"On hold: {event.reason.replace('_', ' ')}{_because(event.note)}"
    ),
    e.OrderReleased: lambda _t, event: f"Released{_because(event.note)}",
    e.OrderFlagged: lambda _t, event: f"Needs a dispatcher: {event.fact}",
    e.FlagCleared: lambda _t, _event: "No longer waits for a dispatcher",
    e.OrderAtRisk: _at_risk,
    e.OrderBumped: _bumped,
    e.MessageQueued: _queued,
    e.RiskCleared: lambda _t, _event: "Expected in time again",
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
        f"{_because(event.notes)}"
    ),
    e.OrderCancelled: lambda _t, event: f"Cancelled{_because(event.reason)}",
    e.OrderDeparted: lambda t, event: (
        f"{t.who(event.technician_id)} left the site{t.when(event.occurred_at)}"
    ),
    e.VisitRevised: _revised,
    e.SetOutRevised: _set_out_revised,
    e.EtaPublished: _eta,
    e.OrderDelayed: lambda t, event: (
        f"{t.who(event.technician_id)} comes {event.by_s / 60:.0f} min later than told: "
        f"{t.clock(event.eta)} instead of {t.clock(event.eta_before)}"
    ),
}
