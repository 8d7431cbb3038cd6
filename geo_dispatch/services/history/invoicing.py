"""The draft of an order's invoice, with names: `dispatch.work.invoicing` makes it of the record."""

from __future__ import annotations

from geo_dispatch.dispatch.days.availability import so_long
from geo_dispatch.dispatch.work.events import as_json, stream_of
from geo_dispatch.dispatch.work.invoicing import InvoiceDraft, TimeLine, draft
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.views import View


def of_order(ctx: Desk, order_id: str) -> View:
    """The draft as the record gives it now, each technician by name.

    Raises
    ------
    NotFound
        There is no such order.
    """
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        made = draft([logged.event for logged in unit.stream(stream_of(order.id))])
        names = {key: one.call_sign for key, one in unit.technicians.many(_mentioned(made)).items()}
    view: View = as_json(made)
    for name in ("labour", "travel"):
        view[name] = [_line_view(line, names) for line in getattr(made, name)]
    for one, missing in zip(view["missing"], made.missing, strict=True):
        one["fact"] = missing.code.fact
        one["call_sign"] = names.get(missing.technician_id or "")
    return view


def in_words(made: InvoiceDraft) -> str:
    """The draft in one sentence: ``"Invoice draft: 75 min of labour, 15 min of travel"``."""
    parts = [f"{part.quantity} {part.sku}" for part in made.parts]
    counted = [
        f"{so_long(made.labour_min.total * 60)} of labour",
        f"{so_long(made.travel_min.total * 60)} of travel",
        *parts,
    ]
    facts = list(dict.fromkeys(missing.code.fact for missing in made.missing))
    still_open = f"; to settle: {', '.join(facts)}" if facts else ""
    return f"Invoice draft: {', '.join(counted)}{still_open}"


def _mentioned(made: InvoiceDraft) -> set[TechnicianId]:
    found = {line.span.technician_id for line in (*made.labour, *made.travel)}
    return found | {one.technician_id for one in made.missing if one.technician_id is not None}


def _line_view(line: TimeLine, names: dict[str, str]) -> View:
    span: View = as_json(line.span)
    call_sign = names.get(line.span.technician_id, line.span.technician_id)
    return span | {"call_sign": call_sign, "basis": line.basis, "minutes": line.minutes}
