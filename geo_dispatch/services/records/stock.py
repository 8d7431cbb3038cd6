"""What is in the vans: less after each completion that tells what was used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.technicians import Part, TechnicianFields
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records import keeping as records


def take(ctx: Desk, unit: Unit, order: WorkOrder, parts: Sequence[Part], *, actor: Actor) -> None:
    """Take the parts out of the van of who tells it, or else of who has the order.

    A van that had fewer on record has none then: what was used was there.
    """
    goes = actor.technician_id in order.technician_ids
    holder = actor.technician_id if goes else order.technician_id
    if not parts or holder is None:
        return
    technician = unit.technicians.get(holder)
    used = {part.sku: part.quantity for part in parts}
    left = (
        replace(part, quantity=part.quantity - used.get(part.sku, 0)) for part in technician.parts
    )
    fields: TechnicianFields = {"parts": tuple(part for part in left if part.quantity > 0)}
    records.revise(ctx, unit, records.TECHNICIANS, technician, fields, actor=actor)
