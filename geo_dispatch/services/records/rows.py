"""Rows of CSV files: each entered when its external id is new, changed where it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from geo_dispatch.adapters.sql.records import Records
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.equipment import EquipmentFields
from geo_dispatch.dispatch.records.resources import CrewFields, ResourceFields
from geo_dispatch.dispatch.records.sites import CustomerFields, SiteFields
from geo_dispatch.dispatch.records.technicians import TechnicianFields, Vehicle
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import CustomerId
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records import registers
from geo_dispatch.services.records.batch import Batch
from geo_dispatch.services.records.naming import (
    PREFERRED,
    SITE,
    Named,
    Reference,
    Values,
    have_at_hand,
    picked,
    refer,
)

Effect = Literal["created", "updated", "unchanged"]


class What(StrEnum):
    """What a file holds."""

    TECHNICIANS = "technicians"
    CUSTOMERS = "customers"
    SITES = "sites"
    EQUIPMENT = "equipment"
    RESOURCES = "resources"
    CREWS = "crews"
    WORK_ORDERS = "work-orders"


@dataclass
class Rows:
    """The rows of one file, looked at in one unit; a later one may write the batch."""

    unit: Unit
    batch: Batch
    effects: dict[Effect, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0}
    )
    customers_created: int = 0

    def prepare(self, what: What, rows: Iterable[Values]) -> None:
        """Read all that these rows name at once, rather than row by row."""
        have_at_hand(self.unit, _NAMED[what], rows)

    def take(self, what: What, values: Values) -> None:
        """Enter or change what the row tells.

        Raises
        ------
        InvalidInput
            Every fault of it, by field or column.
        Conflict
            It is known, and retired.
        """
        self.effects[_TAKERS[what](self, values)] += 1

    def customer_of(self, external_id: str, name: str | None) -> CustomerId:
        """The customer that a site's row names, entered or renamed if need be."""
        customer = self.unit.customers.by_external_id(external_id)
        if customer is None:
            if name is None:
                message = f"is blank, and customer {external_id!r} is new"
                raise InvalidInput(message, [Fault("customer_name", message)])
            self.customers_created += 1
            new: CustomerFields = {"name": name, "external_id": external_id}
            customer = self.batch.enter(records.CUSTOMERS, new)
        elif name is not None:
            renamed: CustomerFields = {"name": name}
            self.batch.revise(records.CUSTOMERS, customer, renamed)
        return customer.id

    def keep(self, kind: records.Kind[Any, Any], known: Any, fields: Any) -> Effect:
        """Enter it if it is not known, else change what differs."""
        if known is None:
            self.batch.enter(kind, fields)
            return "created"
        changed = self.batch.revise(kind, known, fields)
        return "unchanged" if changed == known else "updated"


_LEAD: Final = Reference(
    "lead_external_id",
    "lead_id",
    lambda unit: unit.technicians,
    "technician",
    "import the technicians first",
)
_MEMBERS: Final = Reference(
    "member_external_ids",
    "member_ids",
    lambda unit: unit.technicians,
    "technician",
    "import the technicians first",
)


def _technician(rows: Rows, values: Values) -> Effect:
    fields: TechnicianFields = picked(
        values,
        "external_id",
        "call_sign",
        "skills",
        "certificates",
        "equipment_types",
        "shifts",
        "leave",
        "on_call",
        "parts",
        "territory_id",
        "phone",
    )
    if "home_lon" in values:
        fields["home"] = LonLat(values["home_lon"], values["home_lat"])
    known = rows.unit.technicians.by_external_id(values["external_id"])
    if {"vehicle", "registration", "vehicle_equipment"} & values.keys():
        old = (known.vehicle if known else None) or Vehicle("")
        fields["vehicle"] = Vehicle(
            values.get("vehicle", old.name),
            values.get("registration", old.registration),
            values.get("vehicle_equipment", old.equipment),
        )
    return rows.keep(records.TECHNICIANS, known, fields)


def _customer(rows: Rows, values: Values) -> Effect:
    fields: CustomerFields = picked(
        values, "external_id", "name", "tier", "phone", "email", "notes"
    )
    refer(rows.unit, fields, values, PREFERRED)
    known = rows.unit.customers.by_external_id(values["external_id"])
    return rows.keep(records.CUSTOMERS, known, fields)


def _site(rows: Rows, values: Values) -> Effect:
    fields: SiteFields = picked(
        values,
        "external_id",
        "name",
        "address",
        "fence_radius_m",
        "access_notes",
        "access_windows",
        "safety_notes",
    )
    fields["location"] = LonLat(values["lon"], values["lat"])
    if "customer_external_id" in values:
        fields["customer_id"] = rows.customer_of(
            values["customer_external_id"], values.get("customer_name")
        )
    known = rows.unit.sites.by_external_id(values["external_id"])
    return rows.keep(records.SITES, known, fields)


def _equipment(rows: Rows, values: Values) -> Effect:
    fields: EquipmentFields = picked(values, "external_id", "type", "name", "serial", "notes")
    refer(rows.unit, fields, values, SITE)
    known = rows.unit.equipment.by_external_id(values["external_id"])
    return rows.keep(registers.EQUIPMENT, known, fields)


def _resource(rows: Rows, values: Values) -> Effect:
    fields: ResourceFields = picked(values, "external_id", "name", "kind", "provides")
    known = rows.unit.resources.by_external_id(values["external_id"])
    return rows.keep(registers.RESOURCES, known, fields)


def _crew(rows: Rows, values: Values) -> Effect:
    fields: CrewFields = picked(values, "external_id", "name")
    refer(rows.unit, fields, values, _LEAD, _MEMBERS)
    known = rows.unit.crews.by_external_id(values["external_id"])
    return rows.keep(registers.CREWS, known, fields)


_TAKERS: Final[dict[What, Callable[[Rows, Values], Effect]]] = {
    What.TECHNICIANS: _technician,
    What.CUSTOMERS: _customer,
    What.SITES: _site,
    What.EQUIPMENT: _equipment,
    What.RESOURCES: _resource,
    What.CREWS: _crew,
}

_OWN: Final[dict[What, Callable[[Unit], Records[Any]]]] = {
    What.TECHNICIANS: lambda unit: unit.technicians,
    What.CUSTOMERS: lambda unit: unit.customers,
    What.SITES: lambda unit: unit.sites,
    What.EQUIPMENT: lambda unit: unit.equipment,
    What.RESOURCES: lambda unit: unit.resources,
    What.CREWS: lambda unit: unit.crews,
}
_REFERENCES: Final[dict[What, tuple[Reference, ...]]] = {
    What.CUSTOMERS: (PREFERRED,),
    What.EQUIPMENT: (SITE,),
    What.CREWS: (_LEAD, _MEMBERS),
}
_NAMED: Final[dict[What, Named]] = {
    what: {"external_id": own} | {one.column: one.records for one in _REFERENCES.get(what, ())}
    for what, own in _OWN.items()
}
_NAMED[What.SITES] = {**_NAMED[What.SITES], "customer_external_id": lambda unit: unit.customers}
