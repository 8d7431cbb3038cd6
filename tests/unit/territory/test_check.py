"""Checks: everything wrong is found at once, with its territory and its place."""

import pytest
import shapely

from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.territory.check import Severity, check, is_publishable
from geo_dispatch.territory.model import Territory
from tests.support.shapes import square, territory

NORTH = territory("North", square(0, 1))
SOUTH = territory("South", square(0, 0))
BOUNDS = (9.4, 47.0, 9.8, 47.3)


def swapped(original):
    area = shapely.transform(original.area, lambda lonlats: lonlats[:, ::-1])
    return Territory(original.id, original.name, area)


def codes(territories, bounds=None):
    return [finding.code for finding in check(territories, bounds)]


def test_neighbours_that_share_a_border_are_clean():
    assert check([NORTH, SOUTH], BOUNDS) == []


def test_exclaves_are_normal():
    assert check([territory("Two", square(0, 0), square(3, 0)), NORTH], BOUNDS) == []


def test_an_overlap_names_both_its_size_and_its_place():
    (finding,) = check([NORTH, territory("Wide", square(0, 0.5))])
    assert finding.code == "overlap"
    assert finding.severity is Severity.ERROR
    assert finding.territories == ("North", "Wide")
    assert finding.area_m2 == pytest.approx(0.01 * 0.005 * 111_195**2 * 0.6807, rel=0.002)
    assert square(0, 1, 1, 0.5).covers(shapely.Point(finding.place))
    assert "North and Wide overlap by" in finding.message


def test_a_sliver_from_rounding_is_no_overlap():
    shifted = shapely.box(9.5, 47.11 - 1e-7, 9.51, 47.12)
    assert check([territory("North", shifted), SOUTH]) == []


def test_an_outline_that_crosses_itself_is_named_with_the_place():
    bow = shapely.Polygon([(9.5, 47.1), (9.52, 47.12), (9.52, 47.1), (9.5, 47.12)])
    (finding,) = check([territory("Bow", bow)])
    assert (finding.code, finding.severity) == ("self-crossing", Severity.ERROR)
    assert finding.place == pytest.approx((9.51, 47.11))
    assert "Bow crosses" in finding.message


def test_each_bad_part_is_a_finding_of_its_own():
    bow = shapely.Polygon([(9.5, 47.1), (9.52, 47.12), (9.52, 47.1), (9.5, 47.12)])
    other = shapely.transform(bow, lambda lonlats: lonlats + 0.1)
    assert codes([territory("Bows", bow, other)]) == ["self-crossing"] * 2


def test_parts_that_overlap_each_other_are_found():
    assert codes([territory("Double", square(0, 0), square(0.5, 0))]) == ["self-crossing"]


def test_a_gap_inside_the_union_is_a_warning_with_its_neighbours():
    ring = territory("Ring", square(0, 0, 3, 3).difference(square(1, 1)))
    findings = check([ring])
    assert [(f.code, f.severity, f.territories) for f in findings] == [
        ("gap", Severity.WARNING, ("Ring",))
    ]
    assert is_publishable(findings)
    assert check([ring, territory("Hole", square(1, 1))]) == []


def test_swapped_coordinates_are_told_from_the_road_graph():
    findings = check([swapped(NORTH), swapped(SOUTH)], BOUNDS)
    assert [f.code for f in findings] == ["swapped", "swapped"]
    assert "longitude first" in findings[0].message


def test_swapped_coordinates_are_told_from_the_other_territories():
    west = territory("West", square(-3, 0, 3, 2))
    (finding,) = check([west, SOUTH, swapped(NORTH)])
    assert (finding.code, finding.territories) == ("swapped", ("North",))


def test_a_place_off_the_earth_is_named():
    far = territory("Far", shapely.box(30, 120, 31, 121))
    (finding,) = check([far])
    assert finding.code == "off-earth"
    assert "swapped?" in finding.message


def test_a_territory_far_from_the_roads_is_a_warning():
    (finding,) = check([territory("Sea", shapely.box(-30, 40, -29, 41))], BOUNDS)
    assert (finding.code, finding.severity) == ("outside", Severity.WARNING)


def test_empty_names_and_double_ids_are_found():
    nameless = Territory(TerritoryId("x"), " ", SOUTH.area)
    idless = Territory(TerritoryId(""), "Y", territory("Y", square(5, 5)).area)
    twin = Territory(TerritoryId("x"), "Twin", territory("Twin", square(3, 3)).area)
    assert codes([nameless, twin, idless]) == ["no-name", "no-id", "duplicate-id"]


def test_two_of_the_same_name_are_a_warning():
    other = Territory(TerritoryId("n2"), "north", territory("x", square(4, 4)).area)
    assert codes([NORTH, other]) == ["duplicate-name"]


def test_no_territory_and_no_area_are_found():
    assert codes([]) == ["no-territories"]
    assert codes([territory("Nothing")]) == ["no-area"]


def test_all_findings_come_at_once_errors_first():
    ring = territory("Ring", square(0, 0, 3, 3).difference(square(1, 1)))
    across = territory("", square(2.5, 0))
    findings = check([ring, across])
    assert [f.code for f in findings][-1] == "gap"
    assert {"overlap", "no-name", "no-id", "gap"} == {f.code for f in findings}
    assert not is_publishable(findings)
