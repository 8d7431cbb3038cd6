"""The cheapest crew that begins together, held against every crew there could be."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.ranking.crews import Choice, Offer, Seats, choose, team_of
from geo_dispatch.dispatch.ranking.scoring import RankingParams
from geo_dispatch.dispatch.records.technicians import Leave
from geo_dispatch.kernel.ids import TechnicianId
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

WAITING = 0.5


def offers(people):
    """Who can come: name -> (minutes until there, cost); waiting costs half a minute each."""

    def at(moment):
        found = []
        for name, (there_min, cost) in people.items():
            there = NOW + minutes(there_min)
            begin = there if moment is None else max(there, moment)
            wait_min = (begin - there) / minutes(1)
            found.append(Offer(TechnicianId(name), begin, cost + WAITING * wait_min))
        return found

    return at


def cheapest(size, leads, members):
    """Every lead with every set of others, at the moment at which the last is there."""
    best = None
    for lead in leads:
        for others in itertools.combinations(sorted(set(members) - {lead}), size - 1):
            arrivals = [leads[lead][0], *(members[other][0] for other in others)]
            costs = [leads[lead][1], *(members[other][1] for other in others)]
            waits = sum(max(arrivals) - one for one in arrivals)
            total = sum(costs) + WAITING * waits
            best = total if best is None else min(best, total)
    return best


people = st.dictionaries(
    st.sampled_from("abcdefg"), st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=7
)


@settings(deadline=None)
@given(st.integers(2, 4), people, st.sets(st.sampled_from("abcdefg")))
def test_no_crew_costs_less_than_the_one_chosen(size, members, able):
    leads = {name: told for name, told in members.items() if name in able}
    found = choose(size, offers(leads), offers(members))
    best = cheapest(size, leads, members)
    if found is None:
        assert best is None
        return
    assert found.cost_min == pytest.approx(best)
    assert len(set(found.technician_ids)) == size
    assert found.begin_at >= NOW + minutes(max(members[one][0] for one in found.technician_ids))


def test_all_begin_when_the_last_of_them_is_there():
    crew = {"a": (10, 10), "b": (25, 25), "c": (90, 20)}
    assert choose(2, offers(crew), offers(crew)) == Choice(
        TechnicianId("a"), (TechnicianId("b"),), NOW + minutes(25), 42.5, 25.0
    )


def test_nobody_goes_when_not_enough_can():
    one = {"a": (10, 10)}
    assert choose(2, offers(one), offers(one)) is None
    assert choose(2, offers({}), offers({"a": (1, 1), "b": (1, 1)})) is None


def a_day(name, metres, **fields):
    return a_plan(a_technician(name, **fields), at(metres))


def test_the_lead_brings_the_skill_and_the_others_only_come():
    case = a_case(an_order(crew_size=2, required_skills=needs(crane=2)))
    plans = [
        a_day("near-1", 600),
        a_day("near-2", 1200),
        a_day("able", 6000, skills=skilled("crane", 3)),
    ]
    found = Seats(case, a_fleet(case, plans), RankingParams()).best()
    assert found.technician_ids == ("able", "near-1")
    assert found.begin_at == NOW + minutes(10)


def test_somebody_can_be_named_to_lead():
    case = a_case(an_order(crew_size=2))
    plans = [a_day("a", 600), a_day("b", 1200), a_day("c", 3000)]
    found = Seats(case, a_fleet(case, plans), RankingParams()).best(TechnicianId("c"))
    assert found.technician_ids == ("c", "a")


def test_a_named_crew_begins_when_all_of_it_is_there():
    case = a_case(an_order(crew_size=3))
    names = [TechnicianId(name) for name in ("a", "b", "c")]
    plans = [a_day("a", 600), a_day("b", 12000), a_day("c", 1200)]
    team = team_of(case, a_fleet(case, plans), RankingParams(), names[0], names[1:])
    assert (team.begin_at, team.conflicts) == (NOW + minutes(20), ())


def test_a_named_crew_of_which_one_cannot_come_says_who_and_why():
    case = a_case(an_order(crew_size=2))
    away = (Leave(Window(NOW - minutes(600), NOW + minutes(6000)), "holiday"),)
    plans = [a_day("a", 600), a_day("b", 1200, leave=away)]
    names = [TechnicianId("a"), TechnicianId("b")]
    team = team_of(case, a_fleet(case, plans), RankingParams(), names[0], names[1:])
    assert team.begin_at is None
    assert {one for one, _ in team.conflicts} == {"b"}
    assert any("holiday" in exclusion.fact for _, exclusion in team.conflicts)
