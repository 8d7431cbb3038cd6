"""Records of every kind: entered, read, changed and retired, each with its event.

The kinds here are technicians, customers and sites; `registers` has the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from geo_dispatch.adapters.sql.records import Records, Versioned
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.policy.job_types import unlisted_skill
from geo_dispatch.dispatch.records.sites import (
    Customer,
    CustomerFields,
    Site,
    SiteFields,
    customer_faults,
    site_faults,
)
from geo_dispatch.dispatch.records.technicians import (
    Technician,
    TechnicianFields,
    technician_faults,
)
from geo_dispatch.dispatch.work.events import Event, RecordChanged, RecordCreated, RecordRetired
from geo_dispatch.dispatch.work.orders import OPEN, WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput
from geo_dispatch.kernel.geo import checked_lonlat
from geo_dispatch.kernel.ids import CustomerId, SiteId, TechnicianId
from geo_dispatch.services import tokens
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records.shards import home_shard
from geo_dispatch.services.records.siting import territory_at
from geo_dispatch.services.views import View, customer_view, site_view, technician_view


class Record(Versioned, Protocol):
    """What is entered, changed and retired; a frozen dataclass."""

    @property
    def retired(self) -> bool:
        """Whether it is out of use."""


R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Mapping[str, object])
"""The fields that people set, a TypedDict."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[R, F]):
    """What differs between the kinds of records.

    Attributes
    ----------
    build
        A new record with this id from the fields that people set.
    derive
        The record with what follows from its fields: a site's cell and territory.
    faults
        Everything wrong with it, alone and against the other records.
    needed_by
        What still needs it, each with how; it cannot retire before.
    """

    name: str
    prefix: str
    records: Callable[[Unit], Records[R]]
    view: Callable[[R], View]
    build: Callable[[str, F], R]
    derive: Callable[[Desk, Unit, R], R]
    faults: Callable[[Unit, R], list[Fault]]
    needed_by: Callable[[Unit, str], list[Fault]]


def create(ctx: Desk, kind: Kind[R, F], fields: F, *, actor: Actor) -> R:
    """Enter a new record.

    Raises
    ------
    InvalidInput
        Every fault found.
    Conflict
        Its external id is taken.
    """
    with ctx.store.write() as unit:
        record = enter(ctx, unit, kind, fields, actor=actor)
        unit.commit()
    return record


def change(
    ctx: Desk,
    kind: Kind[R, F],
    key: str,
    fields: F,
    *,
    actor: Actor,
    expected_version: int | None,
) -> R:
    """Change some fields of a record; without a difference nothing happens.

    Raises
    ------
    NotFound, VersionConflict, InvalidInput
        No such record; changed meanwhile; every fault found.
    Conflict
        It is retired, or its external id is taken.
    """
    with ctx.store.write() as unit:
        record = kind.records(unit).expect(key, expected_version)
        record = revise(ctx, unit, kind, record, fields, actor=actor)
        unit.commit()
    return record


def retire(
    ctx: Desk, kind: Kind[R, F], key: str, *, actor: Actor, expected_version: int | None
) -> R:
    """Put a record out of use; its history stays.

    Raises
    ------
    NotFound, VersionConflict
        No such record; changed meanwhile.
    Conflict
        Open work orders still need it, or crews, or bookings.
    """
    with ctx.store.write() as unit:
        record = kind.records(unit).expect(key, expected_version)
        if record.retired:
            return record
        _refuse_while_in_use(unit, kind, record)
        _log(ctx, unit, kind, key, RecordRetired(kind=kind.name), actor=actor)
        retired = kind.records(unit).save(replace(record, retired=True))
        if isinstance(retired, Technician):
            tokens.revoke_all_of(unit, retired.id)
        unit.commit()
    return retired


def get(ctx: Desk, kind: Kind[R, F], key: str) -> R:
    """The record.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    with ctx.store.read() as unit:
        return kind.records(unit).get(key)


def page(
    ctx: Desk,
    kind: Kind[R, F],
    *,
    retired: bool = False,
    after: str | None = None,
    limit: int | None = None,
) -> list[R]:
    """Records in their usual order, behind the one whose id is ``after``."""
    with ctx.store.read() as unit:
        return kind.records(unit).list(retired=retired, after=after, limit=limit)


def enter(ctx: Desk, unit: Unit, kind: Kind[R, F], fields: F, *, actor: Actor) -> R:
    """`create` within a unit."""
    record, created = drafted(ctx, unit, kind, fields)
    _log(ctx, unit, kind, record.id, created, actor=actor)
    return kind.records(unit).add(record)


def drafted(ctx: Desk, unit: Unit, kind: Kind[R, F], fields: F) -> tuple[R, Event]:
    """A new record, and what goes into the log with it; nothing is written.

    Raises
    ------
    InvalidInput
        Every fault found.
    """
    record = kind.build(ctx.new_id(kind.prefix), fields)
    record = _checked(ctx, unit, kind, record, f"this {kind.name} cannot be entered")
    return record, RecordCreated(kind=kind.name, record=kind.view(record))


def revise(ctx: Desk, unit: Unit, kind: Kind[R, F], record: R, fields: F, *, actor: Actor) -> R:
    """`change` within a unit."""
    changed, event = redrafted(ctx, unit, kind, record, fields)
    if event is None:
        return record
    _log(ctx, unit, kind, record.id, event, actor=actor)
    return kind.records(unit).save(changed)


def redrafted(
    ctx: Desk, unit: Unit, kind: Kind[R, F], record: R, fields: F
) -> tuple[R, Event | None]:
    """The changed record, and what goes into the log with it, if anything; nothing is written.

    Raises
    ------
    InvalidInput, Conflict
        Every fault found; it is retired.
    """
    if record.retired:
        raise Conflict(f"{kind.name} {record.id!r} is retired and cannot be changed; enter it anew")
    changed = replace(record, **fields)
    changed = _checked(ctx, unit, kind, changed, f"{kind.name} {record.id!r} cannot be changed so")
    before, after = kind.view(record), kind.view(changed)
    changes = {name: value for name, value in after.items() if value != before[name]}
    return changed, RecordChanged(kind=kind.name, changes=changes) if changes else None


def _checked(ctx: Desk, unit: Unit, kind: Kind[R, F], record: R, refusal: str) -> R:
    faults = kind.faults(unit, record)
    if faults:
        raise InvalidInput(refusal, faults)
    return kind.derive(ctx, unit, record)


def _log(
    ctx: Desk, unit: Unit, kind: Kind[Any, Any], key: str, event: Event, *, actor: Actor
) -> None:
    """Append first, then write rows: appending waits its turn, and must not wait holding rows."""
    unit.append(f"{kind.name}:{key}", [event], actor=actor, at=ctx.clock())


def _refuse_while_in_use(unit: Unit, kind: Kind[Any, Any], record: R) -> None:
    needs = kind.needed_by(unit, record.id)
    if needs:
        names = ", ".join(dict.fromkeys(need.where for need in needs))
        raise Conflict(
            f"{kind.name} {record.id!r} is still needed by {names}; end or move them first", needs
        )


def _build_technician(key: str, fields: TechnicianFields) -> Technician:
    require(fields, "technician", "call_sign")
    return Technician(id=TechnicianId(key), **fields)


def _build_customer(key: str, fields: CustomerFields) -> Customer:
    require(fields, "customer", "name")
    return Customer(id=CustomerId(key), **fields)


def _build_site(key: str, fields: SiteFields) -> Site:
    require(fields, "site", "name", "location")
    return Site(id=SiteId(key), cell=0, **fields)


def require(fields: Mapping[str, object], kind: str, *names: str) -> None:
    """Refuse a new record without these fields, all of them named."""
    missing = [Fault(name, "is missing") for name in names if name not in fields]
    if missing:
        raise InvalidInput(f"this {kind} cannot be entered", missing)


def _derive_technician(ctx: Desk, unit: Unit, technician: Technician) -> Technician:
    if unit.technicians.find(technician.id) is not None:
        return technician
    return replace(technician, shard=home_shard(technician.id, ctx.settings.shards))


def _derive_customer(_ctx: Desk, _unit: Unit, customer: Customer) -> Customer:
    return customer


def _derive_site(ctx: Desk, unit: Unit, site: Site) -> Site:
    cell = lonlat_to_cell(checked_lonlat(*site.location))
    known = unit.sites.find(site.id)
    if known is not None and known.location == site.location:
        return site
    return replace(
        site, cell=cell, territory_id=territory_at(unit, ctx.settings.area, site.location)
    )


def _technician_faults(unit: Unit, technician: Technician) -> list[Fault]:
    faults = technician_faults(technician)
    known = {territory.id for territory in unit.territories.in_force()}
    if technician.territory_id is not None and technician.territory_id not in known:
        there_are = ", ".join(sorted(known)) or "none, until `geo-dispatch territories publish`"
        faults.append(
            Fault(
                "territory_id", f"no territory {technician.territory_id!r}; there are {there_are}"
            )
        )
    return faults + _skill_faults(unit, technician)


def _skill_faults(unit: Unit, technician: Technician) -> list[Fault]:
    """Skills that they get and the policy doesn't list: no order could ever ask for them."""
    before = unit.technicians.find(technician.id)
    had = {skill.name for skill in before.skills} if before is not None else set()
    new = [n for n, skill in enumerate(technician.skills) if skill.name not in had]
    listed = unit.policies.in_force().policy.orders.skills if new else ()
    return [
        fault
        for n in new
        for fault in unlisted_skill(technician.skills[n].name, listed, f"skills[{n}].name")
    ]


def _customer_faults(unit: Unit, customer: Customer) -> list[Fault]:
    return [
        *customer_faults(customer),
        *technician_in_service(unit, "preferred_technician_id", customer.preferred_technician_id),
    ]


def technician_in_service(unit: Unit, where: str, technician_id: str | None) -> list[Fault]:
    """A fault when somebody is named who isn't there, or no longer."""
    if technician_id is None:
        return []
    technician = unit.technicians.find(technician_id)
    if technician is None:
        return [Fault(where, f"no technician {technician_id!r}; enter them first")]
    if technician.retired:
        return [Fault(where, f"{technician.call_sign} ({technician_id}) is retired; name another")]
    return []


def open_orders(orders: list[WorkOrder]) -> list[Fault]:
    """Orders as what still needs a record."""
    return [Fault(order.number, f"is {order.status}") for order in orders]


def _technician_needs(unit: Unit, key: str) -> list[Fault]:
    crews = [
        Fault(f"crew {crew.name}", "is led by them" if crew.lead_id == key else "counts on them")
        for crew in unit.crews.of_technician(key)
    ]
    return [*open_orders(unit.orders.search(statuses=OPEN, technician_id=key)), *crews]


def _site_faults(unit: Unit, site: Site) -> list[Fault]:
    faults = site_faults(site)
    if site.customer_id is not None and unit.customers.find(site.customer_id) is None:
        faults.append(Fault("customer_id", f"no customer {site.customer_id!r}; enter it first"))
    return faults


TECHNICIANS: Kind[Technician, TechnicianFields] = Kind(
    "technician",
    "tc",
    lambda unit: unit.technicians,
    technician_view,
    _build_technician,
    _derive_technician,
    _technician_faults,
    _technician_needs,
)
CUSTOMERS: Kind[Customer, CustomerFields] = Kind(
    "customer",
    "cu",
    lambda unit: unit.customers,
    customer_view,
    _build_customer,
    _derive_customer,
    _customer_faults,
    lambda unit, key: open_orders(unit.orders.search(statuses=OPEN, customer_id=key)),
)
SITES: Kind[Site, SiteFields] = Kind(
    "site",
    "st",
    lambda unit: unit.sites,
    site_view,
    _build_site,
    _derive_site,
    _site_faults,
    lambda unit, key: open_orders(unit.orders.search(statuses=OPEN, site_id=key)),
)
