"""The whole record of one work order as a package that verifies without us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geo_dispatch.adapters.packages import pack, unpack
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.audit import package as p
from geo_dispatch.dispatch.audit.chain import Sealed
from geo_dispatch.dispatch.audit.package import Package
from geo_dispatch.dispatch.work.events import as_json, stream_of
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import InvalidFile, InvalidInput
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history import proof, timeline
from geo_dispatch.services.history.audit import sealed_view
from geo_dispatch.services.orders.work_orders import get
from geo_dispatch.services.views import (
    customer_view,
    equipment_view,
    message_view,
    order_view,
    site_view,
    visit_view,
)


def export(ctx: Desk, order_id: str) -> Package:
    """Everything that is on the order's record now.

    Raises
    ------
    NotFound
        There is no such order.
    """
    order = get(ctx, order_id)
    story = timeline.of_order(ctx, order.id)
    told = {one.seq: one.text for one in story if one.type != timeline.INVOICE_DRAFT}
    with ctx.store.read() as unit:
        order = unit.orders.get(order.id)
        sealed = unit.seals.stream(stream_of(order.id))
        seq, chain = unit.seals.head()
        entries = [_entry(one, told.get(one.event.seq, one.event.type)) for one in sealed]
        files = _files(unit, order, entries)
        kept = unit.files.contents(order.id)
    about = {"exported_at": ctx.clock(), "log_head": {"seq": seq, "chain": chain}}
    named = {one["sha256"]: one["file"] for one in files[p.FILES]}
    contents = {named[key]: content for key, content in kept.items() if key in named}
    return Package(order.number, as_json(about), files, contents)


def hand_out(ctx: Desk, order_id: str, *, actor: Actor) -> Package:
    """`export`, and in the log that the actor has the fixes in it.

    Raises
    ------
    NotFound
        There is no such order.
    """
    package = export(ctx, order_id)
    with ctx.store.write() as unit:
        found = proof.of_order(unit, unit.orders.get(order_id))
        proof.looked_at(ctx, unit, found, actor=actor, what="export")
        unit.commit()
    return package


def to_zip(package: Package) -> bytes:
    """The package as a ZIP file."""
    return pack(package.members())


def verify(path: Path) -> Package:
    """Open an export, without any database, when all of it is as it was sealed.

    Raises
    ------
    InvalidFile
        It is no export, or something in it was changed; every fault found.
    """
    try:
        return p.opened(unpack(path))
    except InvalidInput as error:
        if isinstance(error, InvalidFile):
            raise
        raise InvalidFile(f"{path}: {error.message}", error.faults) from error


def _files(unit: Unit, order: WorkOrder, entries: list[dict[str, Any]]) -> dict[str, Any]:
    found = proof.of_order(unit, order)
    customer = order.customer_id and unit.customers.find(order.customer_id)
    equipment = order.equipment_id and unit.equipment.find(order.equipment_id)
    follow_ups = unit.orders.search(parent_id=order.id, retired=True)
    assignments = unit.assignments.of_order(order.id)
    people = unit.technicians.many(
        {one.technician_id for one in assignments}
        | {visit.technician_id for visit in unit.visits.of_order(order.id)}
    )
    return {
        p.ORDER: order_view(order),
        p.TIMELINE: entries,
        p.RANKINGS: p.rankings_of(entries),
        "assignments.json": [as_json(one) for one in assignments],
        "technicians.json": {key: one.call_sign for key, one in sorted(people.items())},
        "site.json": site_view(unit.sites.get(order.site_id)),
        "customer.json": customer_view(customer) if customer else None,
        "equipment.json": equipment_view(equipment) if equipment else None,
        "follow_ups.json": [order_view(one) for one in follow_ups],
        "visits.json": [visit_view(visit) for visit in unit.visits.of_order(order.id)],
        "times.json": [as_json(time) for time in found.times],
        "fixes.json": [as_json(fix) for fix in found.fixes],
        "notes.json": _notes(entries),
        "parts.json": {"required": as_json(order.required_parts), "used": _used(entries)},
        p.FILES: p.files_of(entries),
        "messages.json": [message_view(one) for one in unit.messages.search(order_id=order.id)],
        "sla.json": {
            "clocks": as_json(order.sla),
            "moves": [one["body"] for one in entries if one["type"] == "order.sla"],
        },
        "decisions.json": _decisions(unit, order),
    }


def _entry(sealed: Sealed, text: str) -> dict[str, Any]:
    return sealed_view(sealed) | {"text": text}


def _decisions(unit: Unit, order: WorkOrder) -> list[dict[str, Any]]:
    """Who decided what, with the hash of the ranking that a replay must give."""
    briefs = unit.decisions.of_order(order.id)
    digests = {one.id: one.digest for one in unit.decisions.many([one.id for one in briefs])}
    return [as_json(brief) | {"digest": digests[brief.id]} for brief in briefs]


def _used(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What came out of the van, and when."""
    return [
        {"at": one["at"], "actor": one["actor"], "technician_id": one["body"]["technician_id"]}
        | part
        for one in entries
        for part in one["body"].get("parts_used", ())
    ]


def _notes(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What people wrote on it, and when."""
    return [
        {"at": one["at"], "actor": one["actor"], "on": one["type"], "text": text}
        for one in entries
        for text in (one["body"].get("notes"), one["body"].get("reason"), one["body"].get("note"))
        if text
    ]
