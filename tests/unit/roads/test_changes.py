"""Changes on the road: what each does to drive times, and what several do together."""

import numpy as np
import pytest
import shapely

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.changes import (
    Direction,
    WaySpeed,
    close_streets,
    closing,
    reweighted,
    set_speeds,
    speed_factor,
    touched,
)
from geo_dispatch.roads.graph import FORBIDDEN_MS
from tests.support.ascii_map import AsciiMap, Town

MAP = """
A----B----C----D
|              |
E--------------F
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap(MAP, ways={"AE": {"oneway": "yes"}}), tmp_path_factory.mktemp("changes"))


def around(town, first, last, margin=0.0001):
    west, east = sorted((town.at(first).lon, town.at(last).lon))
    lat = town.at(first).lat
    return shapely.box(west + margin, lat - margin, east - margin, lat + margin)


def everywhere(town):
    return shapely.box(*shapely.buffer(shapely.box(*town.engine.bounds), 0.01).bounds)


def under(town, *changes):
    """The town's engine under all of the changes."""
    graph = town.engine.graph
    found = [(change, touched(graph, change)) for change in changes]
    return town.engine.with_weights(reweighted(graph, found))


def seconds(engine, town, start, end):
    return engine.drive_times(town.at(start), [town.at(end)])[0]


def street_ms(engine, town, name):
    """Both directions of a street by its name."""
    graph = engine.graph
    (street,) = (one for one in range(graph.n_streets) if graph.name_of(one) == name)
    return graph.drive_ms.reshape(-1, 2)[street].tolist()


def test_driving_inside_takes_so_many_times_as_long(town):
    slow = under(town, speed_factor(everywhere(town), 2.0))
    before = seconds(town.engine, town, "A", "B")
    assert seconds(slow, town, "A", "B") == pytest.approx(2 * before, abs=0.01)


def test_a_street_that_lies_inside_by_half_is_slowed_by_half(town):
    a, b = town.at("A"), town.at("B")
    half = shapely.box(a.lon - 0.01, a.lat - 0.0001, (a.lon + b.lon) / 2, a.lat + 0.0001)
    slow = under(town, speed_factor(half, 3.0))
    before = seconds(town.engine, town, "A", "B")
    assert seconds(slow, town, "A", "B") == pytest.approx(2 * before, abs=0.05)


def test_around_a_slow_area_there_may_be_a_quicker_way(town):
    slow = under(town, speed_factor(around(town, "B", "C"), 50.0))
    around_s = sum(seconds(town.engine, town, *leg) for leg in ("AE", "EF", "FD"))
    assert seconds(slow, town, "A", "D") == pytest.approx(around_s, rel=0.35)
    assert seconds(slow, town, "A", "D") > seconds(town.engine, town, "A", "D")


def test_a_closed_area_is_driven_around(town):
    closed = under(town, close_streets(area=around(town, "B", "C")))
    around_s = sum(seconds(town.engine, town, *leg) for leg in ("AE", "EF", "FD"))
    assert seconds(closed, town, "A", "D") == pytest.approx(around_s, rel=0.35)


def test_a_closed_osm_way_is_driven_around_like_a_closed_area(town):
    by_way = under(town, close_streets(way_ids=[town.map.way_id("BC")]))
    by_area = under(town, close_streets(area=around(town, "B", "C")))
    assert np.array_equal(by_way.graph.drive_ms, by_area.graph.drive_ms)
    assert np.array_equal(by_way.graph.snappable, by_area.graph.snappable)


def test_to_a_place_on_a_closed_street_one_goes_as_far_as_streets_are_open_and_back(town):
    closed = under(town, close_streets(area=around(town, "B", "C")))
    b, c = town.at("B"), town.at("C")
    near_b = LonLat(b.lon + (c.lon - b.lon) / 4, b.lat)
    (to_s,) = closed.drive_times(town.at("A"), [near_b])
    assert to_s == pytest.approx(seconds(town.engine, town, "A", "B"), abs=0.1)
    (onward_s,) = closed.drive_times(near_b, [town.at("C")])
    assert onward_s > to_s + seconds(town.engine, town, "A", "E"), "not through"


def test_what_is_far_from_every_open_street_cannot_be_reached(town):
    walled = under(town, close_streets(area=everywhere(town)))
    assert seconds(walled, town, "A", "B") is None
    assert walled.route(town.at("A"), town.at("B")) is None
    assert walled.reach(town.at("A"), 600).is_empty
    assert walled.why_no_way(town.at("A"), town.at("B")).count("on no street: all are closed") == 2
    assert walled.fastest_mps > 0, "the bound that searches stop by"


def test_the_closures_that_a_way_meets_are_named_and_nothing_else(town):
    changes = [
        close_streets(area=around(town, "B", "C")),
        speed_factor(everywhere(town), 2.0),
        close_streets(way_ids=[town.map.way_id("EF")]),
    ]
    found = [(change, touched(town.engine.graph, change)) for change in changes]
    assert closing(town.engine.streets_between(town.at("A"), town.at("D")), found) == [0]
    assert closing(town.engine.streets_between(town.at("E"), town.at("F")), found) == [2]
    assert closing(town.engine.streets_between(town.at("A"), town.at("B")), found) == []


def test_a_table_of_speeds_sets_the_time_of_each_way_by_direction(town):
    bc, cd = town.map.way_id("BC"), town.map.way_id("CD")
    table = [
        WaySpeed(bc, 36.0),
        WaySpeed(cd, 36.0, Direction.FORWARD),
        WaySpeed(cd, 18.0, Direction.BACKWARD),
    ]
    set_ = under(town, set_speeds(table))
    metres = 100.0  # five characters of 20 m
    assert street_ms(set_, town, "BC") == pytest.approx([metres * 100] * 2, rel=0.01)
    assert street_ms(set_, town, "CD") == pytest.approx([metres * 100, metres * 200], rel=0.01)
    assert street_ms(set_, town, "AB") == street_ms(town.engine, town, "AB")


def test_a_speed_counts_for_the_part_of_a_street_that_runs_along_the_way(tmp_path):
    drawn = AsciiMap("A----B---------C", ways={way: {"name": "Weg"} for way in ("AB", "BC")})
    town = Town(drawn, tmp_path)
    before_ms = street_ms(town.engine, town, "Weg")
    tables = [set_speeds([WaySpeed(town.map.way_id("BC"), kmh)]) for kmh in (9.0, 36.0)]
    after_ms = [ms / 3 + 20_000 for ms in before_ms]  # AB is 100 m of 300
    assert street_ms(under(town, *tables), town, "Weg") == pytest.approx(after_ms, rel=0.01)


def test_a_street_between_two_nodes_at_one_place_takes_next_to_nothing_at_any_speed(tmp_path):
    drawn = AsciiMap(MAP)
    drawn.cells["C"] = drawn.cells["B"]
    town = Town(drawn, tmp_path)
    set_ = under(town, set_speeds([WaySpeed(town.map.way_id("BC"), 30.0)]))
    assert street_ms(set_, town, "BC") == [1, 1]
    assert seconds(set_, town, "A", "D") == seconds(town.engine, town, "A", "D")


def test_no_speed_opens_a_direction_that_may_not_be_driven(town):
    set_ = under(town, set_speeds([WaySpeed(town.map.way_id("AE"), 100.0)]))
    assert street_ms(set_, town, "AE")[1] == FORBIDDEN_MS


def test_faster_streets_raise_the_bound_that_searches_stop_by(town):
    set_ = under(town, set_speeds([WaySpeed(town.map.way_id("BC"), 144.0)]))
    assert set_.fastest_mps == pytest.approx(40.0, rel=0.01)


def test_speeds_come_first_then_factors_which_multiply_then_closures(town):
    speeds = set_speeds([WaySpeed(town.map.way_id(name), 36.0) for name in ("BC", "CD")])
    changes = [
        speed_factor(everywhere(town), 2.0),
        close_streets(way_ids=[town.map.way_id("CD")]),
        speeds,
        speed_factor(around(town, "B", "C", -0.0001), 1.5),
    ]
    one = under(town, *changes)
    assert street_ms(one, town, "BC") == pytest.approx([30_000, 30_000], rel=0.01)
    assert street_ms(one, town, "CD") == [FORBIDDEN_MS, FORBIDDEN_MS]
    other = under(town, changes[2], changes[0], changes[3], changes[1])
    assert np.array_equal(one.graph.drive_ms, other.graph.drive_ms)


def test_of_two_tables_the_last_one_counts(town):
    way = town.map.way_id("BC")
    tables = [set_speeds([WaySpeed(way, kmh)]) for kmh in (18.0, 36.0)]
    assert street_ms(under(town, *tables), town, "BC") == pytest.approx([10_000] * 2, rel=0.01)


def test_no_factor_makes_a_street_impassable(town):
    slow = under(town, *[speed_factor(everywhere(town), 100.0) for _ in range(6)])
    assert street_ms(slow, town, "BC") == [FORBIDDEN_MS - 1] * 2


def test_the_graph_itself_stays_as_it_is_and_is_the_answer_to_no_change(town):
    graph = town.engine.graph
    before = graph.drive_ms.copy(), graph.snappable.copy()
    under(town, close_streets(area=around(town, "A", "D")), speed_factor(everywhere(town), 2.0))
    assert np.array_equal(graph.drive_ms, before[0])
    assert np.array_equal(graph.snappable, before[1])
    assert reweighted(graph, []) is graph
