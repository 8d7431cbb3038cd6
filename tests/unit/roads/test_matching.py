from __future__ import annotations

import itertools

import numpy as np
import pytest

from geo_dispatch.roads.matching import Match, Reason

GRID = "A----B----C\n|    |    |\nD----E----F\n|    |    |\nG----H----J"
ROW = "A----B----C----D----E----F----G"
"""Streets of 100 m."""


def match(streets, places, *, every_s: float = 10.0, sigma_m: float = 8.0, at_s=None) -> Match:
    times_s = np.arange(len(places)) * every_s if at_s is None else np.array(at_s, float)
    lonlats = np.array(places, float).reshape(-1, 2)
    return streets.engine.match(lonlats, times_s, np.full(len(lonlats), sigma_m))


def driven(streets, matched: Match) -> list[str]:
    """Directions told by names: a street against its drawing is read backwards."""
    names = []
    for piece in matched.pieces:
        for vertex in piece.streets:
            name = streets.graph.name_of(vertex >> 1)
            names.append(name[::-1] if vertex & 1 else name)
    return names


def along(streets, *corners: str, every_m: float = 20.0, aside_m: float = 0.0) -> list:
    """Places along a way from corner to corner."""
    places = []
    for a, b in itertools.pairwise(corners):
        columns, rows = np.subtract(streets.map.cells[b], streets.map.cells[a])
        count = round(np.hypot(columns * 20.0, rows * 50.0) / every_m)
        places += [streets.map.between(a, b, i / count, aside_m) for i in range(count)]
    return [*places, streets.map.place(corners[-1])]


def test_a_drive_without_noise_is_matched_to_its_streets_to_the_metre(town) -> None:
    streets = town(GRID)
    matched = match(streets, along(streets, "A", "B", "E", "F", "J")[1:-1], every_s=4, sigma_m=2)
    assert driven(streets, matched) == ["AB", "BE", "EF", "FJ"]
    assert matched.length_m == pytest.approx(400 - 40, abs=1)
    assert matched.unmatched == ()
    (piece,) = matched.pieces
    assert piece.distance_m.max() < 0.01
    assert piece.confidence.min() > 0.9


def test_a_fix_nearer_to_the_frontage_road_does_not_leave_the_motorway(town) -> None:
    motorway = {"highway": "motorway", "maxspeed": "120"}
    streets = town("A----B----C----D\n|              |\nE----F----G----H", ways={"ABCD": motorway})
    places = along(streets, "A", "D", every_m=60)[1:-1]
    places[2] = streets.map.between("A", "D", 0.6, aside_m=-55)
    nearest = streets.engine.snap(np.array(places)).street[2]
    assert streets.graph.name_of(int(nearest)) == "FG"
    assert driven(streets, match(streets, places, every_s=3, sigma_m=20)) == ["ABCD"]


def test_of_two_opposite_one_way_streets_the_one_for_the_direction_is_taken(town) -> None:
    drawing = "A----------B\n|          |\nC----------D"
    streets = town(drawing, ways={"AB": {"oneway": "yes"}, "DC": {"oneway": "yes"}})
    between = along(streets, "B", "A", every_m=40, aside_m=45)[2:-2]
    assert {0} == {int(s) for s in streets.engine.snap(np.array(between)).street}
    assert driven(streets, match(streets, between, every_s=4, sigma_m=25)) == ["DC"]


def test_a_bridge_over_a_road_is_not_a_way_down_to_it(town) -> None:
    streets = town("    C\n\nA        B\n\n    D", ways={"AB": {}, "CD": {}})
    places = along(streets, "A", "B", every_m=20)[1:-1]
    places[3] = streets.map.between("C", "D", 0.55)
    assert streets.graph.name_of(int(streets.engine.snap(np.array(places)).street[3])) == "CD"
    assert driven(streets, match(streets, places, every_s=3)) == ["AB"]


def test_forbidden_turns_are_not_taken(town) -> None:
    corner = "A----B----C\n     |    |\n     D----E"
    free, bound = town(corner), town(corner, restrictions=[("no_right_turn", "AB", "B", "BD")])
    places = [free.at("AB"), free.at("BD"), free.map.between("D", "E", 0.3)]
    assert driven(free, match(free, places, every_s=30)) == ["AB", "BD", "DE"]
    matched = match(bound, places, every_s=30)
    assert "AB,BD" not in ",".join(driven(bound, matched))


def test_turning_round_where_nobody_may_splits_the_drive_and_says_so(town) -> None:
    streets = town(ROW)
    out = [streets.map.between("A", "G", share) for share in (0.05, 0.15, 0.25)]
    places = [*out, *out[1::-1]]
    matched = match(streets, places)
    assert driven(streets, matched) == ["AB", "BC", "BA"]
    assert [gone.reason for gone in matched.unmatched] == [Reason.NO_WAY]


def test_a_long_pause_splits_the_drive(town) -> None:
    streets = town(ROW)
    places = [streets.map.between("A", "G", share) for share in (0.1, 0.3, 0.7, 0.9)]
    matched = match(streets, places, at_s=[0, 15, 315, 330])
    assert [(gone.first, gone.last, gone.reason) for gone in matched.unmatched] == [
        (1, 2, Reason.GAP)
    ]
    assert [piece.route.distance_m for piece in matched.pieces] == pytest.approx([120, 120], abs=1)


def test_a_speed_that_nobody_drives_splits_the_drive(town) -> None:
    streets = town(ROW)
    places = [streets.map.between("A", "G", share) for share in (0.02, 0.1, 0.9, 0.98)]
    matched = match(streets, places, at_s=[0, 5, 7, 12])
    assert [gone.reason for gone in matched.unmatched] == [Reason.TOO_FAST]
    assert match(streets, places, at_s=[0, 5, 40, 45]).unmatched == ()


def test_one_fix_off_the_roads_is_passed_over_and_several_split_the_drive(town) -> None:
    streets = town(ROW)
    places = along(streets, "A", "G", every_m=50)[1:-1]
    off = [streets.map.between("A", "G", 0.5, aside_m=300 + 50 * i) for i in range(2)]
    one = match(streets, [*places[:5], off[0], *places[6:]])
    assert len(one.pieces) == 1
    assert 5 not in one.pieces[0].fixes
    two = match(streets, [*places[:5], *off, *places[7:]], every_s=20)
    assert [(gone.first, gone.last, gone.reason) for gone in two.unmatched] == [
        (4, 7, Reason.OFF_ROAD)
    ]


def test_a_van_that_stands_at_a_light_drives_no_further_by_jitter(town) -> None:
    streets = town(ROW)
    rng = np.random.default_rng(5)
    metres = np.concatenate([np.arange(20, 300, 10), np.full(120, 300), np.arange(300, 560, 10)])
    east = metres + rng.normal(0, 4, len(metres))
    aside = rng.normal(0, 4, len(metres))
    places = [streets.map.between("A", "G", e / 600, a) for e, a in zip(east, aside, strict=True)]
    matched = match(streets, places, every_s=1, sigma_m=4)
    assert matched.length_m == pytest.approx(530, abs=12)


def test_the_same_fix_twice_changes_nothing(town) -> None:
    streets = town(GRID)
    places = along(streets, "A", "B", "E", "F", "J", every_m=40)[1:-1]
    at_s = np.arange(len(places)) * 6.0
    once = match(streets, places, at_s=at_s)
    twice = match(streets, np.repeat(places, 2, axis=0), at_s=np.repeat(at_s, 2))
    assert driven(streets, twice) == driven(streets, once)
    assert twice.length_m == once.length_m


def test_places_along_the_way_end_at_its_length(town) -> None:
    streets = town(GRID)
    matched = match(streets, along(streets, "A", "C", "J", every_m=30)[1:-1], every_s=5)
    (piece,) = matched.pieces
    assert (np.diff(piece.at_m) >= 0).all()
    assert piece.at_m[-1] == pytest.approx(piece.route.distance_m)
    assert len(piece.fixes) == len(piece.at_m) == len(piece.confidence)


def test_a_fix_between_two_like_roads_is_not_called_sure(town) -> None:
    streets = town("A----------B\n|          |\nC----------D")
    middle = along(streets, "A", "B", every_m=40, aside_m=-50)[1:-1]
    (piece,) = match(streets, middle, every_s=4, sigma_m=25).pieces
    assert piece.confidence.max() < 0.6


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_fixes_are_no_drive(town, count) -> None:
    streets = town(ROW)
    matched = match(streets, [streets.at("AB")] * count)
    assert (matched.pieces, matched.unmatched, matched.length_m) == ((), (), 0)


def test_far_from_every_road_all_is_unmatched(town) -> None:
    streets = town(ROW)
    matched = match(streets, [(1.0, 1.0), (1.001, 1.0), (1.002, 1.0)])
    assert matched.pieces == ()
    assert [(gone.first, gone.last, gone.reason) for gone in matched.unmatched] == [
        (0, 2, Reason.OFF_ROAD)
    ]
