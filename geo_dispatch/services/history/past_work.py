"""What was done at a site, for a customer, on a piece of equipment: latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.orders import Outcome, Status, WorkOrder
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.ids import (
    CustomerId,
    EquipmentId,
    OrderId,
    SiteId,
    TechnicianId,
    VisitId,
)
from geo_dispatch.services.desk import Desk


@dataclass(frozen=True, slots=True)
class PastVisit:
    """One attendance."""

    id: VisitId
    technician_id: TechnicianId
    call_sign: str
    arrived_at: datetime
    departed_at: datetime | None
    source: str
    review: Review


@dataclass(frozen=True, slots=True)
class Past:
    """An order that ended.

    Attributes
    ----------
    notes
        What the technician wrote on completion, or why it was cancelled.
    asked
        What had been asked for.
    """

    order_id: OrderId
    number: str
    type: str
    status: Status
    outcome: Outcome
    site_id: SiteId
    customer_id: CustomerId | None
    equipment_id: EquipmentId | None
    placed_at: datetime
    ended_at: datetime | None
    technician_id: TechnicianId | None
    call_sign: str | None
    asked: str
    notes: str
    parent_id: OrderId | None
    visits: tuple[PastVisit, ...]


def of_site(
    ctx: Desk, site_id: str, *, before: str | None = None, limit: int | None = None
) -> list[Past]:
    """Ended orders of the site.

    Raises
    ------
    NotFound
        There is no such site.
    """
    with ctx.store.read() as unit:
        unit.sites.get(site_id)
        return past(unit, unit.history.ended(site_id=site_id, before=before, limit=limit))


def of_customer(
    ctx: Desk, customer_id: str, *, before: str | None = None, limit: int | None = None
) -> list[Past]:
    """Ended orders of the customer.

    Raises
    ------
    NotFound
        There is no such customer.
    """
    with ctx.store.read() as unit:
        unit.customers.get(customer_id)
        return past(unit, unit.history.ended(customer_id=customer_id, before=before, limit=limit))


def of_equipment(
    ctx: Desk, equipment_id: str, *, before: str | None = None, limit: int | None = None
) -> list[Past]:
    """Ended orders of the piece of equipment.

    Raises
    ------
    NotFound
        There is no such equipment.
    """
    with ctx.store.read() as unit:
        unit.equipment.get(equipment_id)
        found = unit.history.ended(equipment_id=equipment_id, before=before, limit=limit)
        return past(unit, found)


def past(unit: Unit, orders: Sequence[WorkOrder]) -> list[Past]:
    """The orders with what came of them, read at once."""
    keys = [order.id for order in orders]
    endings, visits = unit.history.endings(keys), unit.history.visits(keys)
    people = {order.technician_id for order in orders if order.technician_id is not None}
    people |= {visit.technician_id for made in visits.values() for visit in made}
    names = {key: one.call_sign for key, one in unit.technicians.many(people).items()}
    told = []
    for order in orders:
        ending = endings.get(order.id)
        said = {} if ending is None else ending.body
        told.append(
            Past(
                order_id=order.id,
                number=order.number,
                type=order.type,
                status=order.status,
                outcome=order.outcome,
                site_id=order.site_id,
                customer_id=order.customer_id,
                equipment_id=order.equipment_id,
                placed_at=order.placed_at,
                ended_at=order.ended_at,
                technician_id=order.technician_id,
                call_sign=names.get(order.technician_id or ""),
                asked=order.notes,
                notes=said.get("notes") or said.get("reason") or "",
                parent_id=order.parent_id,
                visits=tuple(
                    PastVisit(
                        id=visit.id,
                        technician_id=visit.technician_id,
                        call_sign=names.get(visit.technician_id, visit.technician_id),
                        arrived_at=visit.arrived_at,
                        departed_at=visit.departed_at,
                        source=visit.source,
                        review=visit.review,
                    )
                    for visit in visits.get(order.id, ())
                ),
            )
        )
    return told
