from __future__ import annotations

import numpy as np
import pytest

from geo_dispatch.kernel.geo import haversines_m
from geo_dispatch.roads.routes import follow
from tests.support.ascii_map import AsciiMap, build_map

GRID = "A----B----C\n|    |    |\nD----E----F\n|    |    |\nG----H----J"


def route(streets, source, target):
    return streets.engine.route(streets.at(source), streets.at(target))


def test_a_route_runs_from_place_to_place_along_the_streets(town) -> None:
    streets = town(GRID)
    found = route(streets, "AB", "FJ")
    assert found.lonlats[0] == pytest.approx(streets.at("AB"), abs=1e-6)
    assert found.lonlats[-1] == pytest.approx(streets.at("FJ"), abs=1e-6)
    drawn = haversines_m(found.lonlats[:-1], found.lonlats[1:]).sum()
    assert drawn == pytest.approx(found.distance_m, abs=0.01)


def test_times_along_the_route_never_fall_and_end_with_its_duration(town) -> None:
    streets = town(GRID, nodes={"E": {"highway": "traffic_signals"}})
    found = route(streets, "AB", "FJ")
    assert found.times_s[0] == 0
    assert (np.diff(found.times_s) >= 0).all()
    assert found.times_s[-1] == found.duration_s
    assert len(found.times_s) == len(found.lonlats)


def test_a_street_between_two_nodes_at_one_place_counts_to_the_end(tmp_path) -> None:
    drawn = AsciiMap("A----B----C", ways={"BC": {"maxspeed": "30"}})
    drawn.cells["C"] = drawn.cells["B"]
    graph, _ = build_map(drawn, tmp_path)
    over = [2 * street for street in range(graph.n_streets)]
    found = follow(graph, over, 0.0, 1.0)
    assert graph.street_m[1] == 0.0
    assert found.duration_s * 1000 == graph.drive_ms[over].sum()
    assert found.times_s[-1] == found.duration_s


def test_no_way_is_shorter_than_nothing(town) -> None:
    streets = town("A----B----C", ways={"AB": {"oneway": "yes", "maxspeed": "100"}})
    ends = streets.engine.snap(np.array([streets.at("AB.4"), streets.at("AB.39999")]))
    assert ends.along[0] > ends.along[1], "behind, by less than a millisecond"
    assert streets.engine.matrix(ends, ends).tolist() == [[0, 0], [0, 0]]
    assert (streets.engine.distances_m(ends, ends) >= 0).all()
    found = route(streets, "AB.4", "AB.39999")
    assert 0 <= found.distance_m < 0.1
    assert all(step.distance_m >= 0 for step in found.steps)


def test_a_turn_that_takes_time_is_waited_for_at_the_junction(town) -> None:
    streets = town("     N\n     |\nW----X----E")
    found = route(streets, "WX", "NX")
    junction = streets.map.place("X")
    waits = [i for i, at in enumerate(found.lonlats) if at == pytest.approx(junction, abs=1e-6)]
    assert len(waits) == 2
    assert found.times_s[waits[1]] - found.times_s[waits[0]] == pytest.approx(6.0, abs=0.01)


def test_driving_against_the_drawing_turns_the_line_round(town) -> None:
    streets = town("A----B\n     |\n     C", ways={"ABC": {}})
    there, back = route(streets, "AB", "BC"), route(streets, "BC", "AB")
    assert there.lonlats[::-1] == pytest.approx(back.lonlats, abs=1e-9)
    assert len(there.lonlats) == 3


def test_steps_name_streets_and_merge_what_goes_on(town) -> None:
    main = {"name": "Main Street"}
    streets = town("A----B----C----D\n          |\n          E", ways={"AB": main, "BC": main})
    found = route(streets, "AB", "CE")
    assert [step.name for step in found.steps] == ["Main Street", "CE"]
    assert sum(step.distance_m for step in found.steps) == pytest.approx(found.distance_m)
    assert sum(step.duration_s for step in found.steps) == pytest.approx(found.duration_s)


def test_a_route_to_where_one_is_has_no_length(town) -> None:
    streets = town(GRID)
    found = route(streets, "AB", "AB")
    assert found.duration_s == found.distance_m == 0
    assert len(found.lonlats) == len(found.times_s) == 2


def test_the_target_behind_on_a_one_way_street_is_driven_round_to(town) -> None:
    streets = town("A----B\n|    |\nC----D", ways={"AB": {"oneway": "yes"}})
    found = route(streets, "AB.8", "AB.2")
    assert found.distance_m == pytest.approx(20 + 300 + 20, abs=0.1)
    assert found.times_s[-1] == found.duration_s


def test_a_route_passes_the_same_street_twice_when_it_must(town) -> None:
    streets = town(
        "A----B----C\n     |\n     D", restrictions=[("only_straight_on", "AB", "B", "BC")]
    )
    found = route(streets, "AB", "BD")
    assert [step.name for step in found.steps] == ["AB", "BC", "BD"]
    assert found.distance_m == pytest.approx(50 + 100 + 100 + 50, abs=0.1)
