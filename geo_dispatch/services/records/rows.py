"""Rows of CSV files: each entered when its external id is new, changed where it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from geo_dispatch.adapters.sql.records import Records
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.equipment import EquipmentFields
from geo_dispatch.dispatch.records.resources import CrewFields, ResourceFields
from geo_dispatch.dispatch.records.sites import CustomerFields, SiteFields
from geo_dispatch.dispatch.records.technicians import TechnicianFields, Vehicle
from geo_dispatch.dispatch.work.orders import OrderFields, WorkOrder, order_faults
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import CustomerId, OrderId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records import registers

Effect = Literal["created", "updated", "unchanged"]
Values = Mapping[str, Any]
"""A row's values by column."""


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
    """The rows of one file on their way into one unit."""

    ctx: Desk
    unit: Unit
    actor: Actor
    effects: dict[Effect, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0}
    )
    customers_created: int = 0

    def prepare(self, what: What, rows: Iterable[Values]) -> None:
        """Read all that these rows name at once, rather than row by row."""
        named: dict[str, set[str]] = {}
        for values in rows:
            for column in _NAMED[what].keys() & values.keys():
                given = values[column]
                named.setdefault(column, set()).update(
                    given if isinstance(given, tuple) else [given]
                )
        for column, names in named.items():
            _NAMED[what][column](self.unit).keep_at_hand(names)

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
            customer = records.enter(self.ctx, self.unit, records.CUSTOMERS, new, actor=self.actor)
        elif name is not None:
            renamed: CustomerFields = {"name": name}
            records.revise(
                self.ctx, self.unit, records.CUSTOMERS, customer, renamed, actor=self.actor
            )
        return customer.id

    def refer(self, fields: Any, values: Values, *references: Reference) -> None:
        """Put the ids of the records that the row names into the fields, or raise all faults."""
        faults: list[Fault] = []
        for reference in references:
            given = values.get(reference.column)
            if given is None:
                continue
            names = given if isinstance(given, tuple) else (given,)
            known = {name: reference.records(self.unit).by_external_id(name) for name in names}
            faults.extend(
                Fault(reference.column, f"no {reference.kind} {name!r}; {reference.remedy}")
                for name, record in known.items()
                if record is None
            )
            ids = tuple(record.id for record in known.values() if record is not None)
            if len(ids) == len(known):
                fields[reference.field] = ids if isinstance(given, tuple) else ids[0]
        if faults:
            raise InvalidInput("this row names what is not there", faults)

    def keep(self, kind: records.Kind[Any, Any], known: Any, fields: Any) -> Effect:
        """Enter it if it is not known, else change what differs."""
        if known is None:
            records.enter(self.ctx, self.unit, kind, fields, actor=self.actor)
            return "created"
        changed = records.revise(self.ctx, self.unit, kind, known, fields, actor=self.actor)
        return "unchanged" if changed == known else "updated"


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names other records by their external ids."""

    column: str
    field: str
    records: Callable[[Unit], Records[Any]]
    kind: str
    remedy: str


def _picked(values: Values, *names: str) -> Any:
    return {name: values[name] for name in names if name in values}


_NOWHERE: Final[Any] = ""
_SITE: Final = Reference(
    "site_external_id", "site_id", lambda unit: unit.sites, "site", "import the sites first"
)
_EQUIPMENT: Final = Reference(
    "equipment_external_id",
    "equipment_id",
    lambda unit: unit.equipment,
    "equipment",
    "import the equipment first",
)
_PREFERRED: Final = Reference(
    "preferred_technician_external_id",
    "preferred_technician_id",
    lambda unit: unit.technicians,
    "technician",
    "import the technicians first",
)
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
_AFTER: Final = Reference(
    "after_external_ids",
    "after",
    lambda unit: unit.orders,
    "work order",
    "put it into a line above",
)
_PARENT: Final = Reference(
    "parent_external_id",
    "parent_id",
    lambda unit: unit.orders,
    "work order",
    "put it into a line above",
)


def _technician(rows: Rows, values: Values) -> Effect:
    fields: TechnicianFields = _picked(
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
    fields: CustomerFields = _picked(
        values, "external_id", "name", "tier", "phone", "email", "notes"
    )
    rows.refer(fields, values, _PREFERRED)
    known = rows.unit.customers.by_external_id(values["external_id"])
    return rows.keep(records.CUSTOMERS, known, fields)


def _site(rows: Rows, values: Values) -> Effect:
    fields: SiteFields = _picked(
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
    fields: EquipmentFields = _picked(values, "external_id", "type", "name", "serial", "notes")
    rows.refer(fields, values, _SITE)
    known = rows.unit.equipment.by_external_id(values["external_id"])
    return rows.keep(registers.EQUIPMENT, known, fields)


def _resource(rows: Rows, values: Values) -> Effect:
    fields: ResourceFields = _picked(values, "external_id", "name", "kind", "provides")
    known = rows.unit.resources.by_external_id(values["external_id"])
    return rows.keep(registers.RESOURCES, known, fields)


def _crew(rows: Rows, values: Values) -> Effect:
    fields: CrewFields = _picked(values, "external_id", "name")
    rows.refer(fields, values, _LEAD, _MEMBERS)
    known = rows.unit.crews.by_external_id(values["external_id"])
    return rows.keep(registers.CREWS, known, fields)


def _work_order(rows: Rows, values: Values) -> Effect:
    fields: OrderFields = _picked(
        values,
        "external_id",
        "type",
        "work_class",
        "required_skills",
        "required_certificates",
        "required_equipment",
        "required_parts",
        "crew_size",
        "priority",
        "contract_critical",
        "start_at",
        "due_at",
        "permits",
        "checklist",
        "notes",
    )
    faults = []
    minutes = values.get("duration_min")
    if minutes is not None and minutes <= 0:
        faults.append(Fault("duration_min", f"{minutes:g} is not above 0 minutes"))
    elif minutes is not None:
        fields["duration_s"] = minutes * 60.0
    if "window_start" in values:
        try:
            fields["window"] = Window(values["window_start"], values["window_end"])
        except ValueError as error:
            faults.append(Fault("window_end", str(error)))
    try:
        rows.refer(fields, values, _SITE, _EQUIPMENT, _AFTER, _PREFERRED, _PARENT)
    except InvalidInput as error:
        faults.extend(error.faults)
    if faults:
        asked: OrderFields = {"site_id": _NOWHERE, **fields}
        order = WorkOrder(id=OrderId(""), number="", placed_at=rows.ctx.clock(), **asked)
        raise InvalidInput("this work order cannot be", [*faults, *order_faults(order)])
    known = rows.unit.orders.by_external_id(values["external_id"])
    if known is None:
        work_orders.place_in(rows.ctx, rows.unit, fields, actor=rows.actor)
        return "created"
    changed = work_orders.change_in(rows.ctx, rows.unit, known, fields, actor=rows.actor)
    return "unchanged" if changed == known else "updated"


_TAKERS: Final[dict[What, Callable[[Rows, Values], Effect]]] = {
    What.TECHNICIANS: _technician,
    What.CUSTOMERS: _customer,
    What.SITES: _site,
    What.EQUIPMENT: _equipment,
    What.RESOURCES: _resource,
    What.CREWS: _crew,
    What.WORK_ORDERS: _work_order,
}

_OWN: Final[dict[What, Callable[[Unit], Records[Any]]]] = {
    What.TECHNICIANS: lambda unit: unit.technicians,
    What.CUSTOMERS: lambda unit: unit.customers,
    What.SITES: lambda unit: unit.sites,
    What.EQUIPMENT: lambda unit: unit.equipment,
    What.RESOURCES: lambda unit: unit.resources,
    What.CREWS: lambda unit: unit.crews,
    What.WORK_ORDERS: lambda unit: unit.orders,
}
_REFERENCES: Final[dict[What, tuple[Reference, ...]]] = {
    What.CUSTOMERS: (_PREFERRED,),
    What.EQUIPMENT: (_SITE,),
    What.CREWS: (_LEAD, _MEMBERS),
    What.WORK_ORDERS: (_SITE, _EQUIPMENT, _AFTER, _PREFERRED, _PARENT),
}
_NAMED: Final = {
    what: {"external_id": own} | {one.column: one.records for one in _REFERENCES.get(what, ())}
    for what, own in _OWN.items()
}
_NAMED[What.SITES]["customer_external_id"] = lambda unit: unit.customers
"""Columns of external ids, and where what they name is kept."""
