from __future__ import annotations

import pytest

from geo_dispatch.roads.limits import default_kmh, limit_kmh


@pytest.mark.parametrize(
    ("text", "country", "kmh"),
    [
        ("50", "LI", 50),
        ("50 ", "LI", 50),
        ("7.5", "LI", 7.5),
        ("50 km/h", "LI", 50),
        ("50 kmh", "LI", 50),
        ("30 mph", "LI", 48.28),
        ("30mph", "US", 48.28),
        ("10 knots", "LI", 18.52),
        ("walk", "DE", 7),
        ("walk", "PT", 6),
        ("none", "DE", 130),
        ("CH:urban", "LI", 50),
        ("ch:rural", "DE", 80),
        ("DE:motorway", "CH", 140),
        ("urban", "CH", 50),
        ("RO:urban", "LI", 50),
        ("US:rural", "LI", 88.51),
        ("DE:zone:30", "LI", 30),
        ("DE:zone30", "LI", 30),
        ("DE:30", "LI", 30),
        ("GB:zone20", "LI", 32.19),
        ("GB:nsl_single", "GB", 96.56),
        ("50;30", "LI", 30),
        ("80|100", "LI", 80),
        ("50; 30 mph", "LI", 48.28),
    ],
)
def test_every_common_form_of_a_limit_is_read(text, country, kmh, car) -> None:
    assert limit_kmh(text, country, car.country) == pytest.approx(kmh, abs=0.01)


@pytest.mark.parametrize(
    "text",
    ["", "fast", "signals", "variable", "0", "-50", "999", "50 furlongs", "XX:YY", ";", "5 0"],
)
def test_nonsense_states_no_limit(text, car) -> None:
    assert limit_kmh(text, "LI", car.country) is None


def test_what_a_country_does_not_say_is_the_general_default(car) -> None:
    assert default_kmh("walk", "AT", car.country) == 6
    assert default_kmh("urban", "nowhere", car.country) == 50
    assert default_kmh("under water", "AT", car.country) is None
