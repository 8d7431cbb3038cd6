"""The pictures of the documentation show what the code does now."""

import re

import pytest

from tests.pictures import arrivals, growth

NUMBER = re.compile(r"\d+\.\d+")


@pytest.fixture(scope="module")
def drawn():
    return arrivals.drawn()


@pytest.mark.parametrize("name", ["arrivals-odds.svg", "arrivals-next-door.svg"])
def test_a_picture_in_the_documentation_is_what_the_rule_draws(drawn, name):
    kept = (arrivals.DOCS / name).read_text(encoding="utf-8")
    remedy = "run `python -m tests.pictures.arrivals` and look at them"
    assert NUMBER.sub("n", kept) == NUMBER.sub("n", drawn[name]), remedy
    places = [[float(one) for one in NUMBER.findall(svg)] for svg in (kept, drawn[name])]
    assert places[0] == pytest.approx(places[1], abs=0.2), remedy  # libraries round otherwise
    assert f"]({name})" in (arrivals.DOCS / "arrivals.md").read_text(encoding="utf-8")


def test_the_pictures_show_an_arrival_a_red_light_and_the_three_outcomes_next_door(drawn):
    odds, next_door = drawn["arrivals-odds.svg"], drawn["arrivals-next-door.svg"]
    for said in ("arrived", "left", "no arrival: slow for 105 s, not for 150 s"):
        assert f">{said}<" in odds
    for said in ("suggested", "confirmed: assignment", "confirmed: polygon"):
        assert f">{said}<" in next_door


def test_the_picture_of_growth_shows_the_figures_that_were_measured():
    kept = (growth.DOCS / growth.NAME).read_text(encoding="utf-8")
    assert kept == growth.drawn(), "run `python -m tests.pictures.growth` and look at it"
    assert f"]({growth.NAME})" in (growth.DOCS / "benchmarks.md").read_text(encoding="utf-8")
