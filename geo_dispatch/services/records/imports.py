"""Records from CSV files: all of a file, or nothing and every fault.

A row is known by its external id: entered when new, changed where it differs, else left alone, so
the same file can be imported again. Blank cells and missing columns leave a known record as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from geo_dispatch.adapters.csv_files import Row, read_rows
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidFile, InvalidInput
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records.columns import (
    CREW_COLUMNS,
    CUSTOMER_COLUMNS,
    EQUIPMENT_COLUMNS,
    ORDER_COLUMNS,
    RESOURCE_COLUMNS,
    SITE_COLUMNS,
    TECHNICIAN_COLUMNS,
    Column,
)
from geo_dispatch.services.records.rows import Rows, What

__all__ = ["COLUMNS", "Report", "What", "import_file"]


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
        work = Rows(ctx, unit, actor)
        work.prepare(what, [values for values in parsed if values is not None])
        for done, (row, values) in enumerate(zip(rows, parsed, strict=True), start=1):
            if values is not None:
                _take(work, what, row, values, faults)
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
            faults.extend(Fault(where, str(message)) for message in error.args)
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


def _take(work: Rows, what: What, row: Row, values: dict[str, Any], faults: list[Fault]) -> None:
    """Enter or change what the row tells, or add its faults.

    Rows with a faulty cell come here too, for what else is wrong with them: nothing of the file
    stays then.
    """
    try:
        work.take(what, values)
    except InvalidInput as error:
        faults.extend(
            Fault(_where(row, what, fault.where), fault.message) for fault in error.faults
        )
    except Conflict as error:
        faults.append(Fault(f"line {row.line}", error.message))


def _where(row: Row, what: What, path: str) -> str:
    """Where in the file the fault of a record's field lies."""
    head, _, tail = path.partition(".")
    head = head.partition("[")[0]
    names = [column.name for column in COLUMNS[what] if head in {column.name, column.field}]
    exact = [name for name in names if tail and name.endswith(tail)]
    return f"line {row.line}, column {(exact or names or [head])[0]}"


COLUMNS: Final[dict[What, tuple[Column, ...]]] = {
    What.TECHNICIANS: TECHNICIAN_COLUMNS,
    What.CUSTOMERS: CUSTOMER_COLUMNS,
    What.SITES: SITE_COLUMNS,
    What.EQUIPMENT: EQUIPMENT_COLUMNS,
    What.RESOURCES: RESOURCE_COLUMNS,
    What.CREWS: CREW_COLUMNS,
    What.WORK_ORDERS: ORDER_COLUMNS,
}
