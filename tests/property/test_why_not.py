"""What is said to be in the way is all that is, and in time not a bit more than that."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.ranking.relaxation import TIMES, Gives
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.dispatch.ranking.why_not import relax, why_not
from tests.property.test_ranking import WindingRoads, cases, fleet
from tests.support.dispatching import a_fleet


def sent(case, plan, roads):
    """Whether ranking again finds that the technician can be sent."""
    return bool(rank(case, a_fleet(case, [plan], roads)).candidates)


STEERING = {Gives.BREAK, Gives.ACCESS, Gives.LEAVE, Gives.DUTY}
"""Limits that decide how a day goes: at half of the time the day may well go otherwise."""

QUESTION = {"case": cases(), "seed": st.integers(0, 10**6)}


@settings(max_examples=60, derandomize=True, deadline=None)
@given(**QUESTION)
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


@settings(max_examples=60, derandomize=True, deadline=None)
@given(**QUESTION)
def test_half_of_the_time_stated_is_not_enough(case, seed):
    roads = WindingRoads(seed).roads
    for plan in fleet(seed, 8, case.site.location):
        found = why_not(case, plan, Drives(roads.drive_times))
        if found is None or not found.enough or not any(_in_time(one) for one in found.relaxations):
            continue
        if any(one.gives in STEERING for one in found.relaxations):
            continue
        if any(one.gives is Gives.SHIFT for one in found.relaxations) and _opens(case, plan):
            continue  # which shift a visit belongs to depends on when it may begin
        half = [
            replace(one, amount=(one.amount or 0.0) / 2) if _in_time(one) else one
            for one in found.relaxations
        ]
        assert not sent(*relax(case, plan.without(case.order.id), half), roads)


def _opens(case, plan):
    orders = [case.order, *(stop.order for stop in plan.stops)]
    return plan.technician.on_call or any(order.not_before for order in orders)


def _in_time(one):
    return one.gives in TIMES
