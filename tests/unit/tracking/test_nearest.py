"""The nearest technicians come first, and nobody is missed."""

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from h3.api.basic_int import get_pentagons as pentagons

from geo_dispatch.kernel.cells import cell_to_lonlat, lonlat_to_cell
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.positions import Position


def position(name, lon, lat, at_ms=0):
    place = LonLat(lon, lat)
    return Position(name, at_ms, place, lonlat_to_cell(place))


def by_distance(positions, place):
    return sorted(positions, key=lambda p: (haversine_m(place, p.place), p.technician_id))


@pytest.mark.parametrize(
    "middle",
    [(9.5, 47.1), (24.9, 60.2), (-71.0, -33.4), (103.8, 1.3), (179.9, -17.0), (0.0, 89.5)],
    ids=["alps", "north", "south", "equator", "antimeridian", "pole"],
)
@pytest.mark.parametrize("spread_deg", [0.002, 0.02, 0.3, 3.0])
def test_everybody_comes_once_the_nearest_first_as_brute_force_has_it(middle, spread_deg):
    draw = random.Random(11)

    def anywhere():
        lon = middle[0] + draw.uniform(-spread_deg, spread_deg)
        return (lon + 180) % 360 - 180, min(90, middle[1] + draw.uniform(-spread_deg, spread_deg))

    positions = [position(f"te_{n}", *anywhere()) for n in range(300)]
    built = PositionIndex(positions)
    moved = PositionIndex(position(f"te_{n}", *anywhere(), at_ms=-1) for n in range(300))
    for one in positions:
        moved.update(one)
    for _ in range(10):
        place = LonLat(*anywhere())
        expected = by_distance(positions, place)
        for index in (built, moved):
            found = list(index.outwards(place))
            assert [one for one, _ in found] == expected
            distances = [distance_m for _, distance_m in found]
            assert distances == sorted(distances)
            assert distances == pytest.approx(
                [haversine_m(place, one.place) for one in expected], abs=1e-5, rel=1e-9
            )
            assert [one for one, _ in index.nearest(place, 10)] == expected[:10]


def test_next_to_a_pentagon_nobody_is_missed():
    draw = random.Random(5)
    corners = [cell_to_lonlat(number) for number in pentagons(7)]
    for corner in corners:
        positions = [
            position(f"te_{n}", corner.lon + draw.gauss(0, 0.3), corner.lat + draw.gauss(0, 0.1))
            for n in range(60)
        ]
        index = PositionIndex(positions)
        place = LonLat(corner.lon + 0.01, corner.lat)
        assert [one for one, _ in index.outwards(place)] == by_distance(positions, place)


def test_only_the_wanted_are_counted():
    index = PositionIndex([position(f"te_{n}", 9.5 + n / 100, 47.1) for n in range(9)])
    odd = index.nearest(LonLat(9.5, 47.1), 2, lambda one: one.technician_id in {"te_3", "te_7"})
    assert [one.technician_id for one, _ in odd] == ["te_3", "te_7"]
    assert index.nearest(LonLat(9.5, 47.1), 0) == []


def test_at_one_distance_the_order_is_that_of_ids():
    names = [f"te_{n:02}" for n in range(40)]
    index = PositionIndex([position(name, 9.5, 47.1) for name in reversed(names)])
    assert [one.technician_id for one, _ in index.outwards(LonLat(9.6, 47.1))] == names


def test_the_newest_fix_by_event_time_counts():
    index = PositionIndex([position("te_1", 9.5, 47.1, at_ms=10)])
    assert not index.update(position("te_1", 9.9, 47.1, at_ms=5))
    assert index.update(position("te_1", 9.6, 47.1, at_ms=20))
    assert index.get("te_1").place.lon == 9.6
    assert len(index) == 1


def test_of_several_reports_of_a_fix_the_same_counts_in_whatever_order_they_come():
    told = position("te_1", 9.5, 47.1)
    reports = [
        replace(told, accuracy_m=5.0, speed_mps=1.0),
        replace(told, accuracy_m=5.0),
        replace(told, accuracy_m=40.0, mock=True),
        told,
    ]
    for sent in itertools.permutations(reports):
        index = PositionIndex(sent[:1])
        for one in sent[1:]:
            index.update(one)
        assert index.get("te_1") == PositionIndex(sent).get("te_1") == reports[0]


def test_who_is_removed_is_not_found():
    index = PositionIndex([position("te_1", 9.5, 47.1), position("te_2", 9.5, 47.1)])
    index.remove("te_1")
    index.remove("te_3")
    assert [one.technician_id for one, _ in index.outwards(LonLat(9.5, 47.1))] == ["te_2"]


def test_a_search_sees_everybody_once_while_another_thread_moves_them():
    index = PositionIndex([position(f"te_{n}", 9.5, 47.1) for n in range(50)])
    searched = threading.Event()

    def drive():
        at_ms = 1
        while not searched.is_set():
            for number in range(50):
                index.update(position(f"te_{number}", 9.5 + (at_ms % 7) / 10, 47.1, at_ms))
            at_ms += 1

    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(drive)
        try:
            for _ in range(200):
                names = [one.technician_id for one, _ in index.outwards(LonLat(9.5, 47.1))]
                assert sorted(names) == sorted(f"te_{n}" for n in range(50))
        finally:
            searched.set()
        moving.result(timeout=10)
