"""The search that stops early finds the same best as trying everybody."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from geo_dispatch.dispatch.ranking import Roads, rank
from geo_dispatch.dispatch.scoring import RankingParams
from geo_dispatch.kernel.geo import haversine_m
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
TERRITORIES = st.sampled_from([None, TerritoryId("north"), TerritoryId("south")])


class WindingRoads:
    """Roads that take at least the crow's flight at top speed, and sometimes lead nowhere."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def drive_times(self, legs):
        return [self._one(*leg) for leg in legs]

    def _one(self, start, end):
        mixed = hash((self.seed, start, end)) % 1000
        if mixed < 30:
            return None
        detour = 1.0 + (mixed % 100) / 40
        return haversine_m(start, end) / SPEED_MPS * detour

    @property
    def roads(self):
        return Roads(self.drive_times, fastest_mps=SPEED_MPS, snap_slack_m=0.0)


@st.composite
def stops(draw):
    count = draw(st.integers(0, 2))
    made = [
        a_stop(f"wo_{n + 2}", draw(PLACES), n, duration_s=draw(st.integers(60, 7200)))
        for n in range(count)
    ]
    if made and draw(st.booleans()):
        there = on_site_since(NOW - minutes(draw(st.integers(0, 90))))
        made[0] = replace(made[0], order=replace(made[0].order, **there))
    return made


@st.composite
def plans(draw):
    made = []
    for number in range(draw(st.integers(0, 30))):
        technician = a_technician(
            f"van-{number:02}",
            skills=skilled("HVAC", draw(st.integers(1, 5))) if draw(st.booleans()) else (),
            territory_id=draw(TERRITORIES),
            home=draw(st.none() | PLACES),
        )
        seen_at = NOW - minutes(draw(st.sampled_from([0, 10, 30])))
        made.append(a_plan(technician, draw(st.none() | PLACES), draw(stops()), seen_at))
    return made


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
    return a_case(order, a_site(draw(PLACES), territory_id=draw(TERRITORIES)))


PARAMS = st.builds(
    RankingParams,
    wait_price=st.tuples(*[st.floats(0, 3)] * 5),
    lateness_price=st.floats(0, 5),
    territory_min=st.floats(0, 30),
    workload_price=st.floats(0, 1),
    over_qualification_min=st.floats(0, 5),
)


def rings_of(those, site):
    """As the index draws them: who has a position, nearest first."""
    seen = [plan for plan in those if plan.whereabouts is not None]
    drawn = (
        (plan.technician.id, None, haversine_m(plan.whereabouts.place, site.location))
        for plan in seen
    )
    return sorted(drawn, key=lambda item: (item[2], item[0]))


@given(case=cases(), those=plans(), top=st.integers(1, 5), seed=st.integers(0, 9), params=PARAMS)
def test_the_top_k_equal_full_enumeration(case, those, top, seed, params):
    roads = WindingRoads(seed).roads
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


@given(case=cases(), those=plans(), top=st.integers(1, 3), seed=st.integers(0, 9))
def test_nobody_who_is_not_ranked_could_be_there_sooner_than_is_said(case, those, top, seed):
    roads = WindingRoads(seed).roads
    everybody = rank(case, those, roads)
    for missing in rank(case, those, roads, top=top).not_ranked:
        exact = everybody.candidate(missing.technician_id)
        if exact is not None:
            away_s = (exact.arrive_at - case.now).total_seconds()
            assert missing.at_least_s <= away_s + 1e-3
