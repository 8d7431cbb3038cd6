"""Which streets an area or an OSM way is about."""

import numpy as np
import pytest
import shapely

from geo_dispatch.roads.touching import MOST_DRAWN, drawn, inside, on_ways, streets_of_way
from tests.support.ascii_map import AsciiMap, Town, build_file
from tests.support.extract import LIECHTENSTEIN

MAP = """
A----B----C
     |
     D
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    drawing = AsciiMap(MAP, ways={"ABC": {}})  # one way of two streets
    return Town(drawing, tmp_path_factory.mktemp("touching"))


@pytest.fixture(scope="module")
def area():
    return build_file(LIECHTENSTEIN, "LI")[0]


def names(graph, streets):
    return sorted({graph.name_of(street) for street in streets})


def test_a_way_is_all_the_streets_that_it_became(town):
    graph, way = town.graph, town.map.way_id
    (whole, share), (side, _) = streets_of_way(graph, [way("ABC"), way("BD")])
    assert len(whole) == 2
    assert share.tolist() == [1.0, 1.0]
    assert names(graph, whole) == ["ABC"]
    assert names(graph, side) == ["BD"]


def test_a_way_that_is_not_there_is_told_once(town):
    found = on_ways(town.graph, [7, town.map.way_id("BD"), 7])
    assert found.lacking == (7,)
    assert names(town.graph, found.streets) == ["BD"]
    assert [len(streets) for streets, _ in found.by_way] == [0, 1, 0]


def test_a_number_that_no_way_can_have_is_not_there_either(town):
    odd = (-7, 0, 2**63, -(2**80))
    assert on_ways(town.graph, odd).lacking == odd


def test_every_street_that_touches_an_area_is_found_as_by_looking_at_all(area):
    rng = np.random.default_rng(5)
    west, south, east, north = area.bounds
    lines = [shapely.LineString(area.shape_of(street)) for street in range(area.n_streets)]
    for _ in range(5):
        centre = shapely.Point(*rng.uniform((west, south), (east, north)))
        zone = centre.buffer(rng.uniform(0.001, 0.02), quad_segs=3)
        found = inside(area, zone, in_part=True)
        assert found.streets.tolist() == [
            street for street, line in enumerate(lines) if line.intersects(zone)
        ]
        share = [lines[one].intersection(zone).length / lines[one].length for one in found.streets]
        assert found.share == pytest.approx(share, abs=1e-6)


def test_an_area_beside_all_streets_touches_none(area):
    west, south, _, _ = area.bounds
    found = inside(
        area, shapely.box(west - 0.2, south - 0.2, west - 0.1, south - 0.1), in_part=True
    )
    assert len(found.streets) == len(found.share) == 0
    assert drawn(area, found.streets).is_empty


def test_few_streets_are_drawn_to_the_point_and_many_within_bounds(area):
    few = np.arange(40)
    assert drawn(area, few).length == pytest.approx(
        sum(shapely.LineString(area.shape_of(street)).length for street in few)
    )
    many = drawn(area, np.arange(area.n_streets))
    assert 1000 < shapely.get_num_coordinates(many) <= MOST_DRAWN
