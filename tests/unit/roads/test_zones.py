"""Areas in which driving takes longer, or is not possible."""

import pytest
import shapely

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.zones import slowed
from tests.support.ascii_map import AsciiMap, Town

MAP = """
A----B----C----D
|              |
E--------------F
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap(MAP), tmp_path_factory.mktemp("zones"))


def around(town, first, last, margin=0.0001):
    west, east = sorted((town.at(first).lon, town.at(last).lon))
    lat = town.at(first).lat
    return shapely.box(west + margin, lat - margin, east - margin, lat + margin)


def seconds(engine, town, start, end):
    return engine.drive_times(town.at(start), [town.at(end)])[0]


def test_driving_inside_takes_so_many_times_as_long(town):
    area = shapely.box(*shapely.buffer(shapely.box(*town.engine.bounds), 0.01).bounds)
    slow = RoadEngine(slowed(town.engine.graph, area, 2.0))
    before = seconds(town.engine, town, "A", "B")
    assert seconds(slow, town, "A", "B") == pytest.approx(2 * before, abs=0.01)


def test_a_street_that_lies_inside_by_half_is_slowed_by_half(town):
    a, b = town.at("A"), town.at("B")
    half = shapely.box(a.lon - 0.01, a.lat - 0.0001, (a.lon + b.lon) / 2, a.lat + 0.0001)
    slow = RoadEngine(slowed(town.engine.graph, half, 3.0))
    before = seconds(town.engine, town, "A", "B")
    assert seconds(slow, town, "A", "B") == pytest.approx(2 * before, abs=0.05)


def test_around_a_slow_area_there_may_be_a_quicker_way(town):
    slow = RoadEngine(slowed(town.engine.graph, around(town, "B", "C"), 50.0))
    around_s = sum(seconds(town.engine, town, *leg) for leg in ("AE", "EF", "FD"))
    assert seconds(slow, town, "A", "D") == pytest.approx(around_s, rel=0.35)
    assert seconds(slow, town, "A", "D") > seconds(town.engine, town, "A", "D")


def test_a_closed_area_is_driven_around(town):
    closed = RoadEngine(slowed(town.engine.graph, around(town, "B", "C"), None))
    around_s = sum(seconds(town.engine, town, *leg) for leg in ("AE", "EF", "FD"))
    assert seconds(closed, town, "A", "D") == pytest.approx(around_s, rel=0.35)


def test_to_a_place_on_a_closed_street_one_goes_as_far_as_streets_are_open_and_back(town):
    closed = RoadEngine(slowed(town.engine.graph, around(town, "B", "C"), None))
    b, c = town.at("B"), town.at("C")
    near_b = LonLat(b.lon + (c.lon - b.lon) / 4, b.lat)
    (to_s,) = closed.drive_times(town.at("A"), [near_b])
    assert to_s == pytest.approx(seconds(town.engine, town, "A", "B"), abs=0.1)
    assert closed.drive_times(near_b, [town.at("A")])[0] == pytest.approx(to_s, abs=0.1)
    (onward_s,) = closed.drive_times(near_b, [town.at("C")])
    assert onward_s > to_s + seconds(town.engine, town, "A", "E"), "not through"


def test_what_is_far_from_every_open_street_cannot_be_reached(town):
    wall = shapely.box(*shapely.buffer(shapely.box(*town.engine.bounds), 0.01).bounds)
    walled = RoadEngine(slowed(town.engine.graph, wall, None))
    assert seconds(walled, town, "A", "B") is None


def test_the_graph_itself_stays_as_it_is(town):
    before = town.engine.graph.drive_ms.copy()
    slowed(town.engine.graph, around(town, "A", "D"), None)
    assert (town.engine.graph.drive_ms == before).all()


def test_a_factor_of_nothing_is_refused(town):
    with pytest.raises(ValueError, match="above 0"):
        slowed(town.engine.graph, around(town, "A", "D"), 0.0)
