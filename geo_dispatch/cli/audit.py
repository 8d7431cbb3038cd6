"""``geo-dispatch audit``: prove that the record is as it was written."""

from __future__ import annotations

from typing import Annotated

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import bars, say
from geo_dispatch.config import load_settings
from geo_dispatch.services import audit

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
) -> None:
    """Check every event of the log; name the first that was changed, removed, inserted or moved."""
    with open_back_office(load_settings()) as desk, bars() as progress:
        verdict = audit.verify(desk, since=since, noted=noted, progress=progress)
    if verdict.finding is not None:
        say(f"geo-dispatch: {verdict.finding.damage}: {verdict.finding.fact}")
        raise typer.Exit(BROKEN)
    typer.echo(
        f"{verdict.events} events are as they were written; "
        f"the head is {verdict.head.seq} {verdict.head.chain}"
    )
