from __future__ import annotations

import numpy as np
import pytest

from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.roads.misplaced import refuse_misplaced

BOUNDS = (9.47, 47.05, 9.64, 47.27)
VADUZ = (9.5209, 47.1410)


def faults(*lonlats: tuple[float, float], bounds=BOUNDS, name="targets") -> dict[str, str]:
    with pytest.raises(InvalidPosition) as caught:
        refuse_misplaced(np.array(lonlats), bounds, name)
    return {fault.where: fault.message for fault in caught.value.faults}


@pytest.mark.parametrize(
    "lonlat",
    [VADUZ, (2.35, 48.85), (-180.0, -90.0), (9.47, 47.05)],
    ids=["in", "far", "edge", "on"],
)
def test_any_place_on_the_earth_may_be_asked_about(lonlat) -> None:
    refuse_misplaced(np.array([lonlat, VADUZ]), BOUNDS, "targets")


def test_no_places_are_no_fault() -> None:
    refuse_misplaced(np.empty((0, 2)), BOUNDS, "targets")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [0, 1])
def test_what_is_not_finite_is_named(value: float, column: int) -> None:
    lonlats = np.array([VADUZ, VADUZ])
    lonlats[1, column] = value
    found = faults(*lonlats)
    assert list(found) == ["targets[1]"]
    assert "both have to be finite degrees" in found["targets[1]"]


def test_what_is_off_the_earth_is_named() -> None:
    assert "is not on the earth" in faults(VADUZ, (9.5, 147.0))["targets[1]"]


def test_swapped_is_said_with_what_would_be_right() -> None:
    assert faults((47.1410, 9.5209)) == {
        "targets[0]": (
            "(47.141, 9.5209) has longitude and latitude swapped: (9.5209, 47.141) lies in this "
            "area; longitude comes first"
        )
    }


def test_swapped_is_said_also_where_that_is_off_the_earth() -> None:
    ohio = (-83.2, 39.8, -82.8, 40.2)
    assert "swapped" in faults((40.0, -83.0), bounds=ohio)["targets[0]"]
    assert "swapped" in faults((-37.8, 144.96), bounds=(144.5, -38.0, 145.5, -37.0))["targets[0]"]


def test_where_both_ways_lie_in_the_area_nothing_is_swapped() -> None:
    refuse_misplaced(np.array([(38.5, 38.1)]), (38.0, 38.0, 39.0, 39.0), "targets")


def test_all_faults_are_told_at_once_by_the_callers_names() -> None:
    found = faults((np.nan, 0.0), VADUZ, (47.1, 9.5), name=["start", "stop", "end"])
    assert list(found) == ["start", "end"]


def test_the_message_names_the_first_and_counts_the_others() -> None:
    with pytest.raises(InvalidPosition, match=r"^targets\[1\]: .*; and 2 more of 5$"):
        refuse_misplaced(
            np.array([VADUZ, (np.nan, 0.0), (47.1, 9.5), VADUZ, (0.0, 91.0)]), BOUNDS, "targets"
        )
