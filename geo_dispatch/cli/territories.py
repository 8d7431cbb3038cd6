"""``geo-dispatch territories``: check, publish and export what planners draw."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.adapters.clock import clock_from, random_id
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.cli.console import say
from geo_dispatch.config import Settings, load_settings
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.services.areas import territories
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.territory.check import Finding, is_publishable

app = typer.Typer(
    help="Check, publish and export territories.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Area = Annotated[
    str | None,
    typer.Option(
        help="Name of the area, such as liechtenstein; without it, the area of the settings.",
        show_default=False,
    ),
]


@app.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="GeoJSON files; without any, all of territories/AREA.", show_default=False
        ),
    ] = None,
    *,
    area: Area = None,
) -> None:
    """Say everything that is wrong with territories, each file on its own.

    Errors (outlines that cross themselves, overlaps, swapped coordinates, missing or double ids
    and names) end with status 1; warnings (gaps, strays) don't.
    """
    settings = _settings(area)
    clean = True
    for path in files or territories.files(settings):
        try:
            findings = territories.check_file(settings, path)
        except InvalidInput as error:
            typer.echo(error.message)
            for fault in error.faults:
                typer.echo(f"  error    {fault}")
            clean = False
            continue
        _show(path, findings)
        clean = clean and is_publishable(findings)
    if not clean:
        raise typer.Exit(1)


@app.command()
def publish(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The GeoJSON file; may be left out where territories/AREA has only one.",
            show_default=False,
        ),
    ] = None,
    *,
    area: Area = None,
) -> None:
    """Put a file's territories in force, and every site into its territory; all or nothing."""
    settings = _settings(area)
    path = file or _only_file(settings)
    with closing(Store(settings.sql_url)) as store:
        store.check()
        desk = BackOffice(settings, store, clock_from(settings), random_id)
        done = territories.publish(desk, path, CLI)
    for finding in done.warnings:
        say(f"warning: {finding.message}")
    typer.echo(
        f"{len(done.territories)} territories of {settings.area} are in force; "
        f"{done.sites_moved} sites moved, {done.sites_outside} lie in none"
    )


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="The GeoJSON file to write.")],
    *,
    area: Area = None,
) -> None:
    """Write the territories in force to a file."""
    settings = _settings(area)
    with closing(Store(settings.sql_url)) as store:
        store.check()
        desk = BackOffice(settings, store, clock_from(settings), random_id)
        count = territories.export(desk, out)
    typer.echo(f"{out}: {count} territories")


@app.command("from-boundaries")
def from_boundaries(
    extract: Annotated[
        Path | None,
        typer.Argument(
            help="OSM extract; without one, what the area's recipe names.", show_default=False
        ),
    ] = None,
    *,
    admin_level: Annotated[
        str, typer.Option(help="OSM's admin_level: 8 is a municipality in most countries.")
    ] = "8",
    out: Annotated[
        Path | None,
        typer.Option(
            help="The GeoJSON file to write; default territories/AREA/municipalities.geojson.",
            show_default=False,
        ),
    ] = None,
    area: Area = None,
) -> None:
    """Begin with the administrative boundaries of an OSM extract."""
    settings = _settings(area)
    path = out or settings.territories_dir / f"municipalities{territories.SUFFIX}"
    made = territories.from_boundaries(settings, admin_level, path, extract)
    typer.echo(f"{path}: {len(made)} territories: {', '.join(t.name for t in made)}")


def _settings(area: str | None) -> Settings:
    return load_settings() if area is None else load_settings(area=area)


def _only_file(settings: Settings) -> Path:
    found = territories.files(settings)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InvalidInput(f"{settings.territories_dir} has {names}; say which FILE to publish")
    return found[0]


def _show(path: Path, findings: Sequence[Finding]) -> None:
    if not findings:
        typer.echo(f"{path}: clean")
        return
    typer.echo(f"{path}:")
    rows = [
        (
            finding.severity.value,
            finding.code,
            ", ".join(finding.territories),
            f"{finding.place.lon:.6f}, {finding.place.lat:.6f}" if finding.place else "",
            finding.message,
        )
        for finding in findings
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for *cells, message in rows:
        padded = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        typer.echo(f"  {padded}  {message}")
