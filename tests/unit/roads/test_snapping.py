from __future__ import annotations

import numpy as np
import pytest

from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.roads.snapping import Snaps


def snap(streets, *places, **options) -> Snaps:
    return streets.engine.snap(np.array(places, float).reshape(-1, 2), **options)


def test_places_snap_to_segments_not_to_junctions(town) -> None:
    streets = town("A----B")
    snaps = snap(streets, streets.map.between("A", "B", 0.3, aside_m=12))
    assert snaps.along[0] == pytest.approx(0.3, abs=0.001)
    assert snaps.distance_m[0] == pytest.approx(12, abs=0.1)
    assert snaps.lonlats[0] == pytest.approx(streets.map.between("A", "B", 0.3), abs=1e-7)


def test_beyond_a_dead_end_the_end_is_nearest(town) -> None:
    streets = town("A----B")
    snaps = snap(streets, streets.map.between("A", "B", 1.4))
    assert snaps.along[0] == 1.0
    assert snaps.distance_m[0] == pytest.approx(40, abs=0.1)


def test_along_is_by_length_over_all_segments_of_a_street(town) -> None:
    streets = town("A----B\n     |\n     C", ways={"ABC": {}})
    snaps = snap(streets, streets.map.between("B", "C", 0.5))
    assert streets.graph.n_streets == 1
    assert snaps.along[0] == pytest.approx(0.75, abs=0.001)


def test_a_snapped_place_is_driven_from_in_both_directions(town) -> None:
    streets = town("A----B----C")
    assert streets.seconds("AB", "A") == pytest.approx(streets.seconds("AB", "B"), abs=0.01)


def test_what_is_too_far_is_nowhere(town) -> None:
    streets = town("A----B")
    far = streets.map.between("A", "B", 0.5, aside_m=200)
    assert snap(streets, far).street[0] == 0
    snaps = snap(streets, far, max_distance_m=150)
    assert snaps.street[0] == -1
    assert snaps.distance_m[0] == np.inf
    assert tuple(snaps.lonlats[0]) == far


def test_the_limit_is_exact(town) -> None:
    streets = town("A----B")
    place = streets.map.between("A", "B", 0.5, aside_m=100)
    assert snap(streets, place, max_distance_m=99.5).street[0] == -1
    assert snap(streets, place, max_distance_m=100.5).street[0] == 0


def test_what_is_not_a_place_is_nowhere_to_those_who_take_any(town) -> None:
    streets = town("A----B")
    snaps = snap(streets, (np.nan, 47.0), (np.inf, 47.0), streets.map.place("A"), name=None)
    assert snaps.street.tolist() == [-1, -1, 0]
    assert len(snap(streets)) == 0


def test_the_nearest_of_many_streets_is_found_whatever_the_company(town) -> None:
    streets = town("A----B----C\n|    |    |\nD----E----F\n|    |    |\nG----H----J")
    rng = np.random.default_rng(7)
    (west, south, east, north) = streets.engine.bounds
    places = rng.uniform((west, south), (east, north), (200, 2))
    together = streets.engine.snap(places)
    for i, place in enumerate(places):
        alone = snap(streets, place)
        assert alone.street[0] == together.street[i]
        assert haversine_m(tuple(place), tuple(alone.lonlats[0])) == pytest.approx(
            alone.distance_m[0], abs=0.05
        )
        shapes = [streets.graph.shape_of(s) for s in range(streets.graph.n_streets)]
        nearest = min(_distance_m(place, shape) for shape in shapes)
        assert alone.distance_m[0] == pytest.approx(nearest, abs=0.2)


def _distance_m(place, shape) -> float:
    shares = np.linspace(0, 1, 401)[:, None]
    points = shape[0] + shares * (shape[-1] - shape[0])
    return min(haversine_m(tuple(place), tuple(point)) for point in points)


def near(streets, places, radius_m, most=4):
    found = streets.engine._snapper.near(np.array(places), np.full(len(places), radius_m), most)
    names = [streets.graph.name_of(s) if s >= 0 else "" for s in found.street.tolist()]
    return [names[i : i + most] for i in range(0, len(names), most)], found


def test_streets_around_a_place_come_once_each_and_the_nearest_first(town) -> None:
    streets = town("A----B----C\n|    |\nD----E", ways={"DEB": {}})
    names, found = near(streets, [streets.map.between("A", "B", 0.7, aside_m=-10)], 95.0)
    assert names == [["AB", "DEB", "BC", "AD"]]
    assert found.distance_m == pytest.approx([10, 30, 31.6, 70], abs=0.2)
    assert found.along[0] == pytest.approx(0.7, abs=0.001)


def test_streets_beyond_the_radius_or_too_many_are_left_out(town) -> None:
    streets = town("A----B----C\n|    |\nD----E")
    places = [streets.at("AB.3"), (0.0, 0.0), streets.at("B")]
    names, found = near(streets, places, 60.0, most=2)
    assert names[:2] == [["AB", "AD"], ["", ""]]
    assert set(names[2]) < {"AB", "BC", "BE"}
    assert found.street[2:4].tolist() == [-1, -1]
