"""Planners' notebook: how the work is spread over territories, and what moving cells changes.

Open it with ``marimo edit notebooks/territories.py``, or run it with the choices that it makes by
itself: ``python notebooks/territories.py``. It reads the area of the settings and changes nothing
but the file it writes, which ``geo-dispatch territories check`` accepts.

``GEO_DISPATCH_TERRITORIES`` names the file to begin with, else the first of territories/AREA;
``GEO_DISPATCH_TERRITORIES_OUT`` the one to write, else var/territories/AREA.geojson. To move more,
begin the next time with the file written last.
"""

import marimo

app = marimo.App(width="full", app_title="Territories")


@app.cell
def _():
    import os
    from contextlib import closing
    from pathlib import Path

    import marimo as mo
    import numpy as np

    from geo_dispatch.adapters.folium_map import inline_html
    from geo_dispatch.adapters.graph_files import open_graph
    from geo_dispatch.adapters.osm_features import read_features
    from geo_dispatch.adapters.recipes import read_recipe
    from geo_dispatch.adapters.sql.store import Store
    from geo_dispatch.adapters.territory_files import read_territories, write_territories
    from geo_dispatch.adapters.territory_map import SHADES, territory_map
    from geo_dispatch.config import load_settings
    from geo_dispatch.kernel import cells
    from geo_dispatch.kernel.errors import Conflict, DatabaseUnavailable
    from geo_dispatch.kernel.geo import LonLat
    from geo_dispatch.roads.engine import RoadEngine
    from geo_dispatch.services.areas import territories as service
    from geo_dispatch.services.areas import workload as work
    from geo_dispatch.territory.balance import spread
    from geo_dispatch.territory.moves import border_cells, cell_owners, move_cells, sites_moved

    return (
        Conflict,
        DatabaseUnavailable,
        LonLat,
        Path,
        RoadEngine,
        SHADES,
        Store,
        border_cells,
        cell_owners,
        cells,
        closing,
        inline_html,
        load_settings,
        mo,
        move_cells,
        np,
        open_graph,
        os,
        read_features,
        read_recipe,
        read_territories,
        service,
        sites_moved,
        spread,
        territory_map,
        work,
        write_territories,
    )


@app.cell
def _(Path, load_settings, mo, os, read_territories, service):
    settings = load_settings()
    begin_with = Path(os.environ.get("GEO_DISPATCH_TERRITORIES") or service.files(settings)[0])
    out = Path(
        os.environ.get("GEO_DISPATCH_TERRITORIES_OUT")
        or settings.data_dir / "territories" / f"{settings.area}.geojson"
    )
    before = read_territories(begin_with)
    names = {territory.id: territory.name for territory in before} | {None: "outside all"}
    mo.md(f"# Territories of {settings.area}\n\n{len(before)} territories from `{begin_with}`")
    return before, names, out, settings


@app.cell
def _(DatabaseUnavailable, RoadEngine, Store, closing, mo, open_graph, settings, work):
    def visits_to_plan():
        """The deployment's own work orders, or made-up visits where it has none yet."""
        try:
            with closing(Store(settings.sql_url)) as store:
                store.check()
                known = work.recorded(store)
        except DatabaseUnavailable:
            known = None
        return known or work.synthetic(settings, visits=330, seed=7)

    workload = visits_to_plan()
    matrix_ms = work.drive_matrix(RoadEngine(open_graph(settings.graph_path)), workload)
    mo.md(
        f"**{len(workload.lonlats)} {workload.origin}**, {workload.work_min.sum() / 60:.0f} hours of work. "
        "Driving counts from the middle of each territory's work to each of its visits."
    )
    return matrix_ms, workload


@app.cell
def _(before, matrix_ms, work, workload):
    owners_before, loads_before = work.weigh(before, workload, matrix_ms)
    return loads_before, owners_before


@app.cell
def _(LonLat, before, border_cells, cell_owners, cells, workload):
    cell_table = cell_owners(before, cells.INDEX_RESOLUTION)
    minutes_in = {}
    for place, minutes in zip(workload.lonlats.tolist(), workload.work_min, strict=True):
        cell_there = cells.lonlat_to_cell(LonLat(*place))
        minutes_in[cell_there] = minutes_in.get(cell_there, 0.0) + float(minutes)

    def shared_border(giver, taker):
        """Cells that can change hands, those with most work first."""
        along = border_cells(cell_table, giver, taker)
        return sorted(along, key=lambda cell: (-minutes_in.get(cell, 0.0), cell))

    def work_along(giver, taker):
        return sum(minutes_in.get(cell, 0.0) for cell in shared_border(giver, taker))

    def neighbours(giver):
        """Territories that it shares a border with, the one with most work along it first."""
        others = [t.id for t in before if t.id != giver and shared_border(giver, t.id)]
        return sorted(others, key=lambda taker: (-work_along(giver, taker), taker))

    return minutes_in, neighbours, shared_border, work_along


@app.cell
def _(before, loads_before, mo, names, neighbours, work_along):
    total = {load.territory_id: load.total_min for load in loads_before}

    def relief(giver):
        """Minutes that could go over one border to a territory with less to do."""
        return max(
            (
                min(work_along(giver, taker), (total[giver] - total[taker]) / 2)
                for taker in neighbours(giver)
            ),
            default=0.0,
        )

    source = mo.ui.dropdown(
        {t.name: t.id for t in before if neighbours(t.id)},
        value=names[max((t.id for t in before if neighbours(t.id)), key=relief)],
    )
    return source, total


@app.cell
def _(mo, names, neighbours, source, total, work_along):
    lighter = [id_ for id_ in neighbours(source.value) if total[id_] < total[source.value]]
    target = mo.ui.dropdown(
        {names[id_]: id_ for id_ in neighbours(source.value)},
        value=names[
            max(
                lighter or neighbours(source.value),
                key=lambda taker: min(
                    work_along(source.value, taker), abs(total[source.value] - total[taker]) / 2
                ),
            )
        ],
    )
    return (target,)


@app.cell
def _(Conflict, before, cells, minutes_in, mo, move_cells, shared_border, source, target):
    def can_move(chosen):
        try:
            move_cells(before, chosen, source.value, target.value)
        except Conflict:
            return False
        return True

    def first_choice(limit):
        """The cells with most work that can move together without cutting anything in two."""
        chosen = []
        for cell in shared_border(source.value, target.value):
            if len(chosen) < limit and can_move([*chosen, cell]):
                chosen.append(cell)
        return chosen

    labels = {
        cell: f"{cells.cell_to_str(cell)} · {minutes_in.get(cell, 0):.0f} min"
        for cell in shared_border(source.value, target.value)
    }
    cell_choice = mo.ui.multiselect(
        {label: cell for cell, label in labels.items()},
        value=[labels[cell] for cell in first_choice(4)],
    )
    mo.md(f"Move cells from {source} to {target}: {cell_choice}")
    return (cell_choice,)


@app.cell
def _(Conflict, before, cell_choice, mo, move_cells, source, target):
    def attempt():
        if not cell_choice.value:
            return None, "Choose cells to move."
        try:
            return move_cells(before, cell_choice.value, source.value, target.value), ""
        except Conflict as conflict:
            return None, conflict.message

    move, refusal = attempt()
    after = list(move.territories) if move else before
    mo.callout(
        mo.md(refusal or f"{len(cell_choice.value)} cells, {move.piece_m2 / 1e6:.2f} km²"),
        kind="warn" if refusal else "success",
    )
    return after, move


@app.cell
def _(
    after, loads_before, matrix_ms, mo, names, owners_before, sites_moved, spread, work, workload
):
    owners_after, loads_after = work.weigh(after, workload, matrix_ms)
    moved_visits = {
        f"{names[old]} to {names[new]}": count
        for (old, new), count in sites_moved(owners_before, owners_after).items()
    }
    rows = [
        {
            "territory": names[was.territory_id],
            "visits": f"{was.visits} to {now.visits}" if was != now else str(was.visits),
            "work, h": round(now.work_min / 60, 1),
            "driving, h": round(now.drive_min / 60, 1),
            "change, h": round((now.total_min - was.total_min) / 60, 1),
        }
        for was, now in zip(loads_before, loads_after, strict=True)
    ]
    even_before, even_after = spread(loads_before), spread(loads_after)
    verdict = (
        f"The heaviest territory has {even_before.max_to_mean:.2f} times the average load, "
        f"{even_after.max_to_mean:.2f} after; the lightest {even_before.min_to_mean:.2f}, "
        f"{even_after.min_to_mean:.2f} after. Visits that change hands: "
        + (", ".join(f"{way} {count}" for way, count in moved_visits.items()) or "none")
        + "."
    )
    mo.vstack([mo.md(verdict), mo.ui.table(rows, selection=None, pagination=False)])
    return loads_after, rows, verdict


@app.cell
def _(read_features, read_recipe, settings):
    def main_streets():
        recipe = read_recipe(settings.recipe_dir)
        if recipe is None:
            return []
        wanted = {"motorway", "trunk", "primary", "secondary", "tertiary"}
        return [
            feature.geometry
            for feature in read_features(settings.recipe_dir / recipe.source)
            if feature.kind == "road" and feature.cls in wanted
        ]

    streets = main_streets()
    return (streets,)


@app.cell
def _(SHADES, after, inline_html, loads_after, mo, move, streets, territory_map, workload):
    page = inline_html(
        territory_map(
            after,
            loads_after,
            visits=workload.lonlats,
            streets=streets,
            moved=move.piece if move else None,
        ),
        title="Load per territory",
    )
    legend = " ".join(
        f'<span style="display:inline-block;width:1em;height:1em;background:{colour};'
        f'border:1px solid #24323d;vertical-align:-0.1em"></span> {text}&ensp;'
        for _, colour, text in SHADES
    )
    mo.vstack([mo.iframe(page, height="640px"), mo.md(f"Load: {legend}")])
    return (page,)


@app.cell
def _(after, mo, out, service, settings, write_territories):
    write_territories(out, after)
    findings = service.check_file(settings, out)
    mo.md(
        f"Written to `{out}`: " + ("; ".join(f.message for f in findings) or "clean") + ". "
        f"Put it in force with `geo-dispatch territories publish {out}`."
    )
    return (findings,)


@app.cell
def _(findings, mo, out, rows, verdict):
    if mo.app_meta().mode == "script":
        print(
            *(" · ".join(f"{key} {value}" for key, value in row.items()) for row in rows), sep="\n"
        )
        print(verdict)
        print(f"{out}: {len(findings)} findings")
    return


if __name__ == "__main__":
    app.run()
