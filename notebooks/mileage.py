"""Planners' notebook: a technician's day by road, and the ways to jobs planned against driven.

Open it with ``marimo edit notebooks/mileage.py``, or run it with the choices that it makes by
itself: ``python notebooks/mileage.py``. It asks a deployment that runs, over its API, such as that
of ``geo-dispatch demo``:

- ``GEO_DISPATCH_URL`` says where, else http://127.0.0.1:8080;
- ``GEO_DISPATCH_TOKEN`` is a planner's or dispatcher's token; the demo prints one behind ``#gd_``;
- ``GEO_DISPATCH_TECHNICIAN`` is a call sign, else whoever has most visits that day;
- ``GEO_DISPATCH_DAY`` is a local day, else the deployment's today;
- ``GEO_DISPATCH_MAP_OUT`` is a file to write the map to, as a page that needs no server.

The technician reads in their access log that somebody looked, and that it was for this.
"""

import marimo

app = marimo.App(width="full", app_title="Mileage")


@app.cell
def _():
    import html
    import os
    from datetime import datetime, timedelta
    from pathlib import Path

    import folium
    import geopandas
    import httpx
    import marimo as mo

    from geo_dispatch.adapters.folium_map import TextTooltip, inline_html, new_map

    return (
        Path,
        TextTooltip,
        datetime,
        folium,
        geopandas,
        html,
        httpx,
        inline_html,
        mo,
        new_map,
        os,
        timedelta,
    )


@app.cell
def _(httpx, os):
    url = os.environ.get("GEO_DISPATCH_URL", "http://127.0.0.1:8080")
    headers = {"Authorization": f"Bearer {os.environ['GEO_DISPATCH_TOKEN']}"}

    def ask(path, **params):
        answer = httpx.get(
            f"{url}{path}", params=params, headers=headers, timeout=60.0, trust_env=False
        )
        if not answer.is_success:
            raise RuntimeError(f"{answer.url}: {answer.status_code} {answer.text}")
        return answer.json()

    return (ask,)


@app.cell
def _(ask, mo, os):
    day_choice = mo.ui.date(value=os.environ.get("GEO_DISPATCH_DAY") or ask("/v1/board")["date"])
    return (day_choice,)


@app.cell
def _(ask, day_choice, mo, os):
    lanes = ask("/v1/board", date=day_choice.value.isoformat())["lanes"]
    busiest = max(lanes, key=lambda lane: len(lane["visits"]))
    who_choice = mo.ui.dropdown(
        {lane["call_sign"]: lane["technician_id"] for lane in lanes},
        value=os.environ.get("GEO_DISPATCH_TECHNICIAN") or busiest["call_sign"],
    )
    mo.md(f"# By road\n\nThe day {day_choice} of {who_choice}")
    return (who_choice,)


@app.cell
def _(ask, datetime, day_choice, timedelta, who_choice):
    purpose = "mileage notebook"
    chosen = f"/v1/technicians/{who_choice.value}"
    day = day_choice.value.isoformat()
    mileage = ask(f"{chosen}/mileage", **{"from": day, "to": day}, purpose=purpose)
    driven = mileage["days"][0]
    began = datetime.fromisoformat(ask(f"{chosen}/playback", date=day, purpose=purpose)["start"])
    span = {"from": began.isoformat(), "to": (began + timedelta(days=1)).isoformat()}
    trail = ask(f"{chosen}/trail", **span, purpose=purpose)
    by_road = ask(f"{chosen}/trail", **span, matched=True, purpose=purpose)
    return by_road, driven, mileage, trail


@app.cell
def _(driven, mileage, mo):
    verdict = (
        f"{mileage['call_sign']} drove {driven['road_km']:.1f} km by road on {driven['day']} "
        f"({driven['odometer_km']:.1f} km from fix to fix) in {len(driven['trips'])} trips; "
        f"the streets of {driven['matched']:.1%} of it are known."
    )
    trips = [
        {
            "from": trip["from"],
            "to": trip["to"],
            "by road, km": trip["road_km"],
            "from fix to fix, km": trip["odometer_km"],
        }
        for trip in driven["trips"]
    ]
    graph = mileage["graph"]
    mo.vstack(
        [
            mo.md(
                f"{verdict}\n\nMatched on {graph['area']} (`{graph['source_sha256'][:12]}`) by "
                f"`{mileage['rule']}`."
            ),
            mo.ui.table(trips, selection=None, pagination=False),
        ]
    )
    return (verdict,)


@app.cell
def _(driven, mo):
    ways = [
        {
            "order": way["number"],
            "planned, km": way["planned"]["km"],
            "driven, km": way["driven"]["road_km"],
            "planned, min": way["planned"]["minutes"],
            "in drives, min": way["driven"]["minutes"],
            "until the arrival, min": way["minutes"],
        }
        for way in driven["ways"]
        if way["planned"] and way["driven"]
    ]
    mo.vstack(
        [
            mo.md("## Ways to jobs, planned against driven"),
            mo.ui.table(ways, selection=None, pagination=False),
        ]
        if ways
        else [mo.md("No way to a job ended on this day.")]
    )
    return (ways,)


@app.cell
def _(html, mo, ways):
    def bars(rows, kinds, unit):
        """Two bars for each order, as SVG: what was planned, and what was driven."""
        longest = max((row[kind] for row in rows for kind in kinds), default=0) or 1
        drawn = []
        for number, row in enumerate(rows):
            y = 34 * number
            drawn.append(f'<text x="0" y="{y + 18}">{html.escape(row["order"])}</text>')
            for kind, colour, below in zip(kinds, ("#b9d3df", "#1d4f6e"), (0, 14), strict=True):
                long = 420 * row[kind] / longest
                drawn.append(
                    f'<rect x="90" y="{y + below}" width="{long:.1f}" height="12" fill="{colour}"/>'
                    f'<text x="{96 + long:.1f}" y="{y + below + 10}">{row[kind]:.1f} {unit}</text>'
                )
        height = 34 * len(rows)
        return (
            f'<svg viewBox="0 0 620 {height}" width="620" role="img" font-size="11" '
            f'font-family="system-ui, sans-serif" fill="#24323d">{"".join(drawn)}</svg>'
        )

    pictures = [
        bars(ways, ("planned, km", "driven, km"), "km"),
        bars(ways, ("planned, min", "in drives, min"), "min"),
    ]
    mo.vstack([mo.md("Planned above, driven below."), *map(mo.Html, pictures)] if ways else [])
    return (pictures,)


@app.cell
def _(TextTooltip, by_road, folium, geopandas, new_map, trail):
    def share_of(feature):
        """Unmatched stretches count as not sure at all."""
        return feature["properties"].get("confidence", 0.0)

    def colour(feature):
        sure = share_of(feature)
        return "#d9480f" if sure < 0.5 else "#e8a33d" if sure < 0.9 else "#1d4f6e"

    def layer(features, style):
        return folium.GeoJson(
            {"type": "FeatureCollection", "features": features}, style_function=style
        )

    def drawn():
        shown = [
            {**one, "properties": {k: v for k, v in one["properties"].items() if k != "streets"}}
            for one in by_road["features"]
            if one["geometry"]["type"] == "LineString"
        ]
        raw = [one for one in trail["features"] if one["geometry"]["type"] == "LineString"]
        places = geopandas.GeoDataFrame.from_features(trail["features"] or [NOWHERE])
        made = new_map(tuple(places.total_bounds), zoom_snap=0.25, control_scale=True)
        if raw:
            layer(raw, lambda _: {"color": "#7a8791", "weight": 1.5, "dashArray": "3"}).add_to(made)
        if shown:
            lines = layer(shown, lambda one: {"color": colour(one), "weight": 4})
            told = {"kind": "", "length_m": "m", "confidence": "confidence", "reason": "reason"}
            lines.add_child(TextTooltip(told))
            lines.add_to(made)
        for one in by_road["features"]:
            if one["properties"]["kind"] in {"stay", "visit"}:
                lon, lat = one["geometry"]["coordinates"]
                visit = one["properties"]["kind"] == "visit"
                folium.CircleMarker(
                    (lat, lon),
                    radius=7 if visit else 4,
                    color="#ffffff",
                    weight=1.5,
                    fill=True,
                    fill_color="#2b8a3e" if visit else "#24323d",
                    fill_opacity=1,
                ).add_to(made)
        return made

    NOWHERE = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Point", "coordinates": [0.0, 0.0]},
    }
    day_map = drawn()
    return (day_map,)


@app.cell
def _(Path, day_map, inline_html, mo, os):
    page = inline_html(day_map, title="A day by road")
    out = os.environ.get("GEO_DISPATCH_MAP_OUT")
    if out:
        Path(out).write_text(page, encoding="utf-8")
    mo.vstack(
        [
            mo.iframe(page, height="640px"),
            mo.md(
                "Blue: streets driven, surely (confidence 0.9 or more); yellow: likely; red: not "
                "sure, or no way known. Grey: from fix to fix. Dots: stays, green: visits. "
                "Streets © OpenStreetMap contributors."
            ),
        ]
    )
    return


@app.cell
def _(mo, verdict, ways):
    if mo.app_meta().mode == "script":
        print(verdict)
        print(
            *(" · ".join(f"{key} {value}" for key, value in row.items()) for row in ways), sep="\n"
        )
    return


if __name__ == "__main__":
    app.run()
