"""Areas and speeds from people's files: all polygons together, and faults in people's words."""

import json

import pytest
import shapely

from geo_dispatch.adapters.road_change_files import read_area, read_speeds
from geo_dispatch.kernel.errors import InvalidFile


@pytest.fixture
def features(tmp_path):
    """A function that writes shapes as the features of a file; it returns the path."""

    def written(*shapes):
        path = tmp_path / "area.geojson"
        made = [
            {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(one)}
            for one in shapes
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": made}))
        return path

    return written


@pytest.mark.parametrize("west", [9.51, 9.52], ids=["overlap", "touch"])
def test_polygons_that_touch_or_overlap_are_one_area(features, west):
    here, there = shapely.box(9.5, 47.1, 9.52, 47.2), shapely.box(west, 47.1, 9.54, 47.2)
    area = read_area(features(here, there))
    assert area.is_valid
    assert area.equals(shapely.box(9.5, 47.1, 9.54, 47.2))


def test_a_polygon_that_crosses_itself_is_left_to_be_refused(features):
    bow = shapely.Polygon([(9.5, 47.1), (9.6, 47.2), (9.6, 47.1), (9.5, 47.2)])
    assert not read_area(features(bow, shapely.box(9.5, 47.1, 9.52, 47.2))).is_valid


@pytest.mark.parametrize("line", ["1,30,up", "1.5,30,", "1,fast,both", "1,,"])
def test_a_line_that_is_no_speed_is_told_as_it_stands_with_what_it_should_be(tmp_path, line):
    path = tmp_path / "speeds.csv"
    path.write_text(f"way_id,kmh,direction\n7,30,\n{line}\n")
    with pytest.raises(InvalidFile, match="is no table of speeds: line 3: way_id '1") as caught:
        read_speeds(path)
    (fault,) = caught.value.faults
    assert fault.message.endswith("and both, forward, backward or nothing")
    assert "is not" not in fault.message
