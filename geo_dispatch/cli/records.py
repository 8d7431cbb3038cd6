"""`geo-dispatch import` and `geo-dispatch db`: records from files, and the tables they live in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import bars, say
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.services.records.imports import COLUMNS, Report, What, import_file

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
db = typer.Typer(no_args_is_help=True, help="Create and upgrade the database.")
app.add_typer(db, name="db")


@app.command("import")
def import_(
    what: Annotated[What, typer.Argument(help="What the file holds.")],
    file: Annotated[Path | None, typer.Argument(help="A CSV file, UTF-8.")] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, change nothing.")
    ] = False,
    columns: Annotated[
        bool, typer.Option("--columns", help="Print the columns of such a file.")
    ] = False,
) -> None:
    """Read records of one kind from a CSV file: all of it, or nothing."""
    if columns:
        _print_columns(what)
        return
    if file is None:
        raise typer.BadParameter("name the file, or ask for --columns", param_hint="FILE")
    with open_back_office(load_settings()) as desk, bars() as progress:
        report = import_file(desk, what, file, actor=CLI, dry_run=dry_run, progress=progress)
    typer.echo(_told(what, report))


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables to this version; creates them when there are none."""
    with open_back_office(load_settings(), check=False) as desk:
        desk.store.migrate()
        say(f"{desk.store.url} has the tables of this version")


@db.command("check")
def check() -> None:
    """Say whether the database answers and is of this version."""
    with open_back_office(load_settings()) as desk:
        say(f"{desk.store.url} answers and is of this version")


def _print_columns(what: What) -> None:
    width = max(len(column.name) for column in COLUMNS[what])
    for column in COLUMNS[what]:
        need = "required" if column.required else "optional"
        typer.echo(f"{column.name:<{width}}  {need}  {column.help}")


def _told(what: What, report: Report) -> str:
    customers = f", {report.customers_created} new customers" if report.customers_created else ""
    done = "would be " if report.dry_run else ""
    return (
        f"{what}: {report.created} {done}created, {report.updated} {done}updated, "
        f"{report.unchanged} unchanged{customers}"
    )
