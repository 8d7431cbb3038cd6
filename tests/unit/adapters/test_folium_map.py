"""Folium with our own assets only."""

import re

import folium
import pytest
from folium.plugins import MarkerCluster

from geo_dispatch.adapters.folium_map import (
    TextTooltip,
    inline_html,
    live_map,
    map_parts,
    new_map,
)

BOUNDS = (9.47, 47.05, 9.64, 47.27)

POINT = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "</script><b>Café</b>"},
            "geometry": {"type": "Point", "coordinates": [9.52, 47.14]},
        }
    ],
}


def point_layer(drawn):
    return folium.GeoJson(POINT, marker=folium.CircleMarker(radius=4)).add_to(drawn)


def test_live_map_asks_only_our_own_server():
    parts = map_parts(live_map(BOUNDS, "/basemap/liechtenstein.pmtiles"))
    assert parts.styles == ("/static/vendor/leaflet/leaflet.css",)
    assert all(url.startswith("/static/") for url in parts.scripts)
    assert "//" not in parts.script


def test_live_map_draws_the_base_map_before_the_fleet_and_hands_both_over():
    script = map_parts(live_map(BOUNDS, "/basemap/x.pmtiles")).script
    order = [
        script.index(s) for s in ("geoDispatchBasemap(", "L.realtime(", "window.geoDispatch =")
    ]
    assert order == sorted(order)
    assert '"start": false' in script


def test_live_map_works_without_a_base_map():
    parts = map_parts(live_map(BOUNDS, None))
    assert "geoDispatchBasemap" not in parts.script
    assert not any("protomaps" in url for url in parts.scripts)


def test_map_parts_leave_out_the_viewport_that_forbids_zooming():
    assert "user-scalable" not in map_parts(live_map(BOUNDS, None)).head


def test_a_plain_folium_map_uses_our_assets_too():
    drawn = folium.Map(tiles=None)
    page = drawn.get_root().render()
    assert re.findall(r'(?:src|href)="(?!/static/)([^"]*)"', page) == []


def test_a_plugin_of_another_host_is_refused_by_name():
    drawn = new_map(BOUNDS)
    MarkerCluster().add_to(drawn)
    with pytest.raises(ValueError, match=r"would ask other hosts: https://.*markercluster"):
        map_parts(drawn)


def test_tiles_of_another_host_are_refused():
    drawn = new_map(BOUNDS)
    folium.TileLayer("OpenStreetMap").add_to(drawn)
    with pytest.raises(ValueError, match=r"tile\.openstreetmap\.org"):
        map_parts(drawn)


def test_a_popup_is_refused_for_it_needs_jquery():
    drawn = new_map(BOUNDS)
    folium.Marker((47.1, 9.5), popup="hello").add_to(drawn)
    with pytest.raises(ValueError, match="TextTooltip"):
        map_parts(drawn)


def test_inline_page_needs_no_server():
    drawn = new_map(BOUNDS)
    point_layer(drawn)
    page = inline_html(drawn, "Vaduz & around")
    assert '<html lang="en">' in page
    assert "<title>Vaduz &amp; around</title>" in page
    assert re.findall(r"<(?:script|link)[^>]+(?:src|href)=", page) == []
    assert "url(images/" not in page


def test_markup_in_data_does_not_end_the_script():
    drawn = new_map(BOUNDS)
    TextTooltip({"name": ""}).add_to(point_layer(drawn))
    page = inline_html(drawn)
    assert "</script><b>" not in page
    assert "textContent" in page


def test_rendering_one_map_leaves_the_next_one_clean():
    first, second = live_map(BOUNDS, "/basemap/x.pmtiles"), new_map(BOUNDS)
    assert len(map_parts(first).scripts) > 1
    assert map_parts(second).scripts == ("/static/vendor/leaflet/leaflet.js",)
