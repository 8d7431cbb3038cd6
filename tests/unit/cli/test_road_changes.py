"""`geo-dispatch roads close` and its like, as people type them."""

import json

import pytest
import shapely

from tests.support.ascii_map import AsciiMap

TOWN = AsciiMap("A----B----C\n|         |\nD---------E")


@pytest.fixture
def cli(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("GEO_DISPATCH_AREA", "town")
    source = TOWN.write(tmp_path / "town.osm")
    assert cli("roads", "build", source, "--area", "town")[0] == 0
    assert cli("db", "upgrade")[0] == 0
    return cli


@pytest.fixture
def area(tmp_path):
    """A GeoJSON file with the street from A to B in it."""
    (west, south), (east, north) = TOWN.place("A"), TOWN.between("A", "B", 0.9)
    box = shapely.box(west, south - 1e-4, east, north + 1e-4)
    path = tmp_path / "area.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(box)}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_what_is_closed_slowed_and_set_is_listed_and_undone(cli, area, tmp_path):
    table = tmp_path / "speeds.csv"
    table.write_text(f"way_id,kmh,direction\n{TOWN.way_id('BC')},10,forward\n")
    close = ("close", area, "--reason", "works", "--name", "AB")
    slow = ("slow", area, "--factor", "1.5", "--reason", "ice", "--until", "2199-01-01T08:00")
    speeds = ("speeds", table, "--reason", "measured")
    ids = []
    for arguments in (close, slow, speeds):
        status, out, err = cli("roads", *arguments)
        assert status == 0, err
        assert "in force" in out
        ids.append(out.split()[0])
    listed = cli("roads", "changes")[1].splitlines()
    assert [line.split()[0] for line in listed] == ids
    assert "AB: works" in listed[0]
    assert "factor x1.5" in listed[1]
    assert "until 2199-01-01 08:00" in listed[1]
    assert "1 streets (0.1 km)" in listed[2]
    assert "undone" in cli("roads", "undo", ids[0])[1]
    assert [line.split()[0] for line in cli("roads", "changes")[1].splitlines()] == ids[1:]
    assert len(cli("roads", "changes", "--all")[1].splitlines()) == 3


def test_streets_are_closed_by_osm_way(cli):
    status, out, _ = cli("roads", "close", "--way", TOWN.way_id("DE"), "--reason", "works")
    assert status == 0
    assert "closure" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("close", "--reason", "works"), "name OSM ways, or give an area"),
        (("close", "--way", "7", "--reason", "works"), "OSM way 7 is no street of area town"),
        (("close", "AREA", "--reason", " "), "reason: is empty"),
        (("slow", "AREA", "--factor", "0", "--reason", "ice"), "0 is no factor"),
        (("close", "nothing.geojson", "--reason", "works"), "cannot be read"),
        (("undo", "rc_none"), "no change on the roads 'rc_none'"),
    ],
)
def test_what_is_wrong_is_told(cli, area, arguments, told):
    given = [area if one == "AREA" else one for one in arguments]
    status, _, err = cli("roads", *given)
    assert status == 1
    assert told in err


def test_a_file_that_is_no_area_or_no_table_is_refused_by_name(cli, tmp_path):
    path = tmp_path / "odd.json"
    for text, told in (
        ("nonsense", "no GeoJSON"),
        ('{"type":"Point","coordinates":[1,2]}', "no polygon"),
    ):
        path.write_text(text)
        status, _, err = cli("roads", "close", path, "--reason", "works")
        assert (status, told in err) == (1, True), err
    path.write_text("way_id,kmh\nx,30\n7,fast\n")
    status, _, err = cli("roads", "speeds", path, "--reason", "works")
    assert status == 1
    assert "line 2" in err
    assert "line 3" in err
