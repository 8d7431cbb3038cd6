"""Sites on record beside a job decide whether fixes confirm it: whoever's they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking import suggestions
from tests.support.fixes import SITE, fix_at, noisy, standing
from tests.support.records import NOW
from tests.support.tracking import open_tracking, shuffled


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


def next_door(office, north_m=35):
    return office.office.site(location=fix_at(0, north_m, 0).place, fence_radius_m=60.0)


def stay(order, north_m=10, for_s=1200):
    return noisy(standing(0, north_m, 0, for_s, technician_id=order.technician_id), 5.0)


def assigned_both(office):
    technician = office.office.technician()
    here = office.office.site(location=SITE, fence_radius_m=60.0)
    sites = (here, next_door(office))
    return [office.office.assigned(technician=technician, site=site) for site in sites]


@pytest.mark.parametrize("north_m", [0, 17, 35])
def test_between_two_jobs_next_door_both_are_suggested_and_none_confirmed(office, north_m):
    here, beside = assigned_both(office)
    office.later()
    office.track(stay(here, north_m))
    assert [office.visits(one) for one in (here, beside)] == [[], []]
    assert set(suggestions.of_technician(office.ctx, here.technician_id)) == {here.id, beside.id}


def test_the_only_job_beside_a_strange_site_is_confirmed_by_its_assignment(office):
    next_door(office)
    order = office.assigned()
    office.later()
    office.track(stay(order))
    (visit,) = office.visits(order)
    assert visit.evidence.basis == "assignment"


def test_a_site_that_is_farther_away_or_out_of_use_is_no_neighbour(office):
    next_door(office, 90)
    closed = next_door(office)
    with office.ctx.store.write() as unit:
        unit.sites.save(replace(closed, retired=True))
        unit.commit()
    order = office.assigned()
    office.later()
    office.track(stay(order))
    (visit,) = office.visits(order)
    assert visit.evidence.basis == "place"


def test_a_job_of_next_week_is_only_suggested_beside_a_strange_site(office):
    next_door(office)
    week = timedelta(days=7)
    order = office.assigned(window=Window(NOW + week, NOW + week + timedelta(hours=2)))
    office.later()
    office.track(stay(order))
    assert office.visits(order) == []
    assert order.id in suggestions.of_technician(office.ctx, order.technician_id)


def test_a_word_at_one_neighbour_ends_the_question_at_the_other(office):
    here, beside = assigned_both(office)
    office.later()
    fixes = stay(here, 17, 2400)
    office.track(fixes[:240])
    work_orders.step(office.ctx, here.id, Status.ON_SITE, actor=WORKER)
    office.track(fixes[240:])
    assert office.visits(beside) == []


def test_the_order_in_which_fixes_come_does_not_matter_between_neighbours(office):
    here, beside = assigned_both(office)
    other = assigned_both(office)[0]
    office.later()
    office.track(stay(here))
    office.track(shuffled(stay(other), 3), batch=7)
    ours, theirs = (tracking.track_of(office.ctx, one.technician_id) for one in (here, other))
    assert {stop.fence for stop in ours.stops} == {stop.fence for stop in theirs.stops}
    assert office.visits(beside) == []
