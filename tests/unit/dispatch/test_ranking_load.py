"""A busy office: many open orders against one fleet, each answered as if it were alone."""

import random

import pytest

from geo_dispatch.dispatch.ranking.replay import ranking_bytes
from geo_dispatch.dispatch.ranking.search import rank
from tests.support.dispatching import (
    FlatLand,
    a_case,
    a_fleet,
    a_plan,
    a_site,
    a_stop,
    a_technician,
    an_order,
    at,
    needs,
    skilled,
)

ORDERS, TECHNICIANS, TOP = 60, 200, 10


@pytest.mark.capability("BO-020")
def test_sixty_orders_against_one_fleet_get_what_each_gets_alone():
    luck = random.Random(3)

    def place():
        return at(luck.randint(-9000, 9000), luck.randint(-9000, 9000))

    plans = [
        a_plan(
            a_technician(f"van-{n:03}", skills=skilled("HVAC", luck.randint(1, 5))),
            place(),
            [a_stop(f"wo_{n}_{m}", place(), m) for m in range(luck.randint(0, 3))],
        )
        for n in range(TECHNICIANS)
    ]
    cases = [
        a_case(an_order(f"wo_{n}", required_skills=needs(HVAC=2)), a_site(place()))
        for n in range(ORDERS)
    ]
    fleet = a_fleet(cases[0], plans)
    together = [rank(case, fleet, top=TOP) for case in cases]
    assert all(len(ranking.candidates) == TOP for ranking in together)
    for case, shared in list(zip(cases, together, strict=True))[::10]:
        alone = rank(case, a_fleet(case, plans, FlatLand().roads), top=TOP)
        assert ranking_bytes(shared) == ranking_bytes(alone)
