"""Areas in which driving takes longer, or is not possible."""

import pytest
import shapely

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


def test_a_closed_area_is_driven_around_and_cannot_be_reached(town):
    closed = RoadEngine(slowed(town.engine.graph, around(town, "B", "C"), None))
    before = seconds(town.engine, town, "A", "D")
    assert seconds(closed, town, "A", "D") > before
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
