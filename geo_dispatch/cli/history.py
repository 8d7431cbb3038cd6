"""`geo-dispatch history`: the history of fixes, exported and pruned."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import bars
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.services.history import archive, retention

app = typer.Typer(
    help="Export and prune the history of fixes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_DAY = ["%Y-%m-%d"]


@app.command()
def export(
    *,
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First local day.")],
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="Last local day.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    technician: Annotated[
        str | None, typer.Option(help="Id of one technician; else everybody's.")
    ] = None,
) -> None:
    """Write fixes as Parquet files, one for each day, with H3 columns; goes on where it stopped.

    Technicians find in their access log that their history was exported.
    """
    with open_back_office(load_settings()) as desk, bars() as progress:
        written = archive.export(
            desk,
            first.date(),
            last.date(),
            out,
            actor=CLI,
            technician_id=technician,
            progress=progress,
        )
    there = f", {written.skipped} were there" if written.skipped else ""
    typer.echo(f"{len(written.files)} files in {out}, {written.fixes} fixes written{there}")


@app.command()
def prune(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is too old, drop nothing.")
    ] = False,
) -> None:
    """Drop fixes older than the settings keep; workers do it once a day by themselves."""
    with open_back_office(load_settings()) as desk, bars() as progress:
        done = retention.due(desk) if dry_run else retention.prune(desk, progress)
    told = "would be dropped" if dry_run else "dropped"
    typer.echo(
        f"{done.fixes} fixes from before {done.fixes_before:%Y-%m-%d %H:%M} UTC and "
        f"{done.quarantined} refused ones from before {done.quarantine_before:%Y-%m-%d %H:%M} UTC "
        f"{told}"
    )
