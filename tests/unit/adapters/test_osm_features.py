"""Features of an extract: each thing once, under the kind that the map and the search know."""

from collections import Counter

import pytest

from geo_dispatch.adapters.osm_features import Address, read_boundaries, read_features
from geo_dispatch.kernel.errors import InvalidFile
from tests.support.extract import LIECHTENSTEIN, write_osm

SQUARE = ((9.5, 47.1), (9.51, 47.1), (9.51, 47.11), (9.5, 47.11), (9.5, 47.1))
LINE = ((9.5, 47.1), (9.52, 47.12))


@pytest.fixture(scope="module")
def sample():
    return list(read_features(LIECHTENSTEIN))


def only(path):
    (feature,) = read_features(path)
    return feature


@pytest.mark.parametrize(
    ("tags", "kind", "cls"),
    [
        ({"building": "yes", "shop": "bakery"}, "building", "yes"),
        ({"landuse": "forest"}, "forest", "forest"),
        ({"natural": "water", "leisure": "park"}, "water", "water"),
        ({"amenity": "school"}, "venue", "school"),
    ],
)
def test_an_area_is_what_its_first_known_tag_says(tmp_path, tags, kind, cls):
    feature = only(write_osm(tmp_path / "x.osm", lines=[(SQUARE, tags)]))
    assert (feature.ref, feature.kind, feature.cls) == ("way/1", kind, cls)
    assert feature.geometry.geom_type == "MultiPolygon"


@pytest.mark.parametrize(
    ("tags", "kind", "cls"),
    [
        ({"highway": "primary_link", "name": "Ramp"}, "road", "primary"),
        ({"railway": "rail"}, "rail", "rail"),
        ({"waterway": "river"}, "waterway", "river"),
    ],
)
def test_a_line_is_what_its_first_known_tag_says(tmp_path, tags, kind, cls):
    feature = only(write_osm(tmp_path / "x.osm", lines=[(LINE, tags)]))
    assert (feature.kind, feature.cls) == (kind, cls)
    assert feature.geometry.geom_type == "LineString"


def test_what_is_on_no_list_is_left_out(tmp_path):
    path = write_osm(
        tmp_path / "x.osm",
        points=[((9.5, 47.1), {"highway": "crossing"})],
        lines=[(LINE, {"highway": "proposed"}), (SQUARE, {"building": "no"}), (LINE, {})],
    )
    assert list(read_features(path)) == []


def test_an_address_comes_with_the_thing_that_has_it(tmp_path):
    tags = {
        "building": "yes",
        "addr:street": "Städtle",
        "addr:housenumber": "43",
        "addr:postcode": "9490",
        "addr:city": "Vaduz",
    }
    feature = only(write_osm(tmp_path / "x.osm", lines=[(SQUARE, tags)]))
    assert feature.address == Address("Städtle", "43", "9490", "Vaduz")


def test_an_area_whose_outline_crosses_itself_is_left_out(tmp_path):
    bow = ((9.5, 47.1), (9.52, 47.12), (9.52, 47.1), (9.5, 47.12), (9.5, 47.1))
    assert (
        list(read_features(write_osm(tmp_path / "x.osm", lines=[(bow, {"building": "1"})]))) == []
    )


def test_the_sample_has_the_things_of_a_small_country(sample):
    counts = Counter(feature.kind for feature in sample)
    assert counts["building"] == 3723
    assert counts["road"] == 2747
    assert counts["place"] == 20
    assert max(Counter((feature.ref, feature.kind) for feature in sample).values()) == 1
    assert all(feature.geometry.is_valid for feature in sample if feature.kind != "road")


def test_the_municipalities_are_read_whole_with_their_exclaves():
    parts = {b.name: len(b.geometry.geoms) for b in read_boundaries(LIECHTENSTEIN, "8")}
    assert len(parts) == 11
    assert sum(count > 1 for count in parts.values()) == 7
    assert parts["Vaduz"] == 7


def test_a_level_without_boundaries_is_refused_with_those_there_are():
    with pytest.raises(InvalidFile, match="no complete boundary of admin_level 4; it has 2, 6, 8"):
        read_boundaries(LIECHTENSTEIN, "4")


@pytest.mark.parametrize("name", ["page.osm.pbf", "page.osm", "page.txt"])
def test_a_file_that_is_not_osm_is_refused_by_name(tmp_path, name):
    path = tmp_path / name
    path.write_text("<html>404</html>")
    with pytest.raises(InvalidFile, match=f"{name} is not an OSM extract"):
        list(read_features(path))


def test_a_truncated_extract_is_refused(tmp_path):
    path = tmp_path / "half.osm.pbf"
    path.write_bytes(LIECHTENSTEIN.read_bytes()[:100_000])
    with pytest.raises(InvalidFile, match="is not an OSM extract that can be read"):
        list(read_features(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidFile, match="there is no file"):
        list(read_features(tmp_path / "gone.osm.pbf"))


def test_progress_is_told():
    told = []
    list(read_features(LIECHTENSTEIN, lambda step, done, total: told.append((step, done, total))))
    assert len(told) > 1
    assert told[0] == ("reading features", 0, 0)
