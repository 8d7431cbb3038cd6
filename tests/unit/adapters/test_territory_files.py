"""Territory files: what is written is read back, and reads well in a diff."""

import json

import pytest
import shapely

from geo_dispatch.adapters.territory_files import read_territories, write_territories
from geo_dispatch.kernel.errors import InvalidFile, InvalidGeometry
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.territory.model import Territory
from tests.support.shapes import random_territories, square, territory

RING = territory("Ring", square(0, 0, 3, 3).difference(square(1, 1)), square(5, 0))


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def file_of(tmp_path, *features, **members):
    path = tmp_path / "given.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features} | members))
    return path


def test_what_is_written_is_read_back(tmp_path):
    coloured = Territory(TerritoryId("zürich-1"), "Zürich «Nord»", RING.area, "#4e79a7")
    write_territories(tmp_path / "out" / "t.geojson", [coloured, RING])
    ring, read = read_territories(tmp_path / "out" / "t.geojson")
    assert (read.id, read.name, read.colour) == ("zürich-1", "Zürich «Nord»", "#4e79a7")
    assert ring.area.equals(RING.area)


def test_one_feature_is_one_line_in_the_order_of_ids(tmp_path):
    path = tmp_path / "t.geojson"
    write_territories(path, [territory("B", square(1, 0)), territory("A", square(0, 0))])
    first, *lines, last, end = path.read_text().split("\n")
    assert (first, last, end) == ('{"type":"FeatureCollection","features":[', "]}", "")
    assert [json.loads(line.rstrip(","))["id"] for line in lines] == ["a", "b"]


def test_the_same_territories_make_the_same_bytes_however_they_were_drawn(tmp_path):
    backwards = shapely.MultiPolygon([p.reverse().normalize() for p in RING.area.geoms][::-1])
    write_territories(tmp_path / "a", [RING])
    write_territories(tmp_path / "b", [Territory(RING.id, RING.name, backwards)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_writing_what_was_read_changes_no_byte(tmp_path):
    write_territories(tmp_path / "a", random_territories(7))
    write_territories(tmp_path / "b", read_territories(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_outer_rings_run_counterclockwise_and_decimals_are_seven(tmp_path):
    thirds = shapely.Polygon([(1 / 3, 1 / 3), (2 / 3, 1 / 3), (1 / 3, 2 / 3)])
    write_territories(tmp_path / "t", [territory("T", shapely.Polygon(thirds.exterior.coords))])
    (read,) = read_territories(tmp_path / "t")
    assert read.area.geoms[0].exterior.is_ccw
    assert "0.3333333," in (tmp_path / "t").read_text()


def test_plain_polygons_and_files_without_ids_are_read(tmp_path):
    polygon = shapely.geometry.mapping(square(0, 0))
    path = file_of(tmp_path, feature(polygon, name="Région Nord"))
    (read,) = read_territories(path)
    assert (read.id, read.name, len(read.area.geoms)) == ("region-nord", "Région Nord", 1)


def test_heights_are_let_go(tmp_path):
    ring = [[9.5, 47.1, 400], [9.6, 47.1, 400], [9.6, 47.2, 400], [9.5, 47.1, 400]]
    (read,) = read_territories(
        file_of(tmp_path, feature({"type": "Polygon", "coordinates": [ring]}))
    )
    assert not read.area.has_z


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a GeoJSON file"),
        ("PK\x03\x04", "is not a GeoJSON file"),
        ("[1, 2]", "holds 'list', not a FeatureCollection"),
        ('{"type": "Topology"}', "holds 'Topology', not a FeatureCollection"),
        ('{"type": "FeatureCollection", "features": 3}', "with a list of features"),
    ],
)
def test_a_file_that_is_not_geojson_is_refused(tmp_path, text, message):
    path = tmp_path / "bad.geojson"
    path.write_text(text)
    with pytest.raises(InvalidFile, match=message):
        read_territories(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidFile, match=r"there is no file .*gone\.geojson"):
        read_territories(tmp_path / "gone.geojson")


def test_another_coordinate_system_is_refused_with_the_remedy(tmp_path):
    def crs(name):
        return {"type": "name", "properties": {"name": name}}

    with pytest.raises(InvalidFile, match=r"EPSG::2056.*export it in WGS84"):
        read_territories(file_of(tmp_path, crs=crs("urn:ogc:def:crs:EPSG::2056")))
    assert read_territories(file_of(tmp_path, crs=crs("urn:ogc:def:crs:OGC:1.3:CRS84"))) == []


def test_features_that_are_no_polygons_are_all_named(tmp_path):
    good = shapely.geometry.mapping(square(0, 0))
    bad = [
        feature({"type": "Point", "coordinates": [9.5, 47.1]}, name="Depot"),
        feature(None, name="Nothing"),
        feature({"type": "Polygon", "coordinates": [[[9.5, 47.1], [9.6, 47.1]]]}),
        feature({"type": "Polygon", "coordinates": [[["9.5", 47.1]] * 4]}),
        feature({"type": "Polygon", "coordinates": []}),
        feature({"type": "MultiPolygon", "coordinates": 5}),
        {"type": "Polygon"},
        17,
    ]
    with pytest.raises(InvalidGeometry, match="8 of 9 features are no territories") as caught:
        read_territories(file_of(tmp_path, feature(good, name="Good"), *bad))
    messages = [str(fault) for fault in caught.value.faults]
    assert messages[0] == (
        "features[1] (Depot): has the geometry 'Point'; draw a Polygon or MultiPolygon"
    )
    assert "ring of 2 corners" in messages[2]
    assert "position ['9.5', 47.1]" in messages[3]
    assert len(messages) == 8


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "t.geojson"
    write_territories(path, [RING])
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        write_territories(path, [RING, None])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["t.geojson"]
