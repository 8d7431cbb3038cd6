"""Of whoever is asked for everything is told, whether or not they are among the best."""

from dataclasses import replace

import pytest

from geo_dispatch.dispatch.ranking.replay import inputs_of, pack, ranking_bytes, replay, unpack
from geo_dispatch.dispatch.ranking.search import rank
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
    on_site_since,
    skilled,
)

CASE = a_case(an_order(required_skills=needs(HVAC=2), window=Window(NOW, NOW + minutes(90))))
FAR = 18


def plans():
    near = [
        a_plan(a_technician(f"van-{n:02}", skills=skilled("HVAC", 3)), at(1500 * n))
        for n in range(20)
    ]
    busy = a_plan(
        a_technician("van-busy", skills=skilled("HVAC", 3)),
        at(0),
        [a_stop("wo_long", at(0), 1, duration_s=6 * 3600.0, **on_site_since(NOW))],
    )
    return [*near, busy, a_plan(a_technician("van-unskilled"), at(0))]


def told(ranking):
    return [
        one.technician_id
        for those in (ranking.candidates, ranking.excluded, ranking.not_ranked)
        for one in those
    ]


def fleet_and_id(name):
    fleet = a_fleet(CASE, plans())
    [one] = [technician_id for technician_id in fleet.rows if technician_id.endswith(name)]
    return fleet, one


def test_who_is_behind_the_best_is_told_with_every_term_and_how_far_behind():
    fleet, asked = fleet_and_id(f"van-{FAR}")
    ranking = rank(CASE, fleet, top=3, also=[asked])
    everybody = rank(CASE, a_fleet(CASE, plans()))
    exact = everybody.candidate(asked)
    assert ranking.candidates[:2] == everybody.candidates[:2]
    assert ranking.candidates[3:] == (replace(exact, rank=None, leads=()),)
    assert ranking.candidates[3].behind_min == pytest.approx(
        exact.score_min - everybody.candidates[0].score_min
    )
    assert len(told(ranking)) == len(set(told(ranking))) == len(fleet.plans)


def test_who_is_among_the_best_is_told_once_with_their_rank():
    fleet, asked = fleet_and_id("van-01")
    assert rank(CASE, fleet, top=3, also=[asked]) == rank(CASE, fleet, top=3)


def test_whom_only_their_day_excludes_is_told_with_the_reasons():
    fleet, asked = fleet_and_id("van-busy")
    ranking = rank(CASE, fleet, top=3, also=[asked])
    reasons = rank(CASE, a_fleet(CASE, plans())).exclusions_of(asked)
    assert reasons
    assert ranking.exclusions_of(asked) == reasons
    assert rank(CASE, fleet, top=3).exclusions_of(asked) == ()
    assert len(told(ranking)) == len(set(told(ranking))) == len(fleet.plans)


def test_who_lacks_something_is_excluded_as_ever():
    fleet, asked = fleet_and_id("van-unskilled")
    assert rank(CASE, fleet, top=3, also=[asked]) == rank(CASE, fleet, top=3)


@pytest.mark.parametrize("name", [f"van-{FAR}", "van-busy", "van-unskilled", "van-01"])
def test_such_a_ranking_is_made_again_from_its_record(name):
    fleet, asked = fleet_and_id(name)
    ranking, inputs = inputs_of(CASE, fleet, top=3, also=[asked])
    assert ranking_bytes(replay(unpack(pack(inputs)))) == ranking_bytes(ranking)
    assert len(inputs.judged) < 20
