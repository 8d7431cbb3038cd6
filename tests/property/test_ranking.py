"""The search that stops early finds the same best as trying everybody."""

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.plan import Plan
from geo_dispatch.dispatch.ranking import Roads, rank
from geo_dispatch.dispatch.scoring import RankingParams
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    SPEED_MPS,
    a_case,
    a_plan,
    a_site,
    a_stop,
    a_technician,
    an_order,
    at,
    minutes,
    needs,
    on_site_since,
    skilled,
)

METRES = st.integers(-40_000, 40_000)
PLACES = st.tuples(METRES, METRES).map(lambda xy: at(*xy))
TERRITORIES = (None, TerritoryId("north"), TerritoryId("south"))


class WindingRoads:
    """Roads that take at least the crow's flight at top speed, and sometimes lead nowhere."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def drive_times(self, legs):
        return [self._one(*leg) for leg in legs]

    def _one(self, start, end):
        mixed = hash((self.seed, start, end)) % 1000
        if mixed < 20:
            return None
        detour = 1.0 if mixed % 2 else 1.0 + mixed / 400
        return haversine_m(start, end) / SPEED_MPS * detour

    @property
    def roads(self):
        return Roads(self.drive_times, fastest_mps=SPEED_MPS, snap_slack_m=0.0)


def fleet(seed: int, size: int, job: LonLat) -> list[Plan]:
    """Technicians as dispatch meets them: most are free, some will end near the job."""
    luck = random.Random(seed)

    def place():
        return at(luck.randint(-40_000, 40_000), luck.randint(-40_000, 40_000))

    def one(number):
        technician = a_technician(
            f"van-{number:02}",
            skills=skilled("HVAC", luck.randint(1, 5)) if luck.random() < 0.9 else (),
            territory_id=luck.choice(TERRITORIES),
            home=luck.choice([None, place()]),
        )
        stops = [
            a_stop(
                f"wo_{number}_{n}",
                luck.choice([place(), near(job, luck)]),
                n,
                duration_s=luck.randint(60, 5400),
            )
            for n in range(luck.choice([0, 0, 0, 1, 2]))
        ]
        if stops and luck.random() < 0.5:
            there = on_site_since(NOW - minutes(luck.randint(0, 90)))
            stops[0] = replace(stops[0], order=replace(stops[0].order, **there))
        seen_at = NOW - minutes(luck.choice([0, 0, 0, 10, 30]))
        return a_plan(technician, place() if luck.random() < 0.95 else None, stops, seen_at)

    return [one(number) for number in range(size)]


def near(job: LonLat, luck: random.Random) -> LonLat:
    return LonLat(job.lon + luck.uniform(-0.02, 0.02), job.lat + luck.uniform(-0.02, 0.02))


@st.composite
def cases(draw):
    opens = NOW + minutes(draw(st.integers(-60, 120)))
    window = Window(opens, opens + timedelta(minutes=draw(st.integers(1, 240))))
    order = an_order(
        priority=draw(st.integers(1, 5)),
        required_skills=draw(st.sampled_from([(), needs(HVAC=1), needs(HVAC=3)])),
        window=draw(st.sampled_from([None, window])),
        due_at=draw(st.none() | st.integers(0, 600).map(lambda m: NOW + minutes(m))),
    )
    return a_case(order, a_site(draw(PLACES), territory_id=draw(st.sampled_from(TERRITORIES))))


PARAMS = st.builds(
    RankingParams,
    wait_price=st.sampled_from([0.0, 0.05, 0.2, 1.0, 2.0]).map(lambda price: (price,) * 5),
    lateness_price=st.sampled_from([0.0, 3.0]),
    territory_min=st.sampled_from([0.0, 10.0]),
    workload_price=st.sampled_from([0.0, 0.05, 1.0]),
    over_qualification_min=st.sampled_from([0.0, 0.5, 5.0]),
)
"""Prices of nothing as well: the fewer terms there are, the closer the scores."""


def rings_of(those, site):
    """As the index draws them: who has a position, nearest first."""
    seen = [plan for plan in those if plan.whereabouts is not None]
    drawn = (
        (plan.technician.id, None, haversine_m(plan.whereabouts.place, site.location))
        for plan in seen
    )
    return sorted(drawn, key=lambda item: (item[2], item[0]))


QUESTION = {
    "case": cases(),
    "seed": st.integers(0, 10**6),
    "size": st.sampled_from([0, 5, 40, 90]),
    "top": st.integers(1, 5),
}


@settings(max_examples=300, derandomize=True)
@given(**QUESTION, params=PARAMS)
def test_the_top_k_equal_full_enumeration(case, seed, size, top, params):
    those, roads = fleet(seed, size, case.site.location), WindingRoads(seed).roads
    everybody = rank(case, those, roads, params=params)
    rings = rings_of(those, case.site)
    for nearby in ((), rings, rings[::2]):
        best = rank(case, those, roads, nearby=nearby, top=top, params=params)
        assert best.candidates == everybody.candidates[:top]
        placed = {e.technician_id for e in best.excluded} | {
            n.technician_id for n in best.not_ranked
        }
        assert placed | {c.technician_id for c in best.candidates} == {
            plan.technician.id for plan in those
        }


@settings(derandomize=True)
@given(**QUESTION)
def test_nobody_who_is_not_ranked_could_be_there_sooner_than_is_said(case, seed, size, top):
    those, roads = fleet(seed, size, case.site.location), WindingRoads(seed).roads
    everybody = rank(case, those, roads)
    for missing in rank(case, those, roads, top=top).not_ranked:
        exact = everybody.candidate(missing.technician_id)
        if exact is not None:
            away_s = (exact.arrive_at - case.now).total_seconds()
            assert missing.at_least_s <= away_s + 1e-3
