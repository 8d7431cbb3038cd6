"""The table of messages: which event tells whom what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.messages import texts
from geo_dispatch.dispatch.messages.queueing import CLIENTS, Facts, Happening, Planned, Row, Table
from geo_dispatch.dispatch.messages.signals import SIGNAL_TYPES
from geo_dispatch.dispatch.work import events as e

Whom = Callable[[Happening, Facts], Iterable[str]]


def _clients(_h: Happening, _facts: Facts) -> Iterable[str]:
    return (CLIENTS,)


def _holders(h: Happening, _facts: Facts) -> Iterable[str]:
    return h.after.technician_ids


def _former_holders(h: Happening, _facts: Facts) -> Iterable[str]:
    return () if h.before is None else h.before.technician_ids


def _lead(h: Happening, _facts: Facts) -> Iterable[str]:
    return h.after.technician_ids[:1]


def _crew(h: Happening, _facts: Facts) -> Iterable[str]:
    return h.after.crew


def _joined(h: Happening, _facts: Facts) -> Iterable[str]:
    return sorted(set(h.after.crew) - set(h.before.crew if h.before else ()))


def _left(h: Happening, _facts: Facts) -> Iterable[str]:
    return sorted(set(h.before.crew if h.before else ()) - set(h.after.crew))


def _customer(h: Happening, _facts: Facts) -> Iterable[str]:
    return () if h.after.customer_id is None else (h.after.customer_id,)


def _customer_not_told(h: Happening, facts: Facts) -> Iterable[str]:
    """Fixes take settings out back and tell of them anew; the customer hears once of each visit."""
    told, assigned_at = facts.on_the_way.get(h.after.id), h.after.assigned_at
    if told is not None and assigned_at is not None and told >= assigned_at:
        return ()
    return _customer(h, facts)


def _told_of_change(h: Happening, facts: Facts) -> Iterable[str]:
    """Whoever has it, unless only its place in their day changed: phones show that anyway."""
    return _holders(h, facts) if set(_event(h).changes) != {"sequence"} else ()


def _clients_of_change(h: Happening, _facts: Facts) -> Iterable[str]:
    return (CLIENTS,) if set(_event(h).changes) != {"sequence"} else ()


def _pushed_aside(h: Happening, _facts: Facts) -> Iterable[str]:
    return (_event(h).technician_before,)


def _expecting(h: Happening, facts: Facts) -> Iterable[str]:
    """The customer, if the arrival is far from what they were told, or the first that they hear."""
    event = _event(h)
    if event.eta is None or getattr(event, "basis", None) == Basis.ARRIVED:
        return ()
    told = facts.told.get(h.after.id)
    if told is not None and abs((event.eta - told).total_seconds()) <= facts.params.eta_moved_s:
        return ()
    return _customer(h, facts)


def _event(h: Happening) -> Any:
    """The event, whose type the table's key says."""
    return h.event


def _for_clients(
    name: str, when: str, text: texts.Text, picks: tuple[str, ...] = (), whom: Whom = _clients
) -> Row:
    return Row(name, "client", when, whom, text, picks)


_FIELD: Final = ("technician_id", "occurred_at")
_ETA: Final = ("eta", "drive_s", "basis", "late_by_s", "position_at")
_BUMP: Final = (
    "technician_before",
    "technician_after",
    "by_order_id",
    "begin_before",
    "begin_after",
    "reason",
)

TABLE: Final[Table] = {
    e.OrderPlaced: (_for_clients("order.placed", "an order came in", texts.placed),),
    e.OrderChanged: (
        _for_clients(
            "order.changed",
            "what it asks for changed",
            texts.changed,
            whom=_clients_of_change,
        ),
        Row(
            "order.changed",
            "technician",
            "what they are to do changed",
            _told_of_change,
            texts.changed,
        ),
    ),
    e.OrderAssigned: (
        _for_clients(
            "order.assigned",
            "a technician has it",
            texts.says("is given to {who}"),
            ("technician_id", "crew", "sequence", "source", "reason", "occurred_at"),
        ),
        Row(
            "order.assigned",
            "technician",
            "they have it",
            _lead,
            texts.yours,
            ("sequence", "source"),
        ),
        Row(
            "order.assigned",
            "technician",
            "they go with the one who has it",
            _crew,
            texts.yours_too,
        ),
    ),
    e.CrewChanged: (
        _for_clients(
            "order.crew_changed",
            "others go with its technician",
            texts.says("has another crew with {who}"),
            ("technician_id", "crew", "occurred_at"),
        ),
        Row(
            "order.assigned",
            "technician",
            "they joined its crew",
            _joined,
            texts.yours_too,
        ),
        Row(
            "order.unassigned",
            "technician",
            "they left its crew",
            _left,
            texts.no_longer_yours,
            ("reason",),
        ),
    ),
    e.OrderUnassigned: (
        _for_clients(
            "order.unassigned",
            "it was taken from its technician",
            texts.says("is taken from {who}"),
            (*_FIELD, "reason"),
        ),
        Row(
            "order.unassigned",
            "technician",
            "they have it no longer",
            _former_holders,
            texts.no_longer_yours,
            ("reason",),
        ),
    ),
    e.OrderBumped: (
        _for_clients("order.bumped", "another order pushed it aside", texts.bumped, _BUMP),
        Row(
            "order.bumped",
            "technician",
            "one of theirs was pushed aside",
            _pushed_aside,
            texts.bumped,
            _BUMP,
        ),
        Row(
            "order.bumped",
            "customer",
            "their visit was pushed aside",
            _customer,
            texts.bumped_customer,
            ("begin_before", "begin_after"),
        ),
    ),
    e.OrderHeld: (
        _for_clients(
            "order.held",
            "it waits for something that no technician brings",
            texts.held,
            ("reason", "note", "occurred_at"),
        ),
    ),
    e.OrderReleased: (
        _for_clients(
            "order.released",
            "what it waited for has come",
            texts.says("is released"),
            ("occurred_at",),
        ),
    ),
    e.OrderFlagged: (
        _for_clients(
            "order.flagged",
            "a dispatcher has to judge",
            texts.flagged,
            ("code", "fact", "occurred_at"),
        ),
    ),
    e.OrderAtRisk: (
        _for_clients(
            "order.at_risk",
            "it is expected to miss a limit",
            texts.at_risk,
            ("limit", "late_by_s", *_FIELD),
        ),
    ),
    e.RiskCleared: (
        _for_clients(
            "order.risk_cleared",
            "it is expected in time again",
            texts.says("is in time again"),
            _FIELD,
        ),
    ),
    e.OrderDelayed: (
        _for_clients(
            "order.delayed",
            "its ETA moved back further than the policy lets pass",
            texts.delayed,
            ("technician_id", "eta_before", "eta", "by_s", "occurred_at"),
        ),
        Row(
            "order.delayed",
            "customer",
            "their visit is delayed, and they were not told so before",
            _expecting,
            texts.delayed_customer,
            ("eta_before", "eta", "by_s"),
        ),
    ),
    e.EtaPublished: (
        _for_clients("order.eta", "its ETA changed", texts.eta, ("technician_id", *_ETA)),
        Row(
            "order.eta",
            "customer",
            "their first ETA, or one that moved by more than `eta_moved_s`",
            _expecting,
            texts.expected,
            ("eta",),
        ),
    ),
    Planned: (
        Row(
            "order.eta",
            "customer",
            "an emergency or a repair moved their visit by more than `eta_moved_s`",
            _expecting,
            texts.expected,
            ("eta",),
        ),
    ),
    e.OrderEnRoute: (
        _for_clients(
            "order.en_route",
            "the technician set out",
            texts.says("has {who} on the way"),
            (*_FIELD, "source"),
        ),
        Row(
            "order.en_route",
            "customer",
            "the technician is on the way to them, for the first time since they have the order",
            _customer_not_told,
            texts.on_the_way,
            ("occurred_at",),
        ),
    ),
    e.TechnicianArriving: (
        _for_clients(
            "technician.arriving",
            "the technician is expected within `arriving_s`",
            texts.eta,
            ("technician_id", "eta", "drive_s", "occurred_at"),
        ),
        Row(
            "technician.arriving",
            "customer",
            "the technician is nearly there",
            _customer,
            texts.arriving,
            ("eta",),
        ),
    ),
    e.OrderArrived: (
        _for_clients(
            "order.arrived",
            "the technician is on site",
            texts.says("has {who} on site"),
            (*_FIELD, "visit_id", "source"),
        ),
    ),
    e.OrderStarted: (
        _for_clients("order.started", "work began", texts.says("has {who} on the tools"), _FIELD),
    ),
    e.OrderNeedsHelp: (
        _for_clients(
            "order.needs_help",
            "the technician is stuck",
            texts.says("has {who} in need of help"),
            (*_FIELD, "reason"),
        ),
    ),
    e.OrderResumed: (
        _for_clients(
            "order.resumed", "help came", texts.says("goes on with {who}"), (*_FIELD, "status")
        ),
    ),
    e.OrderDeparted: (
        _for_clients(
            "order.departed",
            "the technician left the site",
            texts.says("was left by {who}"),
            (*_FIELD, "visit_id"),
        ),
    ),
    e.OrderCompleted: (
        _for_clients(
            "order.completed",
            "the work is done",
            texts.says("is completed by {who}"),
            (*_FIELD, "notes", "outcome"),
        ),
        Row(
            "order.completed",
            "customer",
            "their work is done",
            _customer,
            texts.done,
            ("occurred_at", "outcome"),
        ),
    ),
    e.OrderCancelled: (
        _for_clients(
            "order.cancelled",
            "it will not be done",
            texts.says("is cancelled"),
            (*_FIELD, "reason"),
        ),
        Row(
            "order.cancelled",
            "technician",
            "one of theirs will not be done",
            _former_holders,
            texts.no_longer_yours,
            ("reason",),
        ),
        Row(
            "order.cancelled",
            "customer",
            "their visit will not happen",
            _customer,
            texts.cancelled,
            ("occurred_at",),
        ),
    ),
}
"""Event to what it makes us say, client first."""

TYPES: Final = SIGNAL_TYPES | {row.type for rows in TABLE.values() for row in rows}
"""Every type of message that events make us send."""
