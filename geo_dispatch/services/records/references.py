"""What a work order says of other records: that they are there, and fit together."""

from __future__ import annotations

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.services.records.keeping import technician_in_service


def reference_faults(unit: Unit, order: WorkOrder, before: WorkOrder | None) -> list[Fault]:
    """Everything wrong with the records that the order names.

    Parameters
    ----------
    before
        The order before a change: what it named already is not held against the change, except
        the site, without which nothing can be done. None for a new order.
    """
    faults = _place_faults(unit, order, before)
    if _changed(order, before, "customer_id") and (
        order.customer_id is not None and unit.customers.find(order.customer_id) is None
    ):
        faults.append(Fault("customer_id", f"no customer {order.customer_id!r}; enter it first"))
    if _changed(order, before, "parent_id"):
        faults.extend(_parent_faults(unit, order))
    if _changed(order, before, "preferred_technician_id"):
        faults.extend(
            technician_in_service(unit, "preferred_technician_id", order.preferred_technician_id)
        )
    if _changed(order, before, "after"):
        faults.extend(_after_faults(unit, order))
    return faults


def _changed(order: WorkOrder, before: WorkOrder | None, name: str) -> bool:
    return before is None or getattr(order, name) != getattr(before, name)


def _place_faults(unit: Unit, order: WorkOrder, before: WorkOrder | None) -> list[Fault]:
    site = unit.sites.find(order.site_id)
    if site is None or site.retired:
        state = "no" if site is None else "a retired"
        return [Fault("site_id", f"{state} site {order.site_id!r}; enter it first")]
    moved = _changed(order, before, "site_id") or _changed(order, before, "equipment_id")
    if order.equipment_id is None or not moved:
        return []
    equipment = unit.equipment.find(order.equipment_id)
    if equipment is None or equipment.retired:
        state = "no" if equipment is None else "retired"
        return [Fault("equipment_id", f"{state} equipment {order.equipment_id!r}; enter it first")]
    if equipment.site_id == order.site_id:
        return []
    other = unit.sites.get(equipment.site_id).name
    there = [f"{one.name} ({one.id})" for one in unit.equipment.of_site(order.site_id)]
    remedy = f"there is {', '.join(there[:5])}" if there else f"{site.name} has none entered"
    return [
        Fault("equipment_id", f"{equipment.name} stands at {other}, not at {site.name}; {remedy}")
    ]


def _parent_faults(unit: Unit, order: WorkOrder) -> list[Fault]:
    if order.parent_id is None:
        return []
    if order.parent_id == order.id:
        return [Fault("parent_id", "names the order itself")]
    if unit.orders.find(order.parent_id) is None:
        return [Fault("parent_id", f"no work order {order.parent_id!r}")]
    return []


def _after_faults(unit: Unit, order: WorkOrder) -> list[Fault]:
    prior = unit.orders.many(order.after)
    faults = []
    for index, key in enumerate(order.after):
        where = f"after[{index}]"
        known = prior.get(key)
        if known is None:
            faults.append(Fault(where, f"no work order {key!r}"))
        elif known.status is Status.CANCELLED:
            faults.append(
                Fault(where, f"{known.number} is cancelled and will never be done; leave it out")
            )
        elif order.after.index(key) != index:
            faults.append(Fault(where, f"{known.number} is there twice; keep one"))
    cycle = _cycle(unit, order)
    if cycle:
        faults.append(
            Fault("after", f"goes round in a circle: {' after '.join(cycle)}; cut it somewhere")
        )
    return faults


def _cycle(unit: Unit, order: WorkOrder) -> list[str]:
    """Numbers along the shortest way from the order back to itself; empty when there is none."""
    ways: dict[OrderId, list[str]] = {order.id: [order.number]}
    edge = [order]
    while edge:
        prior = unit.orders.many(key for one in edge for key in one.after)
        reached = []
        for one in edge:
            for key in one.after:
                if key == order.id and one is not order:
                    return [*ways[one.id], order.number]
                if key in prior and key not in ways:
                    ways[key] = [*ways[one.id], prior[key].number]
                    reached.append(prior[key])
        edge = reached
    return []
