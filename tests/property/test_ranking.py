"""The search that stops early finds the same best as trying everybody."""

import random
from dataclasses import replace
from datetime import time, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.case import Experience
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.dispatch.ranking.qualification import exclusions
from geo_dispatch.dispatch.ranking.replay import inputs_of, pack, ranking_bytes, replay, unpack
from geo_dispatch.dispatch.ranking.scoring import RankingParams
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.technicians import (
    Break,
    Certificate,
    Leave,
    Part,
    Shift,
    Vehicle,
)
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.orders import Permit, Status
from geo_dispatch.dispatch.work.performance import Entry, Performance
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.ids import BookingId, ResourceId, TechnicianId, TerritoryId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    SPEED_MPS,
    a_case,
    a_fleet,
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

    def around(self, places, site):
        there = [LonLat(*place) for place in places.tolist()]
        return tuple(
            np.array([self._way_s(*leg) for leg in legs])
            for legs in ([(place, site) for place in there], [(site, place) for place in there])
        )

    def _way_s(self, start, end):
        time_s = 0.0 if start == end else self._one(start, end)
        return np.inf if time_s is None else time_s

    @property
    def roads(self):
        return Roads(self.drive_times, fastest_mps=SPEED_MPS, snap_slack_m=0.0)

    @property
    def with_sight(self):
        return replace(self.roads, around=self.around)


def a_shift(luck: random.Random, day: int) -> Shift:
    pauses = luck.choice([(), (), (Break(time(11), time(13), 1800.0),)])
    start, end = luck.choice(
        [(time(8), time(17)), (time(6), time(14)), (time(14), time(2)), (time(1), time(9, 30))]
    )
    return Shift(day, start, end, pauses)


def fleet(seed: int, size: int, job: LonLat) -> list[Plan]:
    """Technicians as dispatch meets them: most are free, some will end near the job."""
    luck = random.Random(seed)
    plans = [_plan(luck, number, job) for number in range(size)]
    overtime_s = luck.choice([0, 0, 3600, 14400])
    return [replace(plan, overtime_s=overtime_s) for plan in plans]


def _place(luck: random.Random) -> LonLat:
    return at(luck.randint(-40_000, 40_000), luck.randint(-40_000, 40_000))


def _plan(luck: random.Random, number: int, job: LonLat) -> Plan:
    away = NOW + minutes(luck.randint(-120, 300))
    technician = a_technician(
        f"van-{number:02}",
        skills=skilled("HVAC", luck.randint(1, 5)) if luck.random() < 0.9 else (),
        certificates=luck.choice([(), (Certificate("Gas"),)]),
        equipment_types=luck.choice([(), ("Boiler",)]),
        vehicle=luck.choice([None, Vehicle("van", equipment=("hoist",))]),
        parts=luck.choice([(), (Part("pump", 2),)]),
        territory_id=luck.choice(TERRITORIES),
        home=luck.choice([None, _place(luck)]),
        shifts=tuple(a_shift(luck, day) for day in range(7)),
        leave=luck.choice([(), (), (), (Leave(Window(away, away + minutes(120))),)]),
        on_call=luck.choice([(), (), (Window(NOW - minutes(60), NOW + minutes(900)),)]),
    )
    stops = [_stop(luck, f"wo_{number}_{n}", n, job) for n in range(luck.choice([0, 0, 1, 2, 4]))]
    if stops and luck.random() < 0.5:
        there = on_site_since(NOW - minutes(luck.randint(0, 90)))
        stops[0] = replace(stops[0], order=replace(stops[0].order, **there))
    elif stops and luck.random() < 0.3:
        under_way = replace(stops[0].order, status=Status.EN_ROUTE)
        stops[0] = replace(stops[0], order=under_way)
    seen_at = NOW - minutes(luck.choice([0, 0, 0, 10, 30]))
    return a_plan(technician, _place(luck) if luck.random() < 0.95 else None, stops, seen_at)


def _stop(luck: random.Random, name: str, sequence: int, job: LonLat):
    opens = NOW + minutes(luck.randint(-120, 2000))
    promised = Window(opens, opens + minutes(luck.randint(30, 240)))
    return a_stop(
        name,
        luck.choice([_place(luck), near(job, luck)]),
        sequence,
        duration_s=luck.randint(60, 5400),
        window=luck.choice([None, None, promised]),
        work_class=luck.choice(["reactive", "reactive", "reactive", "project"]),
        priority=luck.choice([1, 3, 3]),
        due_at=luck.choice([None, opens]),
        contract_critical=luck.random() < 0.1,
    )


def near(job: LonLat, luck: random.Random) -> LonLat:
    return LonLat(job.lon + luck.uniform(-0.02, 0.02), job.lat + luck.uniform(-0.02, 0.02))


def clocks(response_min: int | None, completion_min: int | None) -> Sla:
    def clock(number):
        return None if number is None else SlaClock(3600.0, NOW + minutes(number))

    return Sla("gold", 1, clock(response_min), clock(completion_min))


TECHNICIANS = st.integers(0, 12).map(lambda n: TechnicianId(f"van-{n:02}"))
HOIST = Resource(ResourceId("r1"), "Hoist 1", "tool", ("hoist",))
TAKEN = Booking(BookingId("b1"), HOIST.id, Window(NOW, NOW + minutes(200)))
PAST = st.builds(
    lambda who, fixed, ratio: Entry(who, "repair", 9, fixed, 0.8, ratio),
    TECHNICIANS,
    st.sampled_from([0.5, 0.8, 1.0]),
    st.sampled_from([0.7, 1.0, 1.5]),
)


@st.composite
def cases(draw):
    opens = NOW + minutes(draw(st.integers(-60, 120) | st.integers(1200, 1500)))
    window = Window(opens, opens + timedelta(minutes=draw(st.integers(1, 240))))
    late = st.none() | st.integers(0, 600)
    order = an_order(
        priority=draw(st.integers(1, 5)),
        required_skills=draw(st.sampled_from([(), needs(HVAC=1), needs(HVAC=3)])),
        required_certificates=draw(st.sampled_from([(), (), ("gas",)])),
        required_equipment=draw(st.sampled_from([(), (), ("hoist",)])),
        required_parts=draw(st.sampled_from([(), (), (Part("pump"),)])),
        permits=draw(st.sampled_from([(), (), (), (Permit("road closure"),)])),
        window=draw(st.sampled_from([None, None, window])),
        due_at=draw(st.none() | st.integers(0, 600).map(lambda m: NOW + minutes(m))),
        work_class=draw(st.sampled_from(["reactive", "reactive", "project"])),
        sla=draw(st.none() | st.builds(clocks, late, late)),
        preferred_technician_id=draw(st.none() | TECHNICIANS),
    )
    access = tuple(Hours(day, time(9), time(16)) for day in range(7))
    site = a_site(
        draw(PLACES),
        territory_id=draw(st.sampled_from(TERRITORIES)),
        access_windows=draw(st.sampled_from([(), (), access])),
    )
    past = draw(st.lists(PAST, max_size=3, unique_by=lambda one: one.technician_id))
    return replace(
        a_case(order, site),
        equipment_type=draw(st.sampled_from(["", "", "boiler"])),
        resources=draw(st.sampled_from([(), (HOIST,)])),
        bookings=draw(st.sampled_from([(), (TAKEN,)])),
        experience=draw(st.dictionaries(TECHNICIANS, st.just(Experience(1, 2, 3)), max_size=3)),
        performance=Performance(1, entries=tuple(past)),
    )


PARAMS = st.builds(
    RankingParams,
    wait_price=st.sampled_from([(0.0,) * 5, (0.05,) * 5, (1.0,) * 5, (2.0, 1.0, 0.5, 0.25, 0.1)]),
    lateness_price=st.sampled_from([0.0, 3.0]),
    territory_min=st.sampled_from([0.0, 10.0]),
    workload_price=st.sampled_from([0.0, 0.05, 1.0]),
    over_qualification_min=st.sampled_from([0.0, 0.5, 5.0]),
)
"""Prices of nothing as well: the fewer terms there are, the closer the scores."""

QUESTION = {
    "case": cases(),
    "seed": st.integers(0, 10**6),
    "size": st.sampled_from([0, 5, 40]),
    "top": st.integers(1, 5),
}


@settings(max_examples=100, derandomize=True, deadline=None)
@given(**QUESTION, params=PARAMS, warm=st.booleans(), sight=st.booleans())
def test_the_top_k_equal_full_enumeration(case, seed, size, *, top, params, warm, sight):
    those, winding = fleet(seed, size, case.site.location), WindingRoads(seed)
    roads = winding.with_sight if sight else winding.roads
    all_of_them = a_fleet(case, those, winding.roads)
    everybody = rank(case, all_of_them, params=params)
    known = all_of_them.drives.known if warm else {}
    best = rank(case, a_fleet(case, those, roads, known=known), top=top, params=params)
    assert [replace(c, leads=()) for c in best.candidates] == [
        replace(c, leads=()) for c in everybody.candidates[:top]
    ]
    placed = {e.technician_id for e in best.excluded} | {n.technician_id for n in best.not_ranked}
    assert placed | {c.technician_id for c in best.candidates} == {
        plan.technician.id for plan in those
    }


@settings(max_examples=100, derandomize=True, deadline=None)
@given(**QUESTION)
def test_what_is_known_of_the_roads_beforehand_changes_no_byte(case, seed, size, top):
    those, roads = fleet(seed, size, case.site.location), WindingRoads(seed).roads
    cold = rank(case, warm := a_fleet(case, those, roads), top=top)
    seeing = WindingRoads(seed).with_sight
    again = rank(case, a_fleet(case, reversed(those), seeing, known=warm.drives.known), top=top)
    assert ranking_bytes(again) == ranking_bytes(cold)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(**QUESTION)
def test_the_columns_say_of_everybody_what_the_reasons_say_of_each(case, seed, size, top):
    del top
    those = a_fleet(case, fleet(seed, size, case.site.location))
    found = [
        not exclusions(case, plan, start)
        for plan, start in zip(those.plans, those.starts, strict=True)
    ]
    assert those.columns.able(case).tolist() == found


@settings(max_examples=60, derandomize=True, deadline=None)
@given(**QUESTION)
def test_nobody_who_is_not_ranked_could_be_there_sooner_than_is_said(case, seed, size, top):
    those, roads = fleet(seed, size, case.site.location), WindingRoads(seed).roads
    everybody = rank(case, a_fleet(case, those, roads))
    for missing in rank(case, a_fleet(case, those, roads), top=top).not_ranked:
        exact = everybody.candidate(missing.technician_id)
        if exact is not None:
            away_s = (exact.arrive_at - case.now).total_seconds()
            assert missing.at_least_s <= away_s + 1e-3


@settings(max_examples=60, derandomize=True, deadline=None)
@given(**QUESTION, params=PARAMS, some=st.booleans())
def test_a_stored_decision_replays_to_the_same_bytes(case, seed, size, *, top, params, some):
    those, roads = fleet(seed, size, case.site.location), WindingRoads(seed).with_sight
    wanted = top if some else None
    ranking, inputs = inputs_of(case, a_fleet(case, those, roads), top=wanted, params=params)
    assert ranking_bytes(replay(unpack(pack(inputs)))) == ranking_bytes(ranking)
