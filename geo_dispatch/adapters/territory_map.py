"""The planners' map: territories shaded by load, their visits, and land that changes hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import folium
import numpy as np
import shapely
from branca.element import MacroElement
from folium.template import Template
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo_dispatch.adapters.folium_map import TextTooltip, new_map
from geo_dispatch.territory.balance import Load
from geo_dispatch.territory.model import Territory, some_place, total_bounds

SHADES: Final = (
    (0.5, "#e6eef2", "less than half the average"),
    (0.8, "#b9d3df", "up to 80 %"),
    (1.25, "#7fb0c6", "about the average"),
    (1.75, "#3f83a5", "up to 1.75 times"),
    (float("inf"), "#1d4f6e", "more"),
)
"""Load as a share of the average, up to which the colour is used, and what the legend says."""

_MOVED: Final = "#d9480f"
"""Of land that changes hands: no shade of the loads comes near it."""

_STREET: Final = "#ffffff"
_BORDER: Final = "#24323d"
_VISIT: Final = "#24323d"


class _Overlay(MacroElement):
    """Visits as small circles on one canvas, and the names of the territories, above the areas.

    Folium's own markers would be a script each.
    """

    _template = Template("""
        {% macro header(this, kwargs) %}
            <style>
                .territory-name {
                    background: none; border: 0; box-shadow: none; padding: 0;
                    font: 600 13px/1.2 system-ui, sans-serif; color: #17232c;
                    text-shadow: 0 0 3px #fff, 0 0 3px #fff, 0 0 6px #fff;
                }
                .territory-name::before { display: none; }
            </style>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            {
                const map = {{ this._parent.get_name() }};
                map.attributionControl.addAttribution("© OpenStreetMap contributors");
                map.createPane("visits").style.zIndex = 450;
                const canvas = L.canvas({pane: "visits", padding: 0.5});
                for (const [lat, lon] of {{ this.lat_lons|tojson }}) {
                    L.circleMarker([lat, lon], {
                        renderer: canvas, pane: "visits", radius: 3, weight: 1, color: "#ffffff",
                        fillColor: {{ this.colour|tojson }}, fillOpacity: 0.9, interactive: false,
                    }).addTo(map);
                }
                for (const [name, lat, lon] of {{ this.names|tojson }}) {
                    const text = document.createElement("span");
                    text.textContent = name;
                    L.tooltip({permanent: true, direction: "center", className: "territory-name"})
                        .setLatLng([lat, lon]).setContent(text).addTo(map);
                }
            }
        {% endmacro %}
    """)

    def __init__(self, territories: Sequence[Territory], visits: NDArray[np.float64]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca is not typed
        self._name = "Overlay"
        self.colour = _VISIT
        self.lat_lons = [[round(lat, 6), round(lon, 6)] for lon, lat in visits.tolist()]
        places = [some_place(territory.area) for territory in territories]
        self.names = [
            [territory.name, place.lat, place.lon]
            for territory, place in zip(territories, places, strict=True)
        ]


def territory_map(
    territories: Sequence[Territory],
    loads: Sequence[Load],
    *,
    visits: NDArray[np.float64],
    streets: Sequence[shapely.LineString] = (),
    moved: BaseGeometry | None = None,
) -> folium.Map:
    """Draw the territories by load.

    Parameters
    ----------
    loads
        One per territory, as `territory.balance.loads` gives them.
    visits
        (n, 2) lon, lat.
    streets
        Lines to find one's way by.
    moved
        Land that changes hands.
    """
    drawn = new_map(total_bounds(territories), zoom_snap=0.25, control_scale=True)
    own = {load.territory_id: load for load in loads if load.territory_id is not None}
    mean = float(np.mean([load.total_min for load in own.values()])) or 1.0
    shapes = [_feature(t, own[t.id], own[t.id].total_min / mean) for t in territories]
    areas = _layer(shapes, lambda f: {"fillColor": f["properties"]["shade"], "fillOpacity": 0.85})
    areas.add_child(
        TextTooltip(
            {"name": "", "visits": "visits", "work_h": "hours of work", "drive_h": "hours driving"}
        )
    )
    areas.add_to(drawn)
    if streets:
        lines = shapely.simplify(shapely.MultiLineString(streets), 1e-5)
        _layer([_plain(lines)], lambda _: {"color": _STREET, "weight": 1.2, "opacity": 0.8}).add_to(
            drawn
        )
    if moved is not None:
        style = {"color": _MOVED, "weight": 2, "fillColor": _MOVED, "fillOpacity": 0.45}
        _layer([_plain(moved)], lambda _: style).add_to(drawn)
    drawn.add_child(_Overlay(territories, visits))
    return drawn


def shade_of(share: float) -> str:
    """The colour of a load that is this share of the average."""
    return next(colour for limit, colour, _ in SHADES if share <= limit)


def _feature(territory: Territory, load: Load, share: float) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(territory.area),
        "properties": {
            "name": territory.name,
            "visits": load.visits,
            "work_h": f"{load.work_min / 60:.1f}",
            "drive_h": f"{load.drive_min / 60:.1f}",
            "shade": shade_of(share),
        },
    }


def _plain(shape: BaseGeometry) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {}}


def _layer(features: list[dict[str, Any]], style: Any) -> folium.GeoJson:
    base = {"color": _BORDER, "weight": 1.2}
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda feature: base | style(feature),
    )
