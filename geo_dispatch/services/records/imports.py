"""Records from CSV files: all of a file, or nothing and every fault.

A row is known by its external id: entered when new, changed where it differs, else left alone, so
the same file can be imported again. Blank cells and missing columns leave a known record as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geo_dispatch.adapters.csv_files import Row, read_text
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records.batch import Batch
from geo_dispatch.services.records.order_rows import Change, OrderRows
from geo_dispatch.services.records.rows import Rows, What
from geo_dispatch.services.records.sheet import COLUMNS, Sheet

__all__ = ["COLUMNS", "Report", "What", "import_file", "import_text"]


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
    return import_text(
        ctx, what, read_text(path), str(path), actor=actor, dry_run=dry_run, progress=progress
    )


def import_text(
    ctx: Desk,
    what: What,
    text: str,
    name: str,
    *,
    actor: Actor,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Report:
    """`import_file`, of what was read already; ``name`` is what refusals call it."""
    sheet = Sheet(what, text, name)
    if what is What.WORK_ORDERS:
        return _import_orders(ctx, sheet, actor, progress, dry_run=dry_run)
    with ctx.store.read() as unit:
        work = _looked_at(Rows(unit, Batch(ctx, unit, actor)), what, sheet, progress)
    if not dry_run:
        with ctx.store.write() as unit:
            if not work.batch.stands(unit):
                work = _looked_at(Rows(unit, Batch(ctx, unit, actor)), what, sheet, progress)
            work.batch.write(unit)
            unit.commit()
    return Report(**work.effects, customers_created=work.customers_created, dry_run=dry_run)


def _looked_at(work: Rows, what: What, sheet: Sheet, progress: Progress) -> Rows:
    """Check everything but work orders; nothing is written."""
    faults: list[Fault] = []
    work.prepare(what, sheet.values)
    for done, (row, values) in enumerate(sheet.rows, start=1):
        with sheet.telling(row, faults):
            work.take(what, values)
        progress(f"import {what}", done, len(sheet.rows))
    sheet.refuse(faults)
    return work


def _import_orders(
    ctx: Desk, sheet: Sheet, actor: Actor, progress: Progress, *, dry_run: bool
) -> Report:
    """Check everything while others write; then write, once nobody else does."""
    with ctx.store.read() as unit:
        checked = _checked(ctx, unit, sheet, actor, progress)
    updated = len(checked.changes)
    if not dry_run:
        with ctx.store.write() as unit:
            if not checked.rows.stand(unit):
                checked = _checked(ctx, unit, sheet, actor, progress)
            updated = checked.write(unit, sheet)
            unit.commit()
    return Report(
        created=len(checked.rows.intake),
        updated=updated,
        unchanged=checked.rows.unchanged + len(checked.changes) - updated,
        customers_created=0,
        dry_run=dry_run,
    )


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file of orders without a fault: the new ones, and what is to be changed of others."""

    rows: OrderRows
    changes: list[tuple[Row, Change]]

    def write(self, unit: Unit, sheet: Sheet) -> int:
        """Write it; says how many orders changed."""
        moved_on = self.rows.write(unit)
        faults: list[Fault] = []
        updated = len(self.changes) - len(moved_on)
        for row, change in self.changes:
            if change.order_id in moved_on:
                with sheet.telling(row, faults):
                    updated += self.rows.change(unit, change)
        sheet.refuse(faults)
        return updated


def _checked(ctx: Desk, unit: Unit, sheet: Sheet, actor: Actor, progress: Progress) -> _Checked:
    faults: list[Fault] = []
    changes: list[tuple[Row, Change]] = []
    work = OrderRows(ctx, unit, actor, sheet.values)
    for done, (row, values) in enumerate(sheet.rows, start=1):
        with sheet.telling(row, faults):
            change = work.take(values)
            if change is not None:
                changes.append((row, change))
        progress("import work-orders", done, len(sheet.rows))
    sheet.refuse(faults)
    return _Checked(work, changes)
