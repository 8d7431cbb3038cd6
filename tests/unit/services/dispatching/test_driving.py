"""Batches of legs get the drive times that each would get alone."""

import itertools

import pytest

from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.services.dispatching.driving import (
    drive_times,
    drives_on,
    remember,
    remembered,
    roads_on,
)
from tests.support.ascii_map import AsciiMap, Town

SQUARE = """
A----B----C
|    |    |
D----E----F
"""
NOWHERE = LonLat(9.9, 47.3)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    ways = {"AB": {"oneway": "yes"}, "EF": {"maxspeed": "10"}}
    return Town(AsciiMap(SQUARE, ways), tmp_path_factory.mktemp("square"))


def test_each_leg_gets_its_own_time_in_its_own_direction(town):
    pairs = list(itertools.permutations("ABCDEF", 2))
    times = drive_times(town.engine, [(town.at(a), town.at(b)) for a, b in pairs])
    assert times == [town.seconds(a, b) for a, b in pairs]


def test_a_leg_from_nowhere_has_no_time_and_spoils_no_other(town):
    legs = [(NOWHERE, town.at("A")), (town.at("B"), town.at("A")), (town.at("B"), NOWHERE)]
    assert drive_times(town.engine, legs) == [None, town.seconds("B", "A"), None]


def test_no_legs_need_no_roads(town):
    assert drive_times(town.engine, []) == []


def test_no_drive_takes_less_than_the_roads_promise(town):
    places = [
        town.map.between(a, b, share, 300.0) for a, b in ("AB", "DE", "CF") for share in (0, 0.3)
    ]
    for job in places:
        roads = roads_on(town.engine)
        times = roads.drive_times([(place, job) for place in places])
        for place, time_s in zip(places, times, strict=True):
            assert roads.least_s(haversine_m(place, job)) <= time_s


def test_a_place_away_from_all_streets_still_has_a_bound(town):
    assert roads_on(town.engine).least_s(1500.0) == 0


def test_ways_to_a_place_and_on_from_it_cost_one_search_each(town):
    site = town.at("B")
    legs = [(town.at(a), site) for a in "ACDEF"] + [(site, town.at(a)) for a in "ACDEF"]
    expected = [town.seconds(a, "B") for a in "ACDEF"] + [town.seconds("B", a) for a in "ACDEF"]
    assert drive_times(town.engine, legs) == expected


def test_what_was_asked_of_a_graph_is_remembered_for_it_alone(town, tmp_path):
    first, other = (town.at("A"), town.at("F")), (town.at("F"), town.at("A"))
    drives_on(town.engine).prefetch([first])
    assert remembered(town.engine)[first] == town.seconds("A", "F")
    assert remembered(Town(AsciiMap(SQUARE), tmp_path).engine) == {}
    asked = drives_on(town.engine)
    asked.prefetch([other, first])
    assert dict(asked.known) == {
        other: town.seconds("F", "A"),
        first: town.seconds("A", "F"),
    }
    remember(town.engine, {(NOWHERE, NOWHERE): 0.0})
    assert {first, other, (NOWHERE, NOWHERE)} <= set(remembered(town.engine))
