"""Drawn towns through the whole pipeline: file, reader, builder, engine."""

from __future__ import annotations

import numpy as np
import pytest

from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.roads.build import build_graph
from geo_dispatch.roads.graph import ARRAYS, FORBIDDEN_MS
from tests.support.ascii_map import RESIDENTIAL, build_file
from tests.support.extract import write_osm

RESIDENTIAL_MPS = 27 / 3.6
BLOCK_S = 100 / RESIDENTIAL_MPS
LEFT, RIGHT, STRAIGHT, ROUND = 6.0, 3.0, 0.0, 20.0


def blocks(n: float, *more: float) -> object:
    """So many blocks of 100 m of residential street, and what comes on top."""
    return pytest.approx(n * BLOCK_S + sum(more), abs=0.02)


def test_time_is_length_by_speed(town) -> None:
    streets = town("A----B")
    assert streets.seconds("A", "B") == blocks(1)
    assert streets.seconds("B", "A") == blocks(1)
    assert streets.seconds("AB.2", "AB.7") == blocks(0.5)


def test_a_one_way_street_is_driven_one_way(town) -> None:
    streets = town("A----B\n|    |\nC----D", ways={"AB": {"oneway": "yes"}})
    assert streets.seconds("AB.2", "AB.8") == blocks(0.6)
    back = streets.seconds("AB.8", "AB.2")
    assert back > 3 * BLOCK_S
    assert streets.streets("AB.8", "AB.2") == ["AB", "BD", "CD", "AC", "AB"]


def test_oneway_minus_one_runs_against_the_drawing(town) -> None:
    streets = town("A----B\n|    |\nC----D", ways={"AB": {"oneway": "-1"}})
    assert streets.seconds("AB.8", "AB.2") == blocks(0.6)
    assert streets.seconds("AB.2", "AB.8") > 3 * BLOCK_S


def test_the_end_of_a_one_way_street_can_be_reached_and_not_left(town) -> None:
    streets = town("A----B----C", ways={"BC": {"oneway": "yes"}})
    assert streets.seconds("AB", "BC") == blocks(1)
    assert streets.seconds("BC", "AB") is None


def test_turns_take_time_by_angle_and_side(town) -> None:
    streets = town("     N\n     |\nW----X----E\n     |\n     S")
    assert streets.seconds("WX", "XE") == blocks(1, STRAIGHT)
    assert streets.seconds("WX", "XS") == blocks(1, RIGHT)
    assert streets.seconds("WX", "XN") == blocks(1, LEFT)


def test_where_one_drives_on_the_left_right_turns_cross_the_traffic(town) -> None:
    streets = town("     N\n     |\nW----X----E\n     |\n     S", country="GB")
    assert streets.seconds("WX", "XN") < streets.seconds("WX", "XS")


def test_a_bend_where_no_street_joins_takes_no_time(town) -> None:
    streets = town("A----B\n     |\n     C")
    assert streets.seconds("A", "C") == blocks(2)


def test_cars_turn_round_at_dead_ends_only(town) -> None:
    # Into C from B, bound to turn right; back at C one may go on to B, from E as from D.
    streets = town(
        "A----B----C----D\n          |\n          E",
        restrictions=[("only_right_turn", "BC", "C", "CE")],
    )
    assert streets.streets("BC", "CD") == ["BC", "CE", "CD"]
    assert streets.seconds("BC", "CD") == blocks(3, RIGHT, ROUND, RIGHT)


def test_a_turning_circle_lets_cars_turn_round_where_streets_meet(town) -> None:
    bound = [("only_straight_on", "AB", "B", "BC"), ("no_u_turn", "CD", "D", "CD")]
    drawing = "A----B----C----D\n     |    |\n     E    F"
    far = town(drawing, restrictions=bound)
    near = town(drawing, restrictions=bound, nodes={"C": {"highway": "turning_circle"}})
    assert far.streets("AB", "BE") == ["AB", "BC", "CF", "BC", "BE"]
    assert near.streets("AB", "BE") == ["AB", "BC", "BE"]


@pytest.mark.parametrize(
    ("kind", "end", "streets"),
    [
        ("no_left_turn", "XN", ["WX", "XE", "XN"]),
        ("no_right_turn", "XN", ["WX", "XE", "XN"]),
        ("only_straight_on", "XE", ["WX", "XE", "XN"]),
        ("only_left_turn", "XN", ["WX", "XN"]),
    ],
)
def test_turn_restrictions_hold(kind, end, streets, town) -> None:
    built = town(
        "     N\n     |\nW----X----E",
        ways={"NX": None, "XN": {}},
        restrictions=[(kind, "WX", "X", end)],
    )
    assert built.streets("WX", "XN") == streets
    assert built.report.restrictions.over_node == 1


def test_several_only_restrictions_leave_each_of_their_ways_open(town) -> None:
    built = town(
        "     N\n     |\nW----X----E\n     |\n     S",
        restrictions=[
            ("only_straight_on", "WX", "X", "XE"),
            ("only_right_turn", "WX", "X", "XS"),
        ],
    )
    assert built.streets("WX", "XE") == ["WX", "XE"]
    assert built.streets("WX", "XS") == ["WX", "XS"]
    assert len(built.streets("WX", "NX")) == 3


def test_being_bound_for_a_street_that_cars_may_not_enter_binds_nobody(town) -> None:
    built = town(
        "     N\n     |\nW----X----E",
        ways={"NX": {"access": "no"}},
        restrictions=[("only_left_turn", "WX", "X", "NX")],
    )
    assert built.streets("WX", "XE") == ["WX", "XE"]
    assert built.report.restrictions.other == 1


def test_turn_restrictions_for_others_do_not_hold(town) -> None:
    built = town(
        "     N\n     |\nW----X----E",
        restrictions=[
            ("no_left_turn", "WX", "X", "NX", "except=bicycle;motorcar"),
            ("nonsense", "WX", "X", "NX"),
        ],
    )
    assert built.streets("WX", "NX") == ["WX", "NX"]
    assert built.report.restrictions.other == 2


def test_no_u_turn_forbids_turning_round_and_nothing_else(town) -> None:
    streets = town("A----B----C", restrictions=[("no_u_turn", "BC", "C", "BC")])
    assert streets.seconds("A", "C") == blocks(2)
    oneway = {"AB": {"oneway": "yes"}, "BC": {}}
    free = town("A----B----C\n     |\n     D", ways=oneway, restrictions=[])
    assert free.seconds("AB", "BC") == blocks(1)


def test_signals_cost_time_within_a_street_and_where_streets_meet(town) -> None:
    signals = {"B": {"highway": "traffic_signals"}}
    within = town("A----B----C", ways={"ABC": {}}, nodes=signals)
    assert within.seconds("A", "C") == blocks(2, 8)
    meeting = town("A----B----C\n     |\n     D", nodes=signals)
    assert meeting.seconds("AB", "BC") == blocks(1, 8)


def test_a_stop_sign_holds_the_direction_that_it_faces(town) -> None:
    streets = town(
        "A----B----C",
        ways={"ABC": {}},
        nodes={"B": {"highway": "stop", "direction": "forward"}},
    )
    assert streets.seconds("A", "C") == blocks(2, 4)
    assert streets.seconds("C", "A") == blocks(2)


def test_nobody_passes_a_bollard_and_a_gate_takes_time(town) -> None:
    drawing = "A----B----C\n|         |\nD---------E"
    bollard = town(drawing, ways={"ABC": {}}, nodes={"B": {"barrier": "bollard"}})
    assert bollard.streets("AB", "BC") == ["ABC", "AD", "DE", "CE", "ABC"]
    gate = town(drawing, ways={"ABC": {}}, nodes={"B": {"barrier": "gate"}})
    assert gate.seconds("AB", "BC") == blocks(1, 30)


RIVER = "A----B----C\n     |    |\nD----E----F"
BOAT = {"route": "ferry", "highway": "", "motor_vehicle": "yes"}


def test_a_ferry_takes_its_duration_and_boarding_once(town) -> None:
    # The crossing is one way of two streets.
    streets = town(
        "A----B\n     |\n     C----X\n     |\nD----E",
        ways={"BCE": {**BOAT, "duration": "00:20"}},
    )
    assert streets.seconds("A", "D") == blocks(2, 300, 1200)
    assert streets.report.ferries == 2


def test_a_ferry_without_a_duration_goes_at_the_default_speed(town) -> None:
    streets = town("A----B\n     |\n     E\n     |\nD----F", ways={"BEF": BOAT})
    assert streets.seconds("A", "D") == blocks(2, 300, 200 / (10 / 3.6))


def test_a_crossing_of_an_ocean_is_not_driven(tmp_path) -> None:
    quay, shore, overseas = (0.0, 0.0), (0.01, 0.0), (80.0, 0.0)
    lines = [((quay, shore), RESIDENTIAL), ((shore, overseas), BOAT)]
    graph, report = build_file(write_osm(tmp_path / "sea.osm", lines=lines), "PT")
    assert report.ferries == 1
    assert (graph.drive_ms < FORBIDDEN_MS).tolist() == [True, True, False, False]


def test_who_can_drive_round_takes_no_ferry_that_takes_longer(town) -> None:
    streets = town(RIVER, ways={"BE": {**BOAT, "duration": "5"}})
    assert streets.streets("AB", "DE") == ["AB", "BC", "CF", "EF", "DE"]


def test_places_do_not_snap_to_ferries(town) -> None:
    streets = town(RIVER, ways={"BE": {**BOAT, "duration": "5"}})
    assert streets.seconds("A", "BE.4") == streets.seconds("A", "B")
    assert streets.report.small_streets == 0
    highways = [streets.graph.highway_of(s) for s in range(streets.graph.n_streets)]
    assert sorted(set(highways)) == ["ferry", "residential"]


def test_an_unknown_country_is_refused_with_those_that_are_known(town) -> None:
    with pytest.raises(InvalidInput, match=r"country 'XX' has no .* AT CH DE .* US, or none"):
        town("A----B", country="XX")


def test_conditions_are_left_out_and_counted(town) -> None:
    streets = town(
        "     N\n     |\nW----X----E",
        ways={"WX": {"access:conditional": "no @ (22:00-06:00)"}},
        restrictions=[
            ("no_left_turn", "WX", "X", "NX", "hour_on=07:00", "hour_off=09:00"),
        ],
    )
    assert streets.streets("WX", "NX") == ["WX", "NX"]
    assert streets.report.conditional == 1
    assert streets.report.restrictions.other == 1


def test_a_restriction_that_says_its_hours_in_its_value_is_not_taken_for_one_at_all_hours(
    town,
) -> None:
    turn = ("no_left_turn @ (Mo-Fr 07:00-09:00)", "WX", "X", "NX")
    streets = town("     N\n     |\nW----X----E", restrictions=[turn])
    assert streets.streets("WX", "NX") == ["WX", "NX"]
    assert streets.report.restrictions.other == 1


def test_restrictions_of_other_vehicles_types_do_not_hold(town) -> None:
    drawing, turn = "     N\n     |\nW----X----E", ("no_left_turn", "WX", "X", "NX")
    lorries = town(drawing, restrictions=[(*turn, "type=restriction:hgv")])
    assert lorries.streets("WX", "NX") == ["WX", "NX"]
    cars = town(drawing, restrictions=[(*turn, "type=restriction:motorcar")])
    assert len(cars.streets("WX", "NX")) == 3


def test_both_sides_of_a_bollard_can_be_reached_and_left(town) -> None:
    streets = town(
        "A----B----C\n|         |\nD---------E",
        ways={"ABC": {}},
        nodes={"B": {"barrier": "bollard"}},
    )
    assert streets.seconds("D", "AB") is not None
    assert streets.seconds("AB", "D") is not None


def test_restricted_streets_are_for_those_who_have_business_there(town) -> None:
    private = {"CD": {"access": "private"}}
    streets = town(
        "A----------B\n|          |\nC----------D\n|          |\nE----------F", ways=private
    )
    assert "CD" in streets.streets("A", "CD")
    assert "CD" not in streets.streets("AC", "BD")


def test_a_limit_in_miles_is_one(town) -> None:
    streets = town("A----B", ways={"AB": {"maxspeed": "30 mph"}})
    assert streets.seconds("A", "B") == pytest.approx(100 / (0.85 * 13.4112), abs=0.01)


def test_a_roundabout_goes_round(town) -> None:
    streets = town(
        "     N\n     |\nW--A----B--E\n   |    |\n   D----C\n        |\n        S",
        ways={
            "ADCBA": {"junction": "roundabout"},
            "NA": None,
            "NB": None,
            "AB": None,
            "BC": None,
            "DC": None,
            "AD": None,
        },
    )
    assert streets.streets("WA", "BE") == ["WA", "ADCBA", "BE"]
    assert streets.seconds("WA", "BE") > streets.seconds("BE", "WA")


def test_a_street_that_is_a_loop_is_kept_and_can_be_driven_either_way(town) -> None:
    streets = town("A----B----C\n     |    |\n     E----D", ways={"BCDEB": {}})
    graph = streets.graph
    loop = next(s for s in range(graph.n_streets) if graph.name_of(s) == "BCDEB")
    assert graph.street_from[loop] == graph.street_to[loop]
    assert streets.seconds("AB", "BC") == blocks(1)
    assert streets.seconds("AB", "BE") == blocks(1, RIGHT)


def test_parallel_streets_are_kept_apart(town) -> None:
    streets = town(
        "A----B----C\n     |    |\n     D----E",
        ways={"BDEC": {"maxspeed": "100"}, "BC": {}},
    )
    assert streets.graph.n_streets == 3
    assert streets.streets("AB", "BC") == ["AB", "BC"]
    assert streets.streets("BD", "AB") == ["BDEC", "AB"]


def test_ways_are_cut_only_where_streets_meet(town) -> None:
    streets = town("A----B----C----D\n          |\n          E", ways={"ABCD": {}})
    assert streets.report.streets == 3
    assert streets.report.junctions == 4
    assert streets.report.ways == 2


def test_ways_are_cut_where_the_extract_lacks_a_node(town, tmp_path, car) -> None:
    streets = town("A----B----C----D----E", ways={"ABCDE": {}})
    text = (tmp_path / "map.osm").read_text()
    lines = [line for line in text.splitlines() if '<node id="3"' not in line]
    assert streets.report.lacking_nodes == 0

    (tmp_path / "cut.osm").write_text("\n".join(lines))
    extract = read_extract(tmp_path / "cut.osm", car.wanted)
    graph, report = build_graph(extract, car, streets.graph.info)
    assert report.lacking_nodes == 1
    assert graph.n_streets == 2


def test_small_parts_are_snapped_away_from_and_counted(town) -> None:
    row = "A----B----C----D----E----F----G----H----J----K----L----M\n\nX----Y"
    streets = town(row)
    assert streets.report.small_streets == 1
    assert streets.seconds("A", "XY") == streets.seconds("A", "AB")


def test_islands_are_kept_and_cannot_be_reached(town) -> None:
    streets = town("A----B----C\n\n\nX----Y----Z")
    assert streets.report.parts == 2
    assert streets.report.small_streets == 0
    assert streets.seconds("AB", "XY") is None
    assert streets.seconds("XY", "YZ") == blocks(1)


def test_the_same_values_build_the_same_graph(town) -> None:
    drawing = "     N\n     |\nW----X----E"
    one, two = town(drawing).graph, town(drawing).graph
    assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in ARRAYS)
