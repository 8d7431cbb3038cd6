"""Who was near a place is told from the fixes alone, as a slow and honest look at them would."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.kernel.time import Window, datetime_to_ms, ms_to_datetime
from geo_dispatch.services.history import presence, proof
from geo_dispatch.services.orders import work_orders
from geo_dispatch.tracking.fences import circle_fence
from tests.support.fixes import SITE, START_MS, a_visit, driving, fix_at, noisy, standing
from tests.support.records import DISPATCHER, open_office

DAY = Window(ms_to_datetime(START_MS), ms_to_datetime(START_MS) + timedelta(days=1))


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def remember(office, fixes):
    with office.desk.store.write() as unit:
        unit.tracking.add_fixes(sorted(fixes, key=lambda fix: fix.key), START_MS)
        unit.commit()


def fixes_of(technician, fixes):
    return [replace(fix, technician_id=technician.id) for fix in fixes]


@pytest.mark.capability("BO-081")
def test_a_stay_is_proved_at_any_place_without_a_fence_or_an_order(office):
    van = office.technician("Van 01")
    remember(office, fixes_of(van, noisy(a_visit(stays_s=1200), sigma_m=5)))
    (stay,) = presence.near(office.desk, SITE, 80, DAY)
    assert (stay.call_sign, stay.stayed, stay.order_ids) == ("Van 01", True, ())
    assert 1000 < (stay.until - stay.since).total_seconds() < 1400
    assert stay.evidence.probability > 0.9
    assert stay.closest_m < 20


def test_who_only_passes_has_not_stayed(office):
    van = office.technician("Van 01")
    remember(office, fixes_of(van, driving((-2000, 10), (2000, 10), 0)))
    (passing,) = presence.near(office.desk, SITE, 80, DAY)
    assert (passing.stayed, passing.evidence) == (False, None)
    assert passing.closest_m < 80


def test_only_the_time_that_was_asked_for_counts(office):
    van = office.technician("Van 01")
    remember(office, fixes_of(van, [*a_visit(0), *a_visit(20_000)]))
    before = Window(DAY.start, DAY.start + timedelta(hours=1))
    assert len(presence.near(office.desk, SITE, 80, before)) == 1
    assert len(presence.near(office.desk, SITE, 80, DAY)) == 2
    between = Window(DAY.start + timedelta(hours=2), DAY.start + timedelta(hours=3))
    assert presence.near(office.desk, SITE, 80, between) == []


def test_a_stay_that_began_before_is_told_from_its_beginning(office):
    van = office.technician("Van 01")
    remember(office, fixes_of(van, a_visit(stays_s=3600)))
    inside = Window(DAY.start + timedelta(minutes=20), DAY.start + timedelta(minutes=30))
    (stay,) = presence.near(office.desk, SITE, 80, inside)
    assert stay.stayed
    assert stay.since < inside.start


def test_the_orders_of_a_stay_are_named(office):
    van = office.technician("Van 01")
    order = office.assigned(van, site=office.site(location=SITE))
    office.clock.now = ms_to_datetime(START_MS) + timedelta(minutes=6)
    work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    remember(office, fixes_of(van, a_visit(stays_s=1200)))
    (stay,) = presence.near(office.desk, SITE, 80, DAY)
    assert stay.order_ids == (order.id,)


@pytest.mark.parametrize(
    ("radius_m", "span", "where"),
    [
        (5, DAY, "radius_m"),
        (5000, DAY, "radius_m"),
        (80, Window(DAY.start, DAY.start + timedelta(days=32)), "to"),
    ],
)
def test_what_is_out_of_bounds_is_refused(office, radius_m, span, where):
    with pytest.raises(InvalidInput) as refusal:
        presence.near(office.desk, SITE, radius_m, span)
    assert [fault.where for fault in refusal.value.faults] == [where]


def test_a_time_that_ends_before_it_starts_is_refused():
    with pytest.raises(InvalidInput, match="in that time") as refusal:
        presence.span(DAY.end, DAY.start)
    assert [fault.where for fault in refusal.value.faults] == ["to"]
    with pytest.raises(InvalidInput) as refusal:
        presence.span(DAY.start.replace(tzinfo=None), DAY.end.replace(tzinfo=None))
    assert [fault.where for fault in refusal.value.faults] == ["from", "to"]


def _holds(one, at_ms):
    until = one.until is None or at_ms <= datetime_to_ms(one.until)
    return datetime_to_ms(one.since) <= at_ms and until


def _touches(stay, at_ms, fixes, radius_m):
    """Whether nothing outside lies between the fix and the stay."""
    start, end = datetime_to_ms(stay.since), stay.until and datetime_to_ms(stay.until)
    edge = start if at_ms < start else (end or start)
    between = [fix for fix in fixes if min(at_ms, edge) <= fix.at_ms <= max(at_ms, edge)]
    outside = [fix for fix in between if haversine_m(SITE, fix.place) > radius_m]
    return not outside or all(fix.at_ms == edge for fix in outside)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(0, 10_000), st.floats(20, 400))
def test_nobody_who_was_within_the_radius_is_left_out_or_told_of_twice(seed, radius_m):
    draw = random.Random(seed)
    fixes, at_s = [], 0.0
    for _ in range(draw.randint(1, 6)):
        east = draw.choice([0, 50, 300, 1500])
        stays = draw.choice([30, 200, 900])
        fixes += standing(east, 0, at_s, stays, every_s=15)
        at_s += stays + draw.choice([15, 300, 2000])
    fixes.append(fix_at(5000, 0, at_s + 600))
    found = list(presence.presences("te_1", fixes, circle_fence(SITE, radius_m)))
    for fix in fixes:
        if haversine_m(SITE, fix.place) > radius_m:
            continue
        holding = [one for one in found if _holds(one, fix.at_ms)]
        if not holding:  # the fringe of a stay: before the rule is sure, or after it is
            near = [
                one for one in found if one.stayed and _touches(one, fix.at_ms, fixes, radius_m)
            ]
            assert near, fix
        assert len(holding) <= 1, (fix, found)
    assert all(one.closest_m <= radius_m for one in found)


@pytest.mark.parametrize("seed", range(12))
def test_what_the_index_leads_to_is_what_all_of_the_history_says(office, seed):
    draw = random.Random(seed)
    van, other = office.technician("Van 01"), office.technician("Van 02")
    fixes, at_s = [], 0.0
    for _ in range(25):
        east, north = draw.choice([0, 60, 110, 700, 5000]), draw.choice([0, 40])
        stays = draw.choice([30, 400, 1500])
        fixes += standing(east, north, at_s, stays, every_s=draw.choice([5, 30]))
        at_s += stays + draw.choice([60, 400, 3000, 30_000])
    fixes.append(fix_at(9000, 0, at_s))
    mine = fixes_of(van, fixes)
    remember(office, mine)
    remember(office, fixes_of(other, standing(9000, 0, 0, 600)))
    days = Window(DAY.start, DAY.start + timedelta(days=14))
    found = presence.near(office.desk, SITE, 80, days)
    honest = presence.presences(van.id, mine, circle_fence(SITE, 80))
    assert found == sorted(
        (replace(one, call_sign="Van 01") for one in honest), key=lambda one: one.since
    )
    assert found


@pytest.mark.capability("BO-077")
def test_the_fixes_behind_an_orders_times_are_those_of_the_phone(office):
    van = office.technician("Van 01")
    order = office.assigned(van, site=office.site(location=SITE))
    office.clock.now = ms_to_datetime(START_MS) + timedelta(minutes=2)
    work_orders.step(office.desk, order.id, Status.EN_ROUTE, actor=DISPATCHER)
    office.clock.now = ms_to_datetime(START_MS) + timedelta(minutes=20)
    work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    work_orders.step(office.desk, order.id, Status.COMPLETE, actor=DISPATCHER, note="done")
    fixes = fixes_of(van, a_visit())
    remember(office, fixes)
    with office.desk.store.read() as unit:
        found = proof.of_order(unit, unit.orders.get(order.id))
    assert [time.what for time in found.times if time.source == "person"] == [
        "order.en_route",
        "order.arrived",
        "order.completed",
    ]
    span = (START_MS + 120_000, START_MS + 1_200_000)
    assert list(found.fixes) == [fix for fix in fixes if span[0] <= fix.at_ms <= span[1]]
