"""``geo-dispatch roads``: build and inspect road graphs, and change what is on the road."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.cli import road_changes
from geo_dispatch.cli.console import bars, say
from geo_dispatch.config import load_settings
from geo_dispatch.services.areas import roads

app = typer.Typer(
    help="Build and inspect road graphs, close streets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Area = Annotated[str, typer.Argument(help="Name of the area, such as liechtenstein.")]


@app.command()
def build(
    source: Annotated[
        Path | None,
        typer.Argument(
            help="OSM extract: .osm.pbf, .osm, .osm.gz or .osm.bz2. Without one, what the area's "
            "recipe names.",
            show_default=False,
        ),
    ] = None,
    *,
    area: Annotated[str, typer.Option(help="Name of the area: lower-case letters, digits, - _.")],
    place: Annotated[
        str | None,
        typer.Option(
            help='Fetch the streets of a place instead, such as "Vaduz, Liechtenstein", from '
            "Nominatim and Overpass."
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            help="Two letters, such as CH: whose speed limits hold where none is posted, and on "
            "which side one drives."
        ),
    ] = None,
    overpass_url: Annotated[str, typer.Option(help="Overpass to ask.")] = roads.OVERPASS_URL,
    nominatim_url: Annotated[str, typer.Option(help="Nominatim to ask.")] = roads.NOMINATIM_URL,
) -> None:
    """Compile an area: its road graph, base map and address search.

    The files go to road_graphs/compiled/AREA in the workspace. What they were made of is kept in
    road_graphs/AREA/recipe.toml, so that next time --area alone is enough.
    """
    workspace = load_settings().workspace
    if source is not None and place is not None:
        raise typer.BadParameter("give either SOURCE or --place, not both")
    with bars() as progress:
        if place is not None:
            source = roads.fetch_place(
                place,
                area,
                workspace,
                progress,
                country,
                overpass_url=overpass_url,
                nominatim_url=nominatim_url,
            )
        report = roads.build(source, area, workspace, progress, country)
    _tell(report)


@app.command()
def info(area: Area) -> None:
    """Say what an area's compiled road graph holds and what it was made of."""
    found = roads.info(area, load_settings().workspace)
    graph, made = found.graph, found.graph.info
    west, south, east, north = graph.bounds
    lines = {
        "file": f"{found.path} ({found.path.stat().st_size / 1e6:.1f} MB)",
        "state": f"to be built again: {found.stale}" if found.stale else "as its recipe says",
        "source": made.source,
        "source sha256": made.source_sha256,
        "profile": f"{made.profile}, limits of {made.country or 'no country in particular'}",
        "attribution": made.attribution,
        "streets": f"{graph.n_streets} ({graph.street_m.sum() / 1000:.0f} km)",
        "junctions": str(len(graph.node_ids)),
        "turns": str(graph.n_arcs),
        "bounds": f"{west:.5f},{south:.5f} to {east:.5f},{north:.5f}",
    }
    for name, value in lines.items():
        typer.echo(f"{name:<14} {value}")


for _command in (
    road_changes.close,
    road_changes.slow,
    road_changes.speeds,
    road_changes.changes,
    road_changes.undo,
):
    app.command()(_command)


def _tell(report: roads.BuildReport) -> None:
    graph = report.graph
    say(
        f"{graph.streets} streets ({graph.length_km:.0f} km), {graph.junctions} junctions, "
        f"{graph.turns} turns, {graph.restrictions.over_node} turn restrictions over nodes and "
        f"{graph.restrictions.over_ways} over ways; "
        f"{report.drawn} features on the base map; {report.places} places to search"
    )
    notes = {
        "streets that nothing leads to or from; places do not snap to them": graph.small_streets,
        "ferries and car trains; places do not snap to them": graph.ferries,
        "ways with tags that hold under a condition; those are left out": graph.conditional,
        "nodes that the extract lacks; their ways are cut there": graph.lacking_nodes,
    }
    for note, count in notes.items():
        if count:
            say(f"note: {count} {note}")
    if report.cut_short:
        say(
            "note: the extract has no relations, so that no turn restrictions are known; one that "
            "was cut short while it was fetched looks like that: compare its size"
        )
    typer.echo(str(report.folder))
