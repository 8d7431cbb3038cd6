from __future__ import annotations

import pytest

from geo_dispatch.roads.durations import duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("25", 1500),
        (" 25 ", 1500),
        ("1:30", 5400),
        ("00:08", 480),
        ("00:08:30", 510),
        ("PT15M", 900),
        ("PT1H30M", 5400),
        ("pt45s", 45),
        ("P1DT2H", 93600),
    ],
)
def test_every_form_of_the_tag_is_read(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0", "00:00", "P", "PT", "-5", "20 min", "99:00"])
def test_what_makes_no_sense_counts_as_absent(text: str) -> None:
    assert duration_s(text) is None
