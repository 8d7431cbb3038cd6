"""A decision is kept with what it takes to make it again, and no more."""

from dataclasses import replace
from datetime import time

from geo_dispatch.dispatch.ranking.replay import inputs_of, pack, ranking_bytes, replay, unpack
from geo_dispatch.dispatch.records.technicians import Shift
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    a_case,
    a_fleet,
    a_plan,
    a_stop,
    a_technician,
    an_order,
    at,
    minutes,
    needs,
    skilled,
)

CASE = a_case(an_order(required_skills=needs(HVAC=2)))


def plans(able: int, others: int):
    near = [
        a_plan(
            a_technician(f"van-{n:03}", skills=skilled("HVAC", 3)),
            at(4800 * n),
            [a_stop(f"wo_{n}", at(4800 * n + 600), 1)],
        )
        for n in range(able)
    ]
    return near + [
        a_plan(a_technician(f"zan-{n:03}", skills=skilled("Drains", 3))) for n in range(others)
    ]


def test_the_plans_of_those_whose_day_was_not_looked_at_are_not_kept():
    ranking, inputs = inputs_of(CASE, a_fleet(CASE, plans(30, 20)), top=2)
    looked_at = {plan.technician.id for plan in inputs.plans}
    assert {one.technician_id for one in ranking.candidates} <= looked_at == set(inputs.judged)
    assert len(looked_at) < 30
    assert ranking_bytes(replay(unpack(pack(inputs)))) == ranking_bytes(ranking)
    assert len(inputs.call_signs()) == 50


def test_an_emergency_is_replayed_for_who_is_on_call_away_from_home():
    on_call = a_technician(
        shifts=tuple(Shift(day, time(14), time(22)) for day in range(7)),
        on_call=(Window(NOW - minutes(60), NOW + minutes(600)),),
        home=at(9000),
    )
    case = a_case(an_order(priority=1))
    plan = a_plan(on_call, at(3000), seen_at=NOW - minutes(30))
    ranking, inputs = inputs_of(case, a_fleet(case, [plan]))
    assert ranking_bytes(replay(unpack(pack(inputs)))) == ranking_bytes(ranking)


def test_those_who_lack_the_same_share_one_reason():
    _, inputs = inputs_of(CASE, a_fleet(CASE, plans(2, 200)))
    [alike] = inputs.excluded
    assert len(alike.technicians) == 200
    _, few = inputs_of(CASE, a_fleet(CASE, plans(2, 0)))
    assert len(pack(inputs)) - len(pack(few)) < 200 * 40


def test_whole_numbers_in_reasons_stay_whole():
    _, inputs = inputs_of(CASE, a_fleet(CASE, plans(0, 1)))
    [alike] = unpack(pack(inputs)).excluded
    [missing] = alike.exclusions
    assert repr(missing.measured["level_needed"]) == "2"
    assert missing.relax is not None
    assert repr(missing.relax.amount) == "2"


def test_other_prices_rank_those_who_were_looked_at_anew_and_leave_the_others_out():
    ranking, inputs = inputs_of(CASE, a_fleet(CASE, plans(5, 5)))
    free = replace(inputs.params, wait_price=(0.0,) * 5)
    again = replay(replace(inputs, params=free))
    assert {one.technician_id for one in again.candidates} == {
        one.technician_id for one in ranking.candidates
    }
    assert again.excluded == ranking.excluded
    assert again.candidates != ranking.candidates
