"""``geo-dispatch policy``: check, publish and compare what a company decides for itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.adapters.policy_files import policy_text
from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import bars, say
from geo_dispatch.config import load_settings
from geo_dispatch.dispatch.policy.differences import Difference
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.services.policy import simulate
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.policy.simulate import Outcome
from geo_dispatch.services.policy.versions import Listed

app = typer.Typer(
    help="Check, publish, compare and try out policies.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(help="The document, TOML.", show_default=False)]


@app.command()
def check(file: File) -> None:
    """Say everything that is wrong with a document, or what it would change."""
    with open_back_office(load_settings()) as desk:
        checked = policy.check(desk, policy_text(file), str(file))
    _warn(checked.warnings)
    typer.echo(f"{file} may be published; it changes {_count(checked.differences)}")
    _show(checked.differences)


@app.command()
def publish(
    file: File,
    *,
    author: Annotated[str, typer.Option(help="Who wrote it.")],
    reviewed_by: Annotated[str, typer.Option(help="Who else looked at it.")],
    note: Annotated[str, typer.Option(help="What changes, and why.")],
    based_on: Annotated[
        int | None,
        typer.Option(help="Publish only on top of this version.", show_default=False),
    ] = None,
) -> None:
    """Put a document in force as the next version, after a review."""
    with open_back_office(load_settings()) as desk:
        text = policy_text(file)
        published = policy.publish(
            desk,
            text,
            author=author,
            reviewed_by=reviewed_by,
            note=note,
            actor=CLI,
            based_on=based_on,
            where=str(file),
        )
    typer.echo(
        f"version {published.version.version} is in force; it changes "
        f"{_count(published.differences)}"
    )
    _show(published.differences)


@app.command("simulate")
def try_out(
    file: File,
    *,
    days: Annotated[int, typer.Option(min=1, help="Decisions of so many days up to now.")] = 90,
) -> None:
    """Judge past decisions again under a document, each from what was known then."""
    with open_back_office(load_settings()) as desk, bars() as progress:
        end = desk.clock()
        found = simulate.simulate(
            desk,
            policy_text(file),
            start=end - timedelta(days=days),
            end=end,
            where=str(file),
            progress=progress,
        )
    for one in found.changed:
        typer.echo(
            f"{one.at:%Y-%m-%d %H:%M}  {one.number}  {one.change}: {_who(one.before)} -> "
            f"{_who(one.after)}"
        )
    kinds = ", ".join(f"{count} {change}" for change, count in found.counts.items())
    typer.echo(f"{found.decisions} decisions judged again: {kinds}")


@app.command()
def show(
    version: Annotated[
        int | None, typer.Option(help="Another version than the one in force.", show_default=False)
    ] = None,
) -> None:
    """Print the document in force, ready to be edited."""
    with open_back_office(load_settings()) as desk:
        found = policy.in_force(desk) if version is None else policy.version(desk, version).version
    typer.echo(found.text, nl=False)


@app.command()
def versions() -> None:
    """List all versions, the newest first, each with what it changed."""
    with open_back_office(load_settings()) as desk:
        listed = policy.versions(desk)
    for one in listed:
        typer.echo(_told(one))
        _show(one.differences)


def _who(outcome: Outcome) -> str:
    if outcome.technician_id is None:
        return f"{outcome.source} ({outcome.reason})"
    because = f" ({outcome.reason})" if outcome.reason else ""
    return f"{outcome.call_sign} by {outcome.source}{because}"


def _told(listed: Listed) -> str:
    version = listed.version
    if version.published_at is None:
        return f"{version.version}  {version.note}"
    return (
        f"{version.version}  {version.published_at:%Y-%m-%d %H:%M}  by {version.author}, reviewed "
        f"by {version.reviewed_by}: {version.note}"
    )


def _show(changes: Iterable[Difference]) -> None:
    for change in changes:
        typer.echo(f"  {change}")


def _warn(warnings: Iterable[Fault]) -> None:
    for warning in warnings:
        say(f"warning: {warning}")


def _count(changes: tuple[Difference, ...]) -> str:
    return f"{len(changes)} value{'' if len(changes) == 1 else 's'}"
