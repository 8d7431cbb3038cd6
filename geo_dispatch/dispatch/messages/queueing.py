"""Who is told what when something happens to an order: one table, worked out without a database.

Three kinds of recipients hear: the order's technicians, its customer, and clients, the programs
that listen by webhook. `rows` holds the table; `merging` makes one message of all that one
transaction has to say to one person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.policy.document import MessageParams
from geo_dispatch.dispatch.records.sites import Customer, Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.ids import MessageId, OrderId

To = Literal["technician", "customer", "client"]

CLIENTS: Final = "clients"
"""The recipient of messages to clients: whoever listens."""

TEST: Final = "webhook.test"
"""Type of the message that a person sends to try an endpoint."""

MAX_TEXT: Final = 500
"""Longest piece of what people typed that a message repeats: bodies stay far below 20 kB."""


ALSO: Final = "also"
"""Where the data of a message has what it tells of further orders."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a message tells of one order."""

    type: str
    order_id: OrderId | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be queued.

    Attributes
    ----------
    type
        As the table has it; stable, clients rely on it.
    recipient_id
        The technician's or customer's id; `CLIENTS` for clients.
    order_id
        The order that it is about; the first one, where it tells of several.
    text
        The message for a person.
    data
        The same for a program, as JSON. ``eta`` in a message to a customer is when somebody is
        expected; what they are told next is measured against it.
    """

    type: str
    to: To
    recipient_id: str
    order_id: OrderId | None
    text: str
    data: dict[str, Any]
    at: datetime

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it tells of each of its orders, the first one first."""
        also = (Part(one["type"], one["order"]["id"], one) for one in self.data.get(ALSO, ()))
        return (Part(self.type, self.order_id, self.data), *also)


@dataclass(frozen=True, slots=True)
class Message(Draft):
    """A message that was queued; its receivers know it again by its id."""

    id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(e.Event):
    """A decision says when work is to begin; not logged, the decision's own events are."""

    type = "order.planned"
    order_id: OrderId
    eta: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of an order, and the order around it; ``before`` is None for a new one."""

    before: WorkOrder | None
    after: WorkOrder
    event: e.Event
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What messages name: people, places, and what customers heard last.

    Attributes
    ----------
    numbers
        Numbers of orders that events name besides their own.
    told
        The arrival that each order's customer was told last.
    on_the_way
        Since when somebody was on the way, as each order's customer was told last.
    """

    zone: ZoneInfo
    params: MessageParams = field(default_factory=MessageParams)
    sites: Mapping[str, Site] = field(default_factory=dict)
    technicians: Mapping[str, Technician] = field(default_factory=dict)
    customers: Mapping[str, Customer] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[OrderId, datetime] = field(default_factory=dict)
    on_the_way: Mapping[OrderId, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what an event makes us say to one kind of recipient.

    Attributes
    ----------
    when
        In words, for the documentation.
    whom
        Ids of the recipients; none when there is nobody to tell, or nothing worth telling.
    picks
        Fields of the event that ``data`` carries.
    """

    type: str
    to: To
    when: str
    whom: Callable[[Happening, Facts], Iterable[str]]
    text: Callable[[Happening, Facts], str]
    picks: tuple[str, ...] = ()


Table = Mapping[type[e.Event], tuple[Row, ...]]


def messages_for(happening: Happening, facts: Facts, table: Table) -> list[Draft]:
    """What the event makes us say, and to whom; empty for most of the bookkeeping."""
    return [
        Draft(
            type=row.type,
            to=row.to,
            recipient_id=recipient_id,
            order_id=happening.after.id,
            text=row.text(happening, facts),
            data=_data(row, recipient_id, happening, facts),
            at=happening.at,
        )
        for row in table.get(type(happening.event), ())
        for recipient_id in row.whom(happening, facts)
    ]


def order_facts(order: WorkOrder, facts: Facts) -> dict[str, Any]:
    """The order as every message shows it."""
    site = facts.sites.get(order.site_id)
    customer = facts.customers.get(order.customer_id or "")
    technician = facts.technicians.get(order.technician_id or "")
    return {
        "id": order.id,
        "number": order.number,
        "external_id": order.external_id,
        "type": order.type,
        "status": order.status.value,
        "priority": order.priority,
        "site": site and {"id": site.id, "name": site.name, "address": clipped(site.address)},
        "customer": customer and {"id": customer.id, "name": customer.name},
        "technician": technician and {"id": technician.id, "call_sign": technician.call_sign},
        "window": e.as_json(order.window),
        "due_at": e.as_json(order.due_at),
    }


def clipped(text: str) -> str:
    """The text, or its beginning."""
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _data(row: Row, recipient_id: str, happening: Happening, facts: Facts) -> dict[str, Any]:
    data: dict[str, Any] = {"order": order_facts(happening.after, facts)}
    if row.to != "client":
        data["recipient"] = _contact(recipient_id, facts)
    for name in row.picks:
        value = e.as_json(getattr(happening.event, name))
        data[name] = clipped(value) if isinstance(value, str) else value
    if isinstance(happening.event, e.OrderChanged):
        data["changed"] = sorted(happening.event.changes)
    return data


def _contact(recipient_id: str, facts: Facts) -> dict[str, Any]:
    technician = facts.technicians.get(recipient_id)
    if technician is not None:
        return {"id": recipient_id, "name": technician.call_sign, "phone": technician.phone}
    customer = facts.customers.get(recipient_id)
    if customer is None:
        return {"id": recipient_id}
    return {
        "id": recipient_id,
        "name": customer.name,
        "phone": customer.phone,
        "email": customer.email,
    }
