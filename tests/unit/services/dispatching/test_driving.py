"""Batches of legs get the drive times that each would get alone."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.services.dispatching.driving import (
    drive_times,
    roads_on,
)
from tests.support.ascii_map import AsciiMap, Town

SQUARE = """
A----B----C
|    |    |
D----E----F
"""
BLOCK = """
A------------------------------------------------------------B
|                                                            |
C------------------------------------------------------------D
"""
NOWHERE = LonLat(9.9, 47.3)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    ways = {"AB": {"oneway": "yes"}, "EF": {"maxspeed": "10"}}
    return Town(AsciiMap(SQUARE, ways), tmp_path_factory.mktemp("square"))


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    """Streets so slow that neighbours on a one-way street are a quarter of an hour apart."""
    ways = {"AB": {"oneway": "yes", "maxspeed": "10"}, "CD": {"maxspeed": "10"}}
    return Town(AsciiMap(BLOCK, ways), tmp_path_factory.mktemp("block"))


def test_each_leg_gets_its_own_time_in_its_own_direction(town):
    pairs = list(itertools.permutations("ABCDEF", 2))
    times = drive_times(town.engine, [(town.at(a), town.at(b)) for a, b in pairs])
    assert times == [town.seconds(a, b) for a, b in pairs]


def test_a_leg_from_nowhere_has_no_time_and_spoils_no_other(town):
    legs = [(NOWHERE, town.at("A")), (town.at("B"), town.at("A")), (town.at("B"), NOWHERE)]
    assert drive_times(town.engine, legs) == [None, town.seconds("B", "A"), None]


def test_a_phone_that_swaps_longitude_and_latitude_spoils_no_other(town):
    swapped = LonLat(*reversed(town.at("A")))
    legs = [(swapped, town.at("A")), (town.at("B"), town.at("A"))]
    assert drive_times(town.engine, legs) == [None, town.seconds("B", "A")]
    places = np.array([swapped, town.at("B")])
    to_s, from_s = roads_on(town.engine).around(places, town.at("A"))
    assert to_s.tolist() == [np.inf, town.seconds("B", "A")]
    assert from_s.tolist() == [np.inf, town.seconds("A", "B")]


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


def test_threads_may_ask_for_the_same_ways_at_once(town):
    places = [town.map.between("D", "F", n / 60, 400.0) for n in range(40)]
    legs = list(itertools.permutations(places, 2))
    expected = drive_times(town.engine, legs[:200])
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: roads_on(town.engine).drive_times(legs[:200]), range(8))
    assert all(one == expected for one in answers)


def test_more_places_than_go_into_one_question_get_the_same_times(town):
    places = [town.map.between("D", "F", n / 600, 400.0) for n in range(600)]
    legs = list(itertools.pairwise(places))
    alone = [drive_times(town.engine, [leg]) for leg in legs[::97]]
    assert drive_times(town.engine, legs)[::97] == list(itertools.chain.from_iterable(alone))


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_many_legs_at_once_take_what_each_takes_alone(block, data):
    streets = st.sampled_from(("AB", "AC", "BD", "CD"))
    share = st.floats(0, 1)
    place = st.builds(lambda ends, part: block.map.between(*ends, part), streets, share)
    places = [*data.draw(st.lists(place, min_size=2, max_size=8, unique=True)), NOWHERE]
    pairs = st.tuples(st.sampled_from(places), st.sampled_from(places))
    legs = data.draw(st.lists(pairs, max_size=20))
    alone = [block.engine.drive_times(start, [end])[0] for start, end in legs]
    assert drive_times(block.engine, legs) == alone


def test_a_way_much_longer_than_it_looks_is_found(block):
    near, ahead = (block.map.between("A", "B", share) for share in (0.5, 0.55))
    [there_s, back_s] = drive_times(block.engine, [(near, ahead), (ahead, near)])
    assert there_s < 30
    assert back_s == block.engine.drive_times(ahead, [near])[0]
    assert back_s > 600
