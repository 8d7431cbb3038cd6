"""What is said to be in the way is all that is, nothing else, and not a bit more than that."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.ranking.relaxation import Gives
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.dispatch.ranking.why_not import relax, why_not
from tests.property.test_ranking import WindingRoads, cases, fleet
from tests.support.dispatching import a_fleet
from tests.support.hard_cases import HardCases

A_HAIR_S = 2.0
COUNTED = {Gives.SKILL, Gives.PART}
"""Given way to by levels and pieces."""


def ranked(case, plan, roads):
    return rank(case, a_fleet(case, [plan], roads))


def sent(case, plan, roads):
    """Whether ranking again finds that the technician can be sent."""
    return bool(ranked(case, plan, roads).candidates)


class Asked:
    """A technician and an order with a lot between them, and what is said about it."""

    def __init__(self, seed):
        hard = HardCases(seed)
        self.roads = WindingRoads(seed).roads
        self.case = hard.case()
        plan = hard.plan(self.case)
        self.told = why_not(self.case, plan, Drives(self.roads.drive_times))
        self.plan = plan.without(self.case.order.id)

    @property
    def given(self):
        """All that is said to have to give way; nothing when that isn't enough."""
        return self.told.relaxations if self.told is not None and self.told.enough else ()

    def sent_with(self, relaxations):
        return sent(*relax(self.case, self.plan, relaxations), self.roads)

    def but(self, number, *instead):
        """All of it, with something else instead of that one."""
        return [*self.given[:number], *instead, *self.given[number + 1 :]]


SEEDS = st.integers(0, 10**6)
ATTACK = settings(max_examples=250, derandomize=True, deadline=None)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(case=cases(), seed=SEEDS)
def test_with_all_of_it_relaxed_as_stated_the_technician_can_be_sent(case, seed):
    roads = WindingRoads(seed).roads
    for plan in fleet(seed, 4, case.site.location):
        found = why_not(case, plan, Drives(roads.drive_times))
        assert (found is None) == sent(case, plan, roads)
        if found is None:
            continue
        assert found.enough or any(one.relax is None for one in found.exclusions)
        if found.enough:
            assert sent(*relax(case, plan.without(case.order.id), found.relaxations), roads)


@pytest.mark.capability("FA-013")
@ATTACK
@given(seed=SEEDS)
def test_around_midnight_with_crews_bookings_and_stages_what_is_stated_is_enough(seed):
    asked = Asked(seed)
    refused = ranked(asked.case, asked.plan, asked.roads).excluded
    assert (asked.told is None) == (not refused)
    if asked.told is not None and asked.told.enough:
        assert asked.sent_with(asked.given)


@ATTACK
@given(seed=SEEDS)
def test_nothing_is_stated_that_need_not_give_way(seed):
    asked = Asked(seed)
    for number in range(len(asked.given)):
        assert not asked.sent_with(asked.but(number))


@ATTACK
@given(seed=SEEDS)
def test_a_hair_less_than_stated_is_not_enough(seed):
    asked = Asked(seed)
    for number, one in enumerate(asked.given):
        if one.in_time:
            less = replace(one, amount=one.amount - A_HAIR_S)
        elif one.gives in COUNTED and one.amount > 1:
            less = replace(one, amount=one.amount - 1)
        else:
            continue
        assert not asked.sent_with(asked.but(number, less))


@ATTACK
@given(seed=SEEDS)
def test_each_limit_is_stated_once_with_what_is_the_case_and_what_lifts_it(seed):
    told = Asked(seed).told
    if told is None:
        return
    facts = [(one.code, one.fact) for one in told.exclusions]
    assert len(set(facts)) == len(facts)
    for one in told.exclusions:
        assert one.fact
        assert bool(one.lifts) or one.relax is None
        if one.relax is not None and one.relax.in_time:
            assert one.measured["by_s"] == one.relax.amount
            assert math.isfinite(one.relax.amount)
