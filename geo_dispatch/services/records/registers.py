"""Equipment at sites, shared vehicles and tools, crews: the kinds of records besides `records`."""

from __future__ import annotations

from typing import TypeVar

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.equipment import Equipment, EquipmentFields, equipment_faults
from geo_dispatch.dispatch.records.resources import (
    Crew,
    CrewFields,
    Resource,
    ResourceFields,
    crew_faults,
    resource_faults,
)
from geo_dispatch.dispatch.work.orders import OPEN
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import CrewId, EquipmentId, ResourceId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records.keeping import Kind, open_orders, require, technician_in_service
from geo_dispatch.services.views import crew_view, equipment_view, resource_view

R = TypeVar("R")


def equipment_at(ctx: Desk, site_id: str) -> list[Equipment]:
    """The equipment in use at the site, by name.

    Raises
    ------
    NotFound
        There is no such site.
    """
    with ctx.store.read() as unit:
        return unit.equipment.of_site(unit.sites.get(site_id).id)


def _build_equipment(key: str, fields: EquipmentFields) -> Equipment:
    require(fields, "equipment", "site_id", "type", "name")
    return Equipment(id=EquipmentId(key), **fields)


def _build_resource(key: str, fields: ResourceFields) -> Resource:
    require(fields, "resource", "name", "provides")
    return Resource(id=ResourceId(key), **fields)


def _build_crew(key: str, fields: CrewFields) -> Crew:
    require(fields, "crew", "name", "lead_id", "member_ids")
    return Crew(id=CrewId(key), **fields)


def _as_it_is(_ctx: Desk, _unit: Unit, record: R) -> R:
    return record


def _equipment_faults(unit: Unit, equipment: Equipment) -> list[Fault]:
    faults = equipment_faults(equipment)
    site = unit.sites.find(equipment.site_id)
    if site is None or site.retired:
        state = "no" if site is None else "a retired"
        faults.append(Fault("site_id", f"{state} site {equipment.site_id!r}; enter it first"))
    known = unit.equipment.find(equipment.id)
    if known is not None and known.site_id != equipment.site_id:
        waiting = unit.orders.search(statuses=OPEN, equipment_id=equipment.id)
        faults.extend(
            Fault("site_id", f"{order.number} is to work on it where it was; end it first")
            for order in waiting
        )
    return faults


def _resource_faults(_unit: Unit, resource: Resource) -> list[Fault]:
    return resource_faults(resource)


def _crew_faults(unit: Unit, crew: Crew) -> list[Fault]:
    return [
        *crew_faults(crew),
        *technician_in_service(unit, "lead_id", crew.lead_id),
        *(
            fault
            for index, member in enumerate(crew.member_ids)
            for fault in technician_in_service(unit, f"member_ids[{index}]", member)
        ),
    ]


def _equipment_needs(unit: Unit, key: str) -> list[Fault]:
    return open_orders(unit.orders.search(statuses=OPEN, equipment_id=key))


def _resource_needs(unit: Unit, key: str) -> list[Fault]:
    booked = {one.order_id for one in unit.bookings.of_resource(key) if one.order_id is not None}
    orders = unit.orders.many(booked).values()
    return open_orders([order for order in orders if order.status in OPEN])


def _no_needs(_unit: Unit, _key: str) -> list[Fault]:
    return []


EQUIPMENT: Kind[Equipment, EquipmentFields] = Kind(
    "equipment",
    "eq",
    lambda unit: unit.equipment,
    equipment_view,
    _build_equipment,
    _as_it_is,
    _equipment_faults,
    _equipment_needs,
)
RESOURCES: Kind[Resource, ResourceFields] = Kind(
    "resource",
    "rs",
    lambda unit: unit.resources,
    resource_view,
    _build_resource,
    _as_it_is,
    _resource_faults,
    _resource_needs,
)
CREWS: Kind[Crew, CrewFields] = Kind(
    "crew",
    "cw",
    lambda unit: unit.crews,
    crew_view,
    _build_crew,
    _as_it_is,
    _crew_faults,
    _no_needs,
)
