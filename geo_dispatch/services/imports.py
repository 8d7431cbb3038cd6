"""Technicians, sites and work orders from CSV files: all of a file, or nothing and every fault.

A row is known by its external id: entered when new, changed where it differs, else left alone, so
the same file can be imported again. Blank cells and missing columns leave a known record as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from geo_dispatch.adapters.csv_files import Row, read_rows
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.orders import OrderFields, WorkOrder, order_faults
from geo_dispatch.dispatch.sites import CustomerFields, SiteFields
from geo_dispatch.dispatch.technicians import TechnicianFields, Vehicle
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidFile, InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import CustomerId, OrderId, SiteId
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.kernel.time import Window
from geo_dispatch.services import orders, records
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.import_columns import (
    ORDER_COLUMNS,
    SITE_COLUMNS,
    TECHNICIAN_COLUMNS,
    Column,
)

Effect = Literal["created", "updated", "unchanged"]


class What(StrEnum):
    """What a file holds."""

    TECHNICIANS = "technicians"
    SITES = "sites"
    WORK_ORDERS = "work-orders"


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows did what. In a dry run: would have done."""

    created: int
    updated: int
    unchanged: int
    customers_created: int
    dry_run: bool


def import_file(
    ctx: Desk,
    what: What,
    path: Path,
    *,
    actor: Actor,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Report:
    """Import the file, wholly or not at all.

    Raises
    ------
    InvalidFile
        Something is wrong with it; every fault found, each with its line and column.
    """
    columns = COLUMNS[what]
    rows = read_rows(
        path,
        required=[column.name for column in columns if column.required],
        known=[column.name for column in columns],
    )
    faults: list[Fault] = []
    parsed = [_parse(row, columns, faults) for row in rows]
    _find_doubles(rows, faults)
    with ctx.store.write() as unit:
        work = _Import(ctx, unit, actor)
        for done, (row, values) in enumerate(zip(rows, parsed, strict=True), start=1):
            if values is not None:
                work.take(what, row, values, faults)
            progress(f"import {what}", done, len(rows))
        if faults:
            raise InvalidFile(
                f"{path}: {len(faults)} fault{'s' * (len(faults) > 1)}; nothing was imported",
                sorted(faults, key=lambda fault: int(fault.where.split()[1].rstrip(","))),
            )
        if not dry_run:
            unit.commit()
    return Report(**work.effects, customers_created=work.customers_created, dry_run=dry_run)


def _parse(row: Row, columns: tuple[Column, ...], faults: list[Fault]) -> dict[str, Any] | None:
    """The row's good values by column; None when a required one is not among them."""
    values = {}
    for column in columns:
        text = row.cells.get(column.name)
        where = f"line {row.line}, column {column.name}"
        if text is None:
            if column.required:
                faults.append(Fault(where, f"is blank; write {column.help}"))
            continue
        try:
            values[column.name] = column.parse(text)
        except ValueError as error:
            faults.append(Fault(where, str(error)))
    _find_halves(row, columns, values, faults)
    return values if all(c.name in values for c in columns if c.required) else None


def _find_halves(
    row: Row, columns: tuple[Column, ...], values: dict[str, Any], faults: list[Fault]
) -> None:
    """Columns that make one field go together: take half a field out, and say so if it is blank."""
    pairs: dict[str, list[Column]] = {}
    for column in columns:
        pairs.setdefault(column.field or column.name, []).append(column)
    for pair in pairs.values():
        if all(column.name in values for column in pair):
            continue
        blank = [column for column in pair if column.name not in row.cells]
        if len(blank) < len(pair):
            together = " and ".join(column.name for column in pair)
            faults.extend(
                Fault(f"line {row.line}, column {column.name}", f"is blank; {together} go together")
                for column in blank
                if not column.required
            )
        for column in pair:
            values.pop(column.name, None)


def _find_doubles(rows: list[Row], faults: list[Fault]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        external_id = row.cells.get("external_id")
        if external_id is None:
            continue
        if external_id in first:
            faults.append(
                Fault(
                    f"line {row.line}, column external_id",
                    f"{external_id!r} is already in line {first[external_id]}",
                )
            )
        first.setdefault(external_id, row.line)


@dataclass
class _Import:
    """One file on its way into one unit."""

    ctx: Desk
    unit: Unit
    actor: Actor
    effects: dict[Effect, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0}
    )
    customers_created: int = 0

    def take(self, what: What, row: Row, values: Mapping[str, Any], faults: list[Fault]) -> None:
        """Enter or change what the row tells, or add its faults.

        Rows with a faulty cell come here too, for what else is wrong with them: nothing of the
        file stays then.
        """
        try:
            effect = _TAKERS[what](self, values)
        except InvalidInput as error:
            faults.extend(
                Fault(_where(row, what, fault.where), fault.message) for fault in error.faults
            )
        except Conflict as error:
            faults.append(Fault(f"line {row.line}", error.message))
        else:
            self.effects[effect] += 1

    def technician(self, values: Mapping[str, Any]) -> Effect:
        fields: TechnicianFields = _picked(
            values, "external_id", "call_sign", "skills", "shifts", "territory_id", "phone"
        )
        if "home_lon" in values:
            fields["home"] = LonLat(values["home_lon"], values["home_lat"])
        known = self.unit.technicians.by_external_id(values["external_id"])
        if "vehicle" in values or "registration" in values:
            old = (known.vehicle if known else None) or Vehicle("")
            fields["vehicle"] = Vehicle(
                values.get("vehicle", old.name),
                values.get("registration", old.registration),
                old.equipment,
            )
        return self._keep(records.TECHNICIANS, known, fields)

    def site(self, values: Mapping[str, Any]) -> Effect:
        fields: SiteFields = _picked(
            values, "external_id", "name", "address", "fence_radius_m", "access_notes"
        )
        fields["location"] = LonLat(values["lon"], values["lat"])
        if "customer_external_id" in values:
            fields["customer_id"] = self._customer(
                values["customer_external_id"], values.get("customer_name")
            )
        known = self.unit.sites.by_external_id(values["external_id"])
        return self._keep(records.SITES, known, fields)

    def work_order(self, values: Mapping[str, Any]) -> Effect:
        fields: OrderFields = _picked(
            values, "external_id", "type", "required_skills", "priority", "due_at", "notes"
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
        name = values["site_external_id"]
        site = self.unit.sites.by_external_id(name)
        if site is None:
            faults.append(Fault("site_external_id", f"no site {name!r}; import the sites first"))
        fields["site_id"] = SiteId(name) if site is None else site.id
        if faults:
            asked = WorkOrder(id=OrderId(""), number="", placed_at=self.ctx.clock(), **fields)
            raise InvalidInput("this work order cannot be", [*faults, *order_faults(asked)])
        known = self.unit.orders.by_external_id(values["external_id"])
        if known is None:
            orders.place_in(self.ctx, self.unit, fields, actor=self.actor)
            return "created"
        changed = orders.change_in(self.ctx, self.unit, known, fields, actor=self.actor)
        return "unchanged" if changed == known else "updated"

    def _customer(self, external_id: str, name: str | None) -> CustomerId:
        customer = self.unit.customers.by_external_id(external_id)
        if customer is None:
            if name is None:
                raise _faulty("customer_name", f"is blank, and customer {external_id!r} is new")
            self.customers_created += 1
            new: CustomerFields = {"name": name, "external_id": external_id}
            customer = records.enter(self.ctx, self.unit, records.CUSTOMERS, new, actor=self.actor)
        elif name is not None:
            renamed: CustomerFields = {"name": name}
            records.revise(
                self.ctx, self.unit, records.CUSTOMERS, customer, renamed, actor=self.actor
            )
        return customer.id

    def _keep(self, kind: records.Kind[Any, Any], known: Any, fields: Any) -> Effect:
        if known is None:
            records.enter(self.ctx, self.unit, kind, fields, actor=self.actor)
            return "created"
        changed = records.revise(self.ctx, self.unit, kind, known, fields, actor=self.actor)
        return "unchanged" if changed == known else "updated"


def _picked(values: Mapping[str, Any], *names: str) -> Any:
    return {name: values[name] for name in names if name in values}


def _faulty(column: str, message: str) -> InvalidInput:
    return InvalidInput(message, [Fault(column, message)])


def _where(row: Row, what: What, path: str) -> str:
    """Where in the file the fault of a record's field lies."""
    head, _, tail = path.partition(".")
    head = head.partition("[")[0]
    names = [column.name for column in COLUMNS[what] if head in {column.name, column.field}]
    exact = [name for name in names if tail and name.endswith(tail)]
    return f"line {row.line}, column {(exact or names or [head])[0]}"


COLUMNS: Final[dict[What, tuple[Column, ...]]] = {
    What.TECHNICIANS: TECHNICIAN_COLUMNS,
    What.SITES: SITE_COLUMNS,
    What.WORK_ORDERS: ORDER_COLUMNS,
}
_TAKERS: Final[dict[What, Callable[[_Import, Mapping[str, Any]], Effect]]] = {
    What.TECHNICIANS: _Import.technician,
    What.SITES: _Import.site,
    What.WORK_ORDERS: _Import.work_order,
}
