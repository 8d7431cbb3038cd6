"""Restrictions over ways: what may follow depends on where one came from."""

from __future__ import annotations

import numpy as np

from geo_dispatch.roads.graph import graph_faults

DUAL = """
A----B----C
     |    |
D----E----F----G
"""
LADDER = """
A----B----C----D----E
     |    |    |
     F----G----H
"""


def test_turning_round_over_a_link_is_forbidden_and_all_else_is_not(town) -> None:
    # AB on over the link BE and back along DE; those from C may turn there, and AB may go to F.
    bound = [("no_u_turn", "AB", "BE", "DE")]
    free, built = town(DUAL), town(DUAL, restrictions=bound)
    assert free.streets("AB", "DE") == ["AB", "BE", "DE"]
    assert built.streets("AB", "DE") == ["AB", "BC", "CF", "EF", "DE"]
    assert built.streets("BC", "DE") == ["BC", "BE", "DE"]
    assert built.streets("AB", "EF") == ["AB", "BE", "EF"]
    assert built.report.restrictions.over_ways == 1
    assert built.report.restrictions.other == 0


def test_who_starts_on_the_way_between_has_not_come_from_anywhere(town) -> None:
    built = town(DUAL, restrictions=[("no_u_turn", "AB", "BE", "DE")])
    assert built.streets("BE", "DE") == ["BE", "DE"]


def test_a_place_on_the_way_between_is_reached_all_the_same(town) -> None:
    built = town(DUAL, restrictions=[("no_u_turn", "AB", "BE", "DE")])
    assert built.streets("AB", "BE") == ["AB", "BE"]
    assert built.seconds("AB", "BE") == town(DUAL).seconds("AB", "BE")


def test_only_over_a_way_leaves_one_way_on_to_who_came_so(town) -> None:
    built = town(DUAL, restrictions=[("only_straight_on", "AB", "BE", "EF")])
    assert built.streets("AB", "DE") == ["AB", "BC", "CF", "EF", "DE"]
    assert built.streets("AB", "EF") == ["AB", "BE", "EF"]
    assert built.streets("BC", "DE") == ["BC", "BE", "DE"]


def test_a_restriction_over_several_ways_holds_for_the_whole_of_them(town) -> None:
    over = [("no_left_turn", "AB", "BC+CD", "DH")]
    built = town(LADDER, restrictions=over, ways={"CG": None, "BF": None})
    assert town(LADDER, ways={"CG": None, "BF": None}).streets("AB", "DH") == [
        "AB", "BC", "CD", "DH",
    ]  # fmt: skip
    assert built.streets("AB", "DH") == ["AB", "BC", "CD", "DE", "DH"]
    assert built.streets("BC", "DH") == ["BC", "CD", "DH"]


def test_the_ways_between_may_be_given_in_any_order(town) -> None:
    over = [("no_left_turn", "AB", "CD+BC", "DH")]
    built = town(LADDER, restrictions=over, ways={"CG": None, "BF": None})
    assert built.streets("AB", "DH") == ["AB", "BC", "CD", "DE", "DH"]


def test_a_way_between_that_other_streets_join_is_restricted_along_all_its_streets(town) -> None:
    over = [("no_right_turn", "AB", "BCD", "DH")]
    built = town(LADDER, ways={"BCD": {}, "BF": {"access": "no"}}, restrictions=over)
    assert built.streets("AB", "DH")[-1] == "DH"
    assert built.streets("AB", "DH") != ["AB", "BCD", "DH"]
    assert built.streets("CG", "DH.2") == ["CG", "BCD", "DH"]


def test_where_restrictions_over_ways_leave_no_way_on_one_turns_round(town) -> None:
    drawing = "A----B----C----D\n     |\n     E"
    no_right = ("no_right_turn", "AB", "B", "BE")
    free = town(drawing, restrictions=[no_right])
    bound = town(drawing, restrictions=[no_right, ("no_straight_on", "AB", "BC", "CD")])
    assert free.streets("AB", "BE") == ["AB", "BC", "CD", "BC", "BE"]
    assert bound.streets("AB", "BE") == ["AB", "BC", "BE"]


def test_restrictions_over_ways_for_others_or_without_a_walk_do_not_hold(town) -> None:
    built = town(
        DUAL,
        restrictions=[
            ("no_u_turn", "AB", "BE", "DE", "except=motorcar"),
            ("no_u_turn", "AB", "CF", "DE"),
            ("no_u_turn", "AB", "BE", "FG"),
            ("nonsense", "AB", "BE", "DE"),
        ],
    )
    assert built.streets("AB", "DE") == ["AB", "BE", "DE"]
    assert built.report.restrictions.over_ways == 0
    assert built.report.restrictions.other == 4
    assert built.graph.n_vertices == 2 * built.graph.n_streets


def test_a_street_that_is_entered_over_a_restriction_only_is_snapped_to(town) -> None:
    # One way round: the only way into BE is from AB.
    ways = {name: {"oneway": "yes"} for name in ("AB", "BE", "EF", "FC", "CB")}
    built = town(DUAL, ways=ways, restrictions=[("no_u_turn", "AB", "BE", "DE")])
    assert built.graph.snappable.all()
    assert built.streets("AB", "BE") == ["AB", "BE"]


def test_kernels_are_made_ready_and_drives_matched_on_such_a_street_too(town) -> None:
    built = town("A----B----C", restrictions=[("no_u_turn", "AB", "BC", "BC")])
    assert built.graph.arc_head[0] >= 2 * built.graph.n_streets
    built.engine.prepare()
    fixes = np.array([built.at("AB"), built.at("BC")])
    (piece,) = built.engine.match(fixes, np.array([0.0, 20.0]), np.array([5.0, 5.0])).pieces
    assert [built.graph.name_of(street >> 1) for street in piece.streets] == ["AB", "BC"]


def test_copies_of_a_street_stand_behind_all_streets(town) -> None:
    graph = town(DUAL, restrictions=[("no_u_turn", "AB", "BE", "DE")]).graph
    assert graph_faults(graph) == []
    streets = 2 * graph.n_streets
    assert np.array_equal(graph.vertex_directed[:streets], np.arange(streets))
    (copy,) = graph.vertex_directed[streets:]
    assert graph.name_of(copy >> 1) == "BE"


def test_a_restriction_over_a_tangle_of_ways_is_left_out_and_counted(town) -> None:
    tangle = """
X----A----B----C
     |    |    |
     D----E----F
     |    |    |
     G----H----J----Y
"""
    over = [("no_straight_on", "XA", "ABCFEDGHJ+DADEBEHEFJ", "JY")]
    built = town(tangle, ways={"ABCFEDGHJ": {}, "DADEBEHEFJ": {}}, restrictions=over)
    assert built.graph.n_vertices == 2 * built.graph.n_streets
    assert built.report.restrictions.other == 1
    assert built.seconds("XA", "JY") is not None
