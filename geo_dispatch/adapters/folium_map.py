"""Folium maps whose every asset is ours.

Folium's class lists name scripts and styles on other hosts. They are repointed here once, at
import, and not through ``add_js_link``, which edits the class's list behind the caller's back.
What is rendered is checked again: a page that would ask another host is an error, not a page.

Folium's own page has no language, no title and forbids zooming, so `map_parts` gives the pieces
for a page of ours, and `inline_html` a page that needs no server, for notebooks.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.elements import JSCSSMixin
from folium.plugins import Realtime
from folium.template import Template
from folium.utilities import JsCode

from geo_dispatch.kernel.geo import LonLat

STATIC: Final = "/static/"
"""Where the API serves ``api/static``."""

_VENDOR: Final = STATIC + "vendor/"

# No jQuery, Bootstrap or icon fonts: nothing that our maps draw needs them.
folium.Map.default_js = [("leaflet", _VENDOR + "leaflet/leaflet.js")]
folium.Map.default_css = [("leaflet_css", _VENDOR + "leaflet/leaflet.css")]
Realtime.default_js = [("leaflet_realtime", _VENDOR + "leaflet-realtime/leaflet-realtime.js")]

_FOREIGN: Final = re.compile(r"""["'(=]\s*(?:https?:)?//[^"')\s]*""")
_JQUERY: Final = re.compile(r"""\$\([`"'\w]""")
_CSS_URL: Final = re.compile(r"url\((images/[\w.-]+)\)")


class Basemap(JSCSSMixin):
    """Streets, water, woods, buildings and names from a PMTiles file on our own server."""

    default_js = [  # noqa: RUF012 - folium's own shape
        ("protomaps_leaflet", _VENDOR + "protomaps-leaflet/protomaps-leaflet.js"),
        ("geo_dispatch_basemap", STATIC + "js/basemap.js"),
    ]
    _template = Template("""
        {% macro script(this, kwargs) %}
            geoDispatchBasemap({{ this.url|tojson }}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca is not typed
        self._name = "Basemap"
        self.url = url


class Fleet(Realtime):
    """Technicians: a Realtime layer that asks nobody; the page feeds it what the stream brings.

    The page's own script puts ``makeMarker(feature, latlng)`` and ``moveMarker(feature, marker)``
    on ``window.geoDispatch`` before it feeds the layer.
    """

    def __init__(self) -> None:
        super().__init__(
            JsCode("() => {}"),
            start=False,
            point_to_layer=JsCode("(f, at) => window.geoDispatch.makeMarker(f, at)"),
            update_feature=JsCode("(f, marker) => window.geoDispatch.moveMarker(f, marker)"),
        )


class HandOver(MacroElement):
    """Tells the page's own script which objects Folium has made: ``window.geoDispatch``."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            window.geoDispatch = {
                {%- for name, thing in this.things.items() %}
                {{ name }}: {{ thing.get_name() }},
                {%- endfor %}
            };
        {% endmacro %}
    """)

    def __init__(self, things: Mapping[str, Element]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca is not typed
        self._name = "HandOver"
        self.things = dict(things)


class TextTooltip(MacroElement):
    """Tooltip of a GeoJson layer: its fields as text, one a line; markup in them stays text."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            {{ this._parent.get_name() }}.bindTooltip((layer) => {
                const box = document.createElement("div");
                for (const [field, label] of {{ this.fields|tojson }}) {
                    const value = layer.feature.properties[field];
                    if (value === null || value === undefined) continue;
                    const line = document.createElement("div");
                    line.textContent = label ? `${label}: ${value}` : String(value);
                    box.append(line);
                }
                return box;
            }, {sticky: true});
        {% endmacro %}
    """)

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca is not typed
        self._name = "TextTooltip"
        self.fields = list(fields.items())


@dataclass(frozen=True, slots=True)
class MapParts:
    """A rendered map, in the pieces that a page is made of.

    Attributes
    ----------
    styles, scripts
        URLs on our own server, in the order in which they must load.
    head
        More for the head of the page, such as a layer's own style element.
    body
        The map's element.
    script
        Statements to run after the scripts and the element are there.
    """

    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    head: str
    body: str
    script: str


def new_map(bounds: tuple[float, float, float, float], **options: Any) -> folium.Map:
    """Make a map without base tiles that shows ``bounds`` (west, south, east, north)."""
    west, south, east, north = bounds
    centre = LonLat((west + east) / 2, (south + north) / 2)
    drawn = folium.Map(location=(centre.lat, centre.lon), tiles=None, **options)
    drawn.fit_bounds([(south, west), (north, east)])
    return drawn


def live_map(bounds: tuple[float, float, float, float], basemap_url: str | None) -> folium.Map:
    """Make the dispatcher's map: base map, empty fleet, and both handed to the page's script."""
    drawn = new_map(bounds, zoom_control="topleft", control_scale=True, zoom_snap=0.5)
    if basemap_url:
        drawn.add_child(Basemap(basemap_url))
    fleet = Fleet().add_to(drawn)
    drawn.add_child(HandOver({"map": drawn, "fleet": fleet}))
    return drawn


def map_parts(drawn: folium.Map) -> MapParts:
    """Render the map as parts of a page of ours.

    Raises
    ------
    ValueError
        A part asks another host, or needs a library that we don't serve.
    """
    figure = drawn.get_root()
    if not isinstance(figure, Figure):
        raise TypeError(f"a map hangs in a Figure, not in {type(figure).__name__}")
    for child in list(figure._children.values()):  # noqa: SLF001 - branca has no other way in
        child.render()
    own = {drawn.get_name(), "meta_http"}  # viewport and full-page styles; the page has its own
    header = {n: e for n, e in figure.header._children.items() if n not in own}  # noqa: SLF001
    links = (JavascriptLink, CssLink)
    parts = MapParts(
        styles=tuple(e.url for e in header.values() if isinstance(e, CssLink)),
        scripts=tuple(e.url for e in header.values() if isinstance(e, JavascriptLink)),
        head="".join(e.render() for e in header.values() if not isinstance(e, links)),
        body=figure.html.render(),
        script=figure.script.render(),
    )
    _refuse_foreign(parts)
    return parts


def inline_html(drawn: folium.Map, title: str = "Map") -> str:
    """Render the map as a whole page that carries its assets with it."""
    parts = map_parts(drawn)
    styles = "".join(f"<style>{_style(url)}</style>" for url in parts.styles)
    scripts = "".join(f"<script>{_script(url)}</script>" for url in parts.scripts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}'
        "</title><style>html,body,.folium-map{height:100%;width:100%;margin:0}</style>"
        f"{styles}{parts.head}{scripts}</head><body>{parts.body}"
        f"<script>{parts.script}</script></body></html>"
    )


def _refuse_foreign(parts: MapParts) -> None:
    foreign = [url for url in (*parts.styles, *parts.scripts) if not url.startswith(STATIC)]
    for text in (parts.head, parts.body, parts.script):
        foreign += [match.lstrip("\"'(= \n") for match in _FOREIGN.findall(text)]
    if foreign:
        raise ValueError(
            f"the map would ask other hosts: {', '.join(sorted(set(foreign)))}; "
            "serve the assets from api/static and repoint Folium's class lists in this module"
        )
    if _JQUERY.search(parts.script):
        raise ValueError(
            "the map uses jQuery, which our pages don't carry; use TextTooltip, not folium.Popup"
        )


def _asset(url: str) -> Traversable:
    # Data of the sibling package, found without importing it.
    return resources.files("api").joinpath("static", *url.removeprefix(STATIC).split("/"))


def _script(url: str) -> str:
    return _asset(url).read_text("utf-8").replace("</script", "<\\/script")


def _style(url: str) -> str:
    folder = url.rpartition("/")[0]

    def as_data(match: re.Match[str]) -> str:
        image = base64.b64encode(_asset(f"{folder}/{match[1]}").read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{image})"

    return _CSS_URL.sub(as_data, _asset(url).read_text("utf-8"))
