from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from geo_dispatch.adapters.profiles import CAR, profile_text
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.roads.profile import parse_profile


@pytest.fixture
def table() -> dict:
    return tomllib.loads(profile_text(CAR, Path()))


def test_the_shipped_car_profile_knows_the_promised_countries(car) -> None:
    assert {"PT", "DE", "CH", "LI", "AT", "US"} <= car.country.keys()
    assert car.country["GB"].drive_on == "left"
    assert car.country_or_other("LI") == "LI"
    assert car.country_or_other("") == "other"


@pytest.mark.parametrize("code", ["ZZ", "ch", "other"])
def test_an_unknown_country_is_refused(code, car) -> None:
    with pytest.raises(InvalidInput, match=rf"country '{code}' .* give one of AT CH DE"):
        car.country_or_other(code)


def test_a_misspelt_table_is_named(table) -> None:
    table["turns"] = table.pop("turn")
    with pytest.raises(InvalidInput, match=r"mine\.toml is not a speed profile.*turn"):
        parse_profile(table, "mine.toml")


def test_a_value_of_the_wrong_type_is_named(table) -> None:
    table["highway"]["primary"]["kmh"] = "quick"
    with pytest.raises(InvalidInput, match="kmh"):
        parse_profile(table, "mine.toml")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("highway", "primary", "kmh"), 0),
        (("speeds", "slowest_kmh"), -5),
        (("surface_kmh", "gravel"), float("inf")),
        (("service_factor", "alley"), 0),
        (("node_s", "highway=stop"), -1),
        (("barrier_s", "gate"), 1e9),
        (("turn", "u_turn_s"), float("nan")),
        (("restricted", "entering_s"), -45),
        (("country", "US", "limits", "urban"), -25),
        (("country", "US", "limits", "urban"), "25 miles"),
        (("country", "US", "limits", "urban"), "0 mph"),
    ],
)
def test_what_would_make_no_drive_time_is_refused(table, path, value) -> None:
    *tables, key = path
    at = table
    for name in tables:
        at = at[name]
    at[key] = value
    with pytest.raises(InvalidInput, match=rf"mine\.toml is not a speed profile.*{path[0]}"):
        parse_profile(table, "mine.toml")


@pytest.mark.parametrize("name", ["other", "opened"])
def test_what_barriers_that_are_not_listed_take_must_be_there(table, name) -> None:
    del table["barrier_s"][name]
    with pytest.raises(InvalidInput, match=rf"{name} is missing in \[barrier_s\]"):
        parse_profile(table, "mine.toml")


def test_angles_must_cover_half_a_circle(table) -> None:
    table["turn"]["angles"].pop()
    with pytest.raises(InvalidInput, match="end at 180 degrees"):
        parse_profile(table, "mine.toml")


def test_the_general_defaults_must_be_there(table) -> None:
    del table["country"]["other"]
    with pytest.raises(InvalidInput, match=r"\[country\.other\] is missing"):
        parse_profile(table, "mine.toml")
