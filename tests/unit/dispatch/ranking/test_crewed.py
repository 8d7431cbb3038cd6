"""Work for several: a ranking names only who finds a crew, and says what the others could lead."""

from dataclasses import replace

import pytest

from geo_dispatch.dispatch.ranking.crewed import search_crewed, without_crew
from geo_dispatch.dispatch.ranking.relaxing import relax
from geo_dispatch.dispatch.ranking.replay import inputs_of, pack, ranking_bytes, replay, unpack
from geo_dispatch.dispatch.records.technicians import Leave
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    a_case,
    a_fleet,
    a_plan,
    a_technician,
    an_order,
    at,
    minutes,
    needs,
    skilled,
)

AWAY = (Leave(Window(NOW - minutes(600), NOW + minutes(6000)), "holiday"),)


def a_day(name, metres, **fields):
    return a_plan(a_technician(name, **fields), at(metres))


@pytest.mark.capability("BO-067")
def test_each_candidate_is_told_with_their_crew_and_when_all_can_begin():
    case = a_case(an_order(crew_size=2))
    plans = [a_day("a", 600), a_day("b", 1200), a_day("c", 6000)]
    _, ranking, _ = search_crewed(case, a_fleet(case, plans))
    assert [(one.technician_id, one.crew) for one in ranking.candidates] == [
        ("a", ("b",)), ("b", ("a",)), ("c", ("a",)),
    ]  # fmt: skip
    first, _, last = ranking.candidates
    assert (first.begin_at, last.begin_at) == (NOW + minutes(2), NOW + minutes(10))
    assert first.score_min == pytest.approx(sum(term.minutes for term in first.terms))
    assert first.terms[-1].name == "crew"


@pytest.mark.capability("FA-013")
def test_nobody_is_named_who_finds_no_crew_and_a_smaller_one_lifts_it():
    order = an_order(crew_size=4, required_skills=needs(crane=2))
    case = a_case(order)
    plans = [
        a_day("able", 600, skills=skilled("crane", 2)),
        a_day("near", 1200),
        a_day("far", 3000),
        a_day("gone", 600, leave=AWAY),
    ]
    fleet = a_fleet(case, plans)
    search, ranking, crews = search_crewed(case, fleet)
    assert ranking.candidates == ()
    assert ranking.exclusions_of("able")[0].code == "crew_apart"
    assert {one.technician_id for one in ranking.excluded} == {"able", "near", "far", "gone"}
    (told,) = without_crew(search, crews)
    assert (told.technician_id, told.exclusions[0].lifts) == ("able", "a crew of 3")
    relaxed, plan = relax(case, plans[0], told.relaxations)
    _, again, _ = search_crewed(relaxed, a_fleet(relaxed, [plan, *plans[1:]]))
    assert [one.technician_id for one in again.candidates] == ["able"]
    larger = replace(relaxed, order=replace(relaxed.order, crew_size=4))
    assert search_crewed(larger, a_fleet(larger, plans))[1].candidates == ()


@pytest.mark.parametrize("top", [None, 1, 2])
def test_a_decision_about_a_crew_is_made_again_to_the_byte(top):
    case = a_case(an_order(crew_size=2, required_skills=needs(crane=2)))
    plans = [a_day(f"van-{n}", 500 * n, skills=skilled("crane", 1 + n % 3)) for n in range(30)]
    ranking, inputs = inputs_of(case, a_fleet(case, plans), top=top, also=["van-29"])
    assert ranking_bytes(replay(unpack(pack(inputs)))) == ranking_bytes(ranking)
    everybody = [
        one.technician_id
        for those in (ranking.candidates, ranking.excluded, ranking.not_ranked)
        for one in those
    ]
    assert sorted(everybody) == sorted(plan.technician.id for plan in plans)
    assert "van-29" in {one.technician_id for one in ranking.candidates}
    whole, _ = inputs_of(case, a_fleet(case, plans))
    assert ranking.candidates[0].technician_id == whole.candidates[0].technician_id
