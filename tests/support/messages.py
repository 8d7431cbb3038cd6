"""One example of everything that is said, with facts that never change, as docs/messages.md has."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from geo_dispatch.dispatch.messages.queueing import (
    Draft,
    Facts,
    Happening,
    Message,
    Planned,
    Row,
    messages_for,
)
from geo_dispatch.dispatch.messages.rows import TABLE
from geo_dispatch.dispatch.messages.signals import SIGNALS, Signal, SignalRow, draft_of
from geo_dispatch.dispatch.records.sites import Customer, Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.services.messages.outbox import body_of

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SOON = AT + timedelta(minutes=42)
LATER = AT + timedelta(hours=2)

ORDER = WorkOrder(
    id="wo_k3v9",
    number="WO-1042",
    type="boiler repair",
    site_id="st_7m2q",
    placed_at=AT,
    customer_id="cu_5x1d",
    priority=2,
    status=Status.ASSIGNED,
    technician_id="tc_a7",
    sequence=2,
    external_id="ERP-778",
)
FACTS = Facts(
    zone=ZoneInfo("Europe/Vaduz"),
    sites={
        "st_7m2q": Site("st_7m2q", "Bakery Vaduz", LonLat(9.52, 47.14), 0, address="Städtle 14")
    },
    technicians={
        "tc_a7": Technician("tc_a7", "Van 07", phone="+423 555 07 07"),
        "tc_b9": Technician("tc_b9", "Van 09"),
        "tc_c4": Technician("tc_c4", "Van 04"),
        "tc_d2": Technician("tc_d2", "Van 02"),
    },
    customers={"cu_5x1d": Customer("cu_5x1d", "Bakery Ltd", email="office@bakery.example")},
    numbers={"wo_e001": "WO-1050"},
)

_ON = {"order_id": ORDER.id, "technician_id": "tc_a7"}
_HAPPENED = {**_ON, "occurred_at": AT}

EVENTS: dict[type[e.Event], e.Event] = {
    type(event): event
    for event in (
        e.OrderPlaced(order_id=ORDER.id, site_id="st_7m2q", order={}),
        e.OrderChanged(order_id=ORDER.id, changes={"priority": 2, "notes": "ring twice"}),
        e.OrderAssigned(**_HAPPENED, assignment_id="as_1", sequence=2, source="rule:boilers"),
        e.CrewChanged(**_HAPPENED, crew=("tc_c4",), assignment_id="as_2"),
        e.OrderUnassigned(**_HAPPENED, reason="Van 07 is stuck"),
        e.OrderBumped(
            order_id=ORDER.id,
            technician_before="tc_a7",
            technician_after="tc_b9",
            by_order_id="wo_e001",
            begin_before=SOON,
            begin_after=LATER,
            occurred_at=AT,
            reason="makes room for WO-1050",
        ),
        e.OrderHeld(order_id=ORDER.id, reason="material", note="gasket ordered", occurred_at=AT),
        e.OrderReleased(order_id=ORDER.id, occurred_at=AT),
        e.OrderFlagged(
            order_id=ORDER.id,
            code="too_close",
            fact="Van 07 leads Van 09 by 0.4 min",
            occurred_at=AT,
        ),
        e.OrderAtRisk(**_HAPPENED, limit="window", late_by_s=720.0),
        e.RiskCleared(**_HAPPENED),
        e.OrderDelayed(**_HAPPENED, eta_before=SOON, eta=LATER, by_s=4680.0),
        e.EtaPublished(**_ON, eta=SOON, drive_s=912.0, position_at=AT, basis="position"),
        Planned(order_id=ORDER.id, eta=SOON),
        e.OrderEnRoute(**_HAPPENED, source="gps"),
        e.TechnicianArriving(**_HAPPENED, assignment_id="as_1", eta=SOON, drive_s=540.0),
        e.OrderArrived(**_HAPPENED, visit_id="vi_1", source="gps"),
        e.OrderStarted(**_HAPPENED),
        e.OrderNeedsHelp(**_HAPPENED, reason="no key"),
        e.OrderResumed(**_HAPPENED, status="on_the_tools"),
        e.OrderDeparted(**_HAPPENED, visit_id="vi_1"),
        e.OrderCompleted(**_HAPPENED, notes="new gasket", outcome="fixed"),
        e.OrderCancelled(**_HAPPENED, reason="called off"),
    )
}


_TECHNICIAN = {"technician_id": "tc_a7", "occurred_at": LATER}

SIGNS: dict[type[e.Event], e.Event] = {
    type(event): event
    for event in (
        e.TechnicianSos(
            **_TECHNICIAN,
            order_id=ORDER.id,
            app="traccar",
            lon=9.5209,
            lat=47.141,
            position_at=SOON,
        ),
        e.SosAnswered(**_TECHNICIAN, called_at=SOON, note="on the phone with them"),
        e.TechnicianSilent(
            **_TECHNICIAN, order_id=ORDER.id, since=SOON, reasons=("no_permission",)
        ),
        e.TechnicianHeard(**_TECHNICIAN, order_id=ORDER.id, silent_since=SOON),
    )
}

_WAITS = replace(ORDER, status=Status.NEW, technician_id=None, sequence=0)
_CREWED = replace(ORDER, crew=("tc_c4",))

AROUND: dict[type[e.Event], tuple[WorkOrder | None, WorkOrder]] = {
    e.OrderPlaced: (None, _WAITS),
    e.OrderAssigned: (_WAITS, _CREWED),
    e.CrewChanged: (replace(ORDER, crew=("tc_d2",)), _CREWED),
    e.OrderUnassigned: (ORDER, _WAITS),
}
"""The order before and after, where that matters."""


def examples() -> Iterator[tuple[Row, Draft]]:
    """Each row of the table with what it says."""
    for kind, rows in TABLE.items():
        happening = Happening(*AROUND.get(kind, (ORDER, ORDER)), EVENTS[kind], AT)
        drafts = messages_for(happening, FACTS, TABLE)
        yield from zip(rows, drafts, strict=True)


def signals() -> Iterator[tuple[SignalRow, Draft]]:
    """Each row about technicians with what it says."""
    technician = FACTS.technicians["tc_a7"]
    for kind, row in SIGNALS.items():
        yield row, draft_of(Signal(technician, ORDER, SIGNS[kind], LATER), FACTS)


def page() -> str:
    """The generated part of docs/messages.md."""
    rows: dict[tuple[str, str], str] = {}
    for row, _ in examples():
        key = (row.type, row.to)
        rows[key] = f"{rows[key]}; {row.when}" if key in rows else row.when
    for one, draft in signals():
        rows[draft.type, draft.to] = one.when
    lines = ["| type | to | when |", "|---|---|---|"]
    lines += [f"| `{kind}` | {to} | {when} |" for (kind, to), when in rows.items()]
    lines += ["", "## A body of each type", ""]
    shown: set[tuple[str, str]] = set()
    for row, draft in examples():
        if (row.type, row.to) not in shown:
            shown.add((row.type, row.to))
            lines += [f"`{row.type}` to {_whom(row.to)}:", "", "```json", _body(draft), "```", ""]
    for _, draft in signals():
        lines += [f"`{draft.type}` to clients:", "", "```json", _body(draft), "```", ""]
    return "\n".join(lines)


def _whom(to: str) -> str:
    return "clients" if to == "client" else f"the {to}"


def _body(draft: Draft) -> str:
    """As it is posted, but for `order`, which is the same each time and shown once."""
    if (draft.type, draft.to) != ("order.placed", "client"):
        draft = replace(draft, data=draft.data | {"order": {}})
    message = Message(**{name: getattr(draft, name) for name in Draft.__slots__}, id="msg_1")
    body = msgspec.json.format(body_of(message), indent=2).decode()
    return body.replace('"order": {}', '"order": {…}')
