from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.units import UNREACHABLE_MS

GRID = "A----B----C\n|    |    |\nD----E----F\n|    |    |\nG----H----J"


def test_the_matrix_is_int32_milliseconds(town) -> None:
    streets = town(GRID)
    snaps = streets.engine.snap(np.array([streets.at("AB"), streets.at("HJ")]))
    matrix = streets.engine.matrix(snaps, snaps)
    assert matrix.dtype == np.int32
    assert matrix.shape == (2, 2)
    assert matrix.diagonal().tolist() == [0, 0]


def test_a_place_off_the_roads_is_unreachable_and_says_so(town) -> None:
    streets = town(GRID)
    snaps = streets.engine.snap(np.array([streets.at("AB"), (0.0, 0.0)]))
    matrix = streets.engine.matrix(snaps, snaps)
    assert matrix[0, 1] == matrix[1, 0] == matrix[1, 1] == UNREACHABLE_MS
    nowhere = LonLat(0.0, 0.0)
    assert streets.engine.drive_times(streets.at("AB"), [nowhere]) == [None]
    assert streets.engine.route(streets.at("AB"), nowhere) is None
    assert streets.engine.route(nowhere, streets.at("AB")) is None
    assert streets.engine.reach(nowhere, 60).is_empty


def test_two_unreachable_legs_still_fit_into_int32() -> None:
    assert np.int32(UNREACHABLE_MS) + np.int32(UNREACHABLE_MS) > 0


def test_nobody_to_nowhere_is_an_empty_matrix(town) -> None:
    streets = town(GRID)
    none = streets.engine.snap(np.empty((0, 2)))
    some = streets.engine.snap(np.array([streets.at("AB")]))
    assert streets.engine.matrix(none, some).shape == (0, 1)
    assert streets.engine.matrix(some, none).shape == (1, 0)
    assert streets.engine.drive_times(streets.at("AB"), []) == []


@pytest.mark.parametrize("most_cells", [1, 7, 1000])
def test_rows_some_at_a_time_are_those_of_the_whole_matrix(town, most_cells: int) -> None:
    streets = town(GRID, ways={"AB": {"oneway": "yes"}})
    snaps = streets.engine.snap(streets.graph.shape_lonlats)
    whole = streets.engine.matrix(snaps, snaps)
    parts = list(streets.engine.matrix_rows(snaps, snaps, most_cells))
    assert len(parts) == {1: 24, 7: 24, 1000: 1}[most_cells]
    for rows, cells in parts:
        assert np.array_equal(cells, whole[rows])
    assert sum(len(cells) for _, cells in parts) == len(snaps)
    assert list(streets.engine.matrix_rows(snaps.take([]), snaps)) == []


def test_one_to_many_and_many_to_one_are_rows_and_columns_of_the_matrix(town) -> None:
    streets = town(GRID, ways={"AB": {"oneway": "yes"}, "EF": {"oneway": "-1"}})
    places = [streets.at(name) for name in ("AB", "BC", "EF", "HJ", "D")]
    snaps = streets.engine.snap(np.array(places))
    matrix = streets.engine.matrix(snaps, snaps) / 1000
    for i, place in enumerate(places):
        assert streets.engine.drive_times(place, places) == matrix[i].tolist()
        assert streets.engine.drive_times_to(places, place) == matrix[:, i].tolist()


def test_searching_from_either_side_gives_the_same_times(town) -> None:
    streets = town(GRID, ways={"AB": {"oneway": "yes"}, "DEF": {"oneway": "yes"}})
    rng = np.random.default_rng(3)
    west, south, east, north = streets.engine.bounds
    snaps = streets.engine.snap(rng.uniform((west, south), (east, north), (12, 2)))
    whole = streets.engine.matrix(snaps, snaps)
    first = streets.engine.snap(snaps.lonlats[:1])
    assert np.array_equal(streets.engine.matrix(first, snaps), whole[:1])
    assert np.array_equal(streets.engine.matrix(snaps, first), whole[:, :1])


def test_no_trip_beats_the_fastest_street(town) -> None:
    streets = town(GRID, ways={"ABC": {"maxspeed": "80"}})
    engine = streets.engine
    places = [streets.at(name) for name in ("AB", "BC", "EF", "HJ", "D", "G")]
    for source in places:
        for target, seconds in zip(places, engine.drive_times(source, places), strict=True):
            # whole milliseconds at both ends
            assert seconds >= haversine_m(source, target) / engine.fastest_mps - 0.002


def test_bounds_hold_all_streets(town) -> None:
    streets = town("A----B\n|\nC")
    west, south, east, north = streets.engine.bounds
    a, b, c = (streets.map.place(letter) for letter in "ABC")
    assert (west, north) == pytest.approx(a, abs=1e-7)
    assert (east, south) == pytest.approx((b.lon, c.lat), abs=1e-7)


def test_streets_have_names(town) -> None:
    streets = town("A----B", ways={"AB": {"name": "Äulestraße"}})
    assert streets.engine.street_name(0) == "Äulestraße"


@pytest.mark.parametrize("drawing", ["A----B", "A----B----C\n|\nD"])
def test_a_graph_of_any_size_is_prepared_for_matching(town, drawing) -> None:
    engine = town(drawing).engine
    engine.prepare()
    assert engine.match(np.empty((0, 2)), np.empty(0), np.empty(0)).pieces == ()


def test_the_nearest_are_those_reached_first(town) -> None:
    streets = town("A----B----C----D    E----F", ways={"AB": {"oneway": "yes"}})
    snap = streets.engine.snap
    places = [streets.at(name) for name in ("D", "AB.2", "EF", "BC.2", "AB.9")]
    targets = snap(np.array(places))
    rows, times_ms = streets.engine.nearest(snap(np.array([streets.at("AB.5")])), targets, 2)
    assert rows.tolist() == [4, 3]
    assert (np.diff(times_ms) > 0).all()
    rows, _ = streets.engine.nearest(snap(np.array([streets.at("BC")])), targets, 9)
    assert 2 not in rows.tolist()  # on an island


def test_distances_are_those_of_the_routes(town) -> None:
    streets = town(GRID, ways={"AB": {"oneway": "yes"}, "ABC": {"maxspeed": "80"}})
    names = ("AB.8", "AB.2", "EF", "HJ", "D")
    snaps = streets.engine.snap(np.array([streets.at(name) for name in names]))
    metres = streets.engine.distances_m(snaps, snaps)
    for i, source in enumerate(names):
        for j, target in enumerate(names):
            route = streets.engine.route(streets.at(source), streets.at(target))
            assert metres[i, j] == pytest.approx(route.distance_m, abs=1e-3)


def test_two_places_on_one_segment_are_as_far_as_the_piece_between(town) -> None:
    streets = town("A----B")
    snaps = streets.engine.snap(np.array([streets.at("AB.2"), streets.at("AB.7")]))
    matrix, metres = streets.engine.matrix(snaps, snaps), streets.engine.distances_m(snaps, snaps)
    assert metres[0, 1] == metres[1, 0] == pytest.approx(50, abs=0.1)
    whole = streets.graph.drive_ms[0]
    assert matrix[0, 1] == pytest.approx(whole / 2, abs=2)


def test_behind_on_a_one_way_street_that_one_cannot_come_round_to_is_no_way(town) -> None:
    streets = town("A----B----C", ways={"ABC": {"oneway": "yes"}})
    snaps = streets.engine.snap(np.array([streets.at("AB.7"), streets.at("AB.2")]))
    matrix = streets.engine.matrix(snaps, snaps)
    assert matrix[0, 1] == UNREACHABLE_MS
    assert 0 < matrix[1, 0] < UNREACHABLE_MS


def test_many_places_on_one_street_are_driven_round_to_when_they_lie_behind(town) -> None:
    streets = town("A----B\n|    |\nC----D", ways={"AB": {"oneway": "yes"}})
    shares = np.linspace(0.05, 0.95, 70)
    snaps = streets.engine.snap(np.array([streets.map.between("A", "B", at) for at in shares]))
    matrix = streets.engine.matrix(snaps, snaps)
    one_by_one = [streets.engine.matrix(snaps.take([i]), snaps)[0] for i in range(70)]
    assert np.array_equal(matrix, np.array(one_by_one))
    assert (np.diag(matrix) == 0).all()
    behind = np.tril_indices(70, -1)
    assert (matrix[behind] > matrix.T[behind]).all()


def test_a_matrix_of_places_on_one_street_takes_no_memory_besides_its_cells(town) -> None:
    streets = town("A----B\n|    |\nC----D", ways={"AB": {"oneway": "yes"}})
    shares = np.random.default_rng(1).uniform(0.05, 0.95, 700)
    snaps = streets.engine.snap(np.array([streets.map.between("A", "B", at) for at in shares]))
    streets.engine.matrix(snaps, snaps)
    tracemalloc.start()
    try:
        matrix = streets.engine.matrix(snaps, snaps)
        assert tracemalloc.get_traced_memory()[1] < 1.5 * matrix.nbytes
    finally:
        tracemalloc.stop()


def test_questions_about_places_that_are_swapped_say_so_and_which(town) -> None:
    streets = town(GRID)
    place, swapped = streets.at("AB"), LonLat(*reversed(streets.at("AB")))
    for ask, named in (
        (lambda: streets.engine.route(place, swapped), "target"),
        (lambda: streets.engine.drive_times(place, [place, swapped]), "targets[1]"),
        (lambda: streets.engine.drive_times_to([swapped, place], place), "sources[0]"),
        (lambda: streets.engine.reach(swapped, 60), "source"),
        (lambda: streets.engine.snap(np.array([place, swapped])), "lonlats[1]"),
    ):
        with pytest.raises(InvalidPosition, match="has longitude and latitude swapped") as caught:
            ask()
        assert [fault.where for fault in caught.value.faults] == [named]


def test_no_way_to_a_place_far_from_any_street_names_it_the_distance_and_the_limit(town) -> None:
    streets = town(GRID)
    far = streets.map.between("A", "B", 0.5, aside_m=1500)
    assert streets.engine.route(streets.at("AB"), far) is None
    assert streets.engine.why_no_way(streets.at("AB"), far, ("here", "there")) == (
        f"there ({far.lon}, {far.lat}) is 1500 m from the nearest street of this area; at most "
        "1000 m are taken"
    )


def test_no_way_between_islands_says_that_they_are_not_joined(town) -> None:
    streets = town("A----B    C----D")
    ends = streets.at("AB"), streets.at("CD")
    assert streets.engine.route(*ends) is None
    assert "parts of the street network that are not joined" in streets.engine.why_no_way(*ends)


def test_no_way_against_a_one_way_street_is_told_apart_from_islands(town) -> None:
    streets = town("A----B----C", ways={"ABC": {"oneway": "yes"}})
    ends = streets.at("AB.7"), streets.at("AB.2")
    assert streets.engine.route(*ends) is None
    assert "lets nobody through in this direction" in streets.engine.why_no_way(*ends)
