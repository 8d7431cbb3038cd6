"""The whole story of a work order, in order: each event with a sentence that a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.events import LoggedEvent, as_json, stream_of
from geo_dispatch.dispatch.work.invoicing import draft
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import CLI, Actor
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history.disclosure import for_clients, is_outside, may_invoice
from geo_dispatch.services.history.invoicing import in_words
from geo_dispatch.services.history.story import Names, Teller, tell


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


def of_order(ctx: Desk, order_id: str, *, reader: Actor = CLI) -> list[Entry]:
    """Everything that happened to the order, in the order in which it was written down.

    Parameters
    ----------
    reader
        Clients are told what they may know: not how the office decides. The draft of the invoice
        is the office's alone.

    Raises
    ------
    NotFound
        There is no such order.
    """
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        logged = unit.stream(stream_of(order.id))
        if is_outside(reader):
            logged = [told for event in logged if (told := for_clients(event)) is not None]
        names = _names(unit, order, logged)
    zone = ZoneInfo(ctx.settings.time_zone)
    story = [_entry(event, Teller(names, zone, event.at.astimezone(zone))) for event in logged]
    return _with_draft(story, logged) if may_invoice(reader) else story


INVOICE_DRAFT: Final = "invoice.draft"
"""The one entry that is no event: worked out from those before it, with the `seq` of the last."""


def _with_draft(story: Sequence[Entry], logged: Sequence[LoggedEvent]) -> list[Entry]:
    """The draft of the invoice as it stood on completion, behind what was written down with it."""
    done_at = next((entry.at for entry in story if entry.type == "order.completed"), None)
    if done_at is None:
        return list(story)
    until = sum(entry.at <= done_at for entry in story)
    made = draft([event.event for event in logged[:until]])
    entry = replace(
        story[until - 1],
        type=INVOICE_DRAFT,
        occurred_at=None,
        text=in_words(made),
        data=as_json(made),
    )
    return [*story[:until], entry, *story[until:]]


def _entry(logged: LoggedEvent, teller: Teller) -> Entry:
    event = logged.event
    occurred_at = getattr(event, "occurred_at", None)
    return Entry(
        seq=logged.seq,
        type=logged.type,
        at=logged.at,
        occurred_at=None if occurred_at == logged.at else occurred_at,
        actor=logged.actor,
        text=tell(teller, event) or logged.type,
        data=logged.body,
    )


def _names(unit: Unit, order: WorkOrder, logged: Sequence[LoggedEvent]) -> Names:
    technicians, sites, customers, orders = (
        {str(key) for event in logged for key in _mentioned(event.body, fields)}
        for fields in (_TECHNICIANS, ("site_id",), ("recipient_id",), ("by_order_id",))
    )
    return Names(
        number=order.number,
        technicians={key: one.call_sign for key, one in unit.technicians.many(technicians).items()},
        sites={key: one.name for key, one in unit.sites.many(sites).items()},
        customers={key: one.name for key, one in unit.customers.many(customers).items()},
        orders={key: one.number for key, one in unit.orders.many(orders).items()},
    )


_TECHNICIANS: Final = (
    "technician_id",
    "technician_before",
    "technician_after",
    "crew",
    "recipient_id",
)


def _mentioned(body: Mapping[str, Any], fields: Iterable[str]) -> Iterator[str]:
    for name in fields:
        value = body.get(name)
        yield from value if isinstance(value, list) else [value] if value else ()
