"""The base map: one file of tiles with all that a person looks for on a map."""

import pyogrio
import pytest

from geo_dispatch.adapters.basemap import DRAWN, LAYER, MAX_ZOOM, MIN_ZOOM, build_basemap
from geo_dispatch.kernel.errors import InvalidFile
from tests.support.extract import LIECHTENSTEIN, write_osm


@pytest.fixture(scope="module")
def basemap(tmp_path_factory):
    out = tmp_path_factory.mktemp("map") / "made" / "basemap.pmtiles"
    assert build_basemap(LIECHTENSTEIN, out) > 5000
    return out


def read(path, zoom):
    return pyogrio.read_dataframe(path, layer=LAYER, ZOOM_LEVEL=zoom)


@pytest.mark.parametrize("zoom", [MIN_ZOOM, 12, MAX_ZOOM])
def test_every_kind_is_drawn_at_every_zoom(basemap, zoom):
    assert set(read(basemap, zoom).kind) == set(DRAWN)


def test_streets_carry_their_names_and_classes(basemap):
    roads = read(basemap, MAX_ZOOM).query("kind == 'road'")
    assert {"Landstrasse", "Städtle"} <= set(roads.name)
    assert {"primary", "secondary", "residential", "service", "track"} <= set(roads.cls)


def test_pieces_of_a_street_are_one_line(tmp_path):
    lines = [
        (((9.5 + i / 100, 47.1), (9.51 + i / 100, 47.1)), {"highway": "primary", "name": "Road"})
        for i in range(5)
    ]
    assert build_basemap(write_osm(tmp_path / "x.osm", lines=lines), tmp_path / "out") == 1


def test_pieces_with_other_names_stay_apart(tmp_path):
    lines = [
        (((9.5, 47.1), (9.51, 47.1)), {"highway": "primary", "name": "A"}),
        (((9.51, 47.1), (9.52, 47.1)), {"highway": "primary", "name": "B"}),
    ]
    assert build_basemap(write_osm(tmp_path / "x.osm", lines=lines), tmp_path / "out") == 2


def test_a_shared_border_is_drawn_once_under_its_highest_level(basemap):
    borders = read(basemap, MAX_ZOOM).query("kind == 'boundary'")
    assert set(borders.cls) == {"2", "6", "8"}
    by_level = {level: part.union_all() for level, part in borders.groupby("cls").geometry}
    shared = by_level["2"].buffer(1).intersection(by_level["8"]).length
    assert shared < 0.01 * by_level["8"].length


def test_an_extract_with_nothing_to_draw_is_refused_and_leaves_nothing(tmp_path):
    empty = write_osm(tmp_path / "x.osm", points=[((9.5, 47.1), {"shop": "yes"})])
    with pytest.raises(InvalidFile, match="nothing to draw"):
        build_basemap(empty, tmp_path / "out" / "basemap.pmtiles")
    assert not (tmp_path / "out").exists()


def test_a_bad_extract_leaves_the_old_map(tmp_path):
    out, bad = tmp_path / "basemap.pmtiles", tmp_path / "bad.osm.pbf"
    out.write_bytes(b"old")
    bad.write_bytes(b"not OSM")
    with pytest.raises(InvalidFile):
        build_basemap(bad, out)
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.osm.pbf", "basemap.pmtiles"]
