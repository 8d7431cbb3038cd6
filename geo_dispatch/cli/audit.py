"""``geo-dispatch audit``: prove that the record is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import bars, say
from geo_dispatch.config import load_settings
from geo_dispatch.services.history import audit
from geo_dispatch.services.history import export as exports

app = typer.Typer(
    help="Prove that the record is as it was written.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

BROKEN = 1
"""Exit status when something is not as it was written."""


@app.command()
def head() -> None:
    """Print the newest event's number and chain value, to be noted elsewhere."""
    with open_back_office(load_settings()) as desk:
        found = audit.head(desk)
    typer.echo(f"{found.seq} {found.chain}")


@app.command()
def verify(
    *,
    since: Annotated[
        int, typer.Option(min=0, help="Trust everything up to this event.", metavar="SEQ")
    ] = 0,
    noted: Annotated[
        str | None,
        typer.Option("--head", help="A chain value noted elsewhere, which must still be there."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the events that were checked there, a line of JSON each."),
    ] = None,
) -> None:
    """Check every event of the log; name the first that was changed, removed, inserted or moved."""
    with open_back_office(load_settings()) as desk, bars() as progress:
        verdict = audit.verify(desk, since=since, noted=noted, export=export, progress=progress)
    if verdict.finding is not None:
        say(f"geo-dispatch: {verdict.finding.damage}: {verdict.finding.fact}")
        raise typer.Exit(BROKEN)
    erased = f", {verdict.erased} of them erased" if verdict.erased else ""
    typer.echo(
        f"{verdict.events} events are as they were written{erased}; "
        f"the head is {verdict.head.seq} {verdict.head.chain}"
    )


@app.command("export")
def export_order(
    order: Annotated[str, typer.Argument(help="Id or number of a work order: WO-1042.")],
    file: Annotated[Path | None, typer.Argument(help="The ZIP file to write.")] = None,
) -> None:
    """Pack all that is on the record of a work order into a file that verifies without us."""
    with open_back_office(load_settings()) as desk:
        package = exports.export(desk, order)
    target = file or Path(f"{package.number}.zip")
    target.write_bytes(exports.to_zip(package))
    typer.echo(f"{target}: root {package.manifest['root']}")


@app.command("verify-export")
def verify_export(
    file: Annotated[Path, typer.Argument(help="An export of a work order.")],
) -> None:
    """Check an export, without any database: every file, every seal, and that they agree."""
    package = exports.verify(file)
    typer.echo(f"{package.number} is as it was sealed: root {package.manifest['root']}")
