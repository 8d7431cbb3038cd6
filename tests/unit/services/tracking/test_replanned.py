"""What changes under a track that is folded: its stays follow, without waiting for a fix."""

from dataclasses import replace
from datetime import timedelta

import pytest
from shapely.geometry import box

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import Window, ms_to_datetime
from geo_dispatch.services.history import retention
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.tracking import replanned
from tests.support.fixes import SITE, START_MS, driving, fix_at, noisy, standing
from tests.support.records import DISPATCHER, NOW
from tests.support.tracking import open_tracking


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def order(office):
    """One whose site has a fence of 100 m; the technician stops 190 m away, and drives on."""
    order = office.assigned()
    office.later()
    who = {"technician_id": order.technician_id}
    fixes = driving((-3000, 190), (0, 190), 0, **who) + standing(0, 190, 220, 1200, **who)
    office.track(fixes + driving((0, 190), (4000, 190), 1425, **who))
    followed(office)
    assert office.visits(order) == []
    return order


def followed(office):
    """What the worker does after a change, of itself."""
    while replanned.follow(office.ctx):
        pass
    office.work()


def change_site(office, site_id, **fields):
    site = records.get(office.ctx, records.SITES, site_id)
    records.change(
        office.ctx,
        records.SITES,
        site_id,
        fields,
        actor=DISPATCHER,
        expected_version=site.version,
    )
    followed(office)


def waiting(office):
    with office.ctx.store.read() as unit:
        return unit.refolds.count(0)


def kinds(office, order):
    """What the log says of visits."""
    told = {"order.arrived", "order.departed", "visit.revised"}
    return [kind for kind in office.log(order) if kind in told]


def minutes(number):
    return ms_to_datetime(START_MS) + timedelta(minutes=number)


@pytest.mark.capability("FA-047")
def test_a_wider_fence_finds_the_visit_that_was_and_a_narrower_one_takes_it_back(office, order):
    change_site(office, order.site_id, fence_radius_m=250.0)
    (visit,) = office.visits(order)
    assert minutes(3) < visit.arrived_at < minutes(4)
    assert minutes(23) < visit.departed_at < minutes(26)
    assert kinds(office, order) == ["order.arrived", "order.departed"]
    change_site(office, order.site_id, fence_radius_m=100.0)
    assert office.visits(order) == []
    assert kinds(office, order) == ["order.arrived", "order.departed", "visit.revised"]
    assert office.order(order).status is not Status.ON_SITE


def test_a_fence_drawn_and_a_site_moved_count_like_a_wider_one(office, order):
    fence = box(SITE.lon - 0.001, SITE.lat - 0.001, SITE.lon + 0.001, SITE.lat + 0.0025)
    change_site(office, order.site_id, fence=fence)
    assert len(office.visits(order)) == 1
    change_site(office, order.site_id, fence=None)
    assert office.visits(order) == []
    change_site(office, order.site_id, location=fix_at(0, 190, 0).place)
    assert len(office.visits(order)) == 1


def test_what_changes_no_stay_is_folded_again_at_most_and_told_never(office, order):
    change_site(office, order.site_id, fence_radius_m=250.0)
    before = office.log(order)
    change_site(office, order.site_id, name="Bakery, back door")
    assert waiting(office) == 0
    change_site(office, order.site_id, fence_radius_m=251.0)
    followed(office)
    assert [kind for kind in office.log(order) if kind != "visit.revised"] == [
        kind for kind in before if kind != "visit.revised"
    ]
    after = office.log(order)
    with office.ctx.store.write() as unit:
        unit.refolds.put(0, {order.technician_id: START_MS})
        unit.commit()
    office.work()
    assert office.log(order) == after, "folded again, it was told again"


def test_of_an_order_that_has_ended_the_visit_is_revised(office, order):
    office.office.apply(order.id, c.Cancel(reason="sold"))
    change_site(office, order.site_id, fence_radius_m=250.0)
    assert len(office.visits(order)) == 1
    assert kinds(office, order) == ["visit.revised"]
    assert office.order(order).status is Status.CANCELLED


def stay(order):
    return noisy(standing(0, 10, 0, 1200, technician_id=order.technician_id), 5.0)


def basis(office, order):
    (visit,) = office.visits(order)
    return visit.evidence.basis


def test_a_site_made_next_door_moved_away_or_closed_changes_what_a_visit_rests_on(office):
    order = office.assigned()
    office.later()
    office.track(stay(order))
    assert basis(office, order) == "place"
    beside = office.office.site(location=fix_at(0, 35, 0).place, fence_radius_m=60.0)
    followed(office)
    assert basis(office, order) == "assignment"
    change_site(office, beside.id, location=fix_at(0, 900, 0).place)
    assert basis(office, order) == "place"
    change_site(office, beside.id, location=fix_at(0, 35, 0).place)
    assert basis(office, order) == "assignment"
    records.retire(office.ctx, records.SITES, beside.id, actor=DISPATCHER, expected_version=None)
    followed(office)
    assert basis(office, order) == "place"


def test_a_job_of_next_week_that_becomes_one_of_today_is_confirmed_without_another_fix(office):
    office.office.site(location=fix_at(0, 35, 0).place, fence_radius_m=60.0)
    week = timedelta(days=7)
    order = office.assigned(window=Window(NOW + week, NOW + week + timedelta(hours=2)))
    office.later()
    office.track(stay(order))
    followed(office)
    assert office.visits(order) == []
    work_orders.change(
        office.ctx,
        order.id,
        {"window": Window(NOW, NOW + timedelta(hours=8))},
        actor=DISPATCHER,
        expected_version=None,
    )
    followed(office)
    assert basis(office, order) == "assignment"


def test_days_behind_the_horizon_are_settled(office, order):
    office.office.clock.now += replanned.HORIZON
    who = {"technician_id": order.technician_id}
    late_s = replanned.HORIZON.total_seconds() + 5 * 3600
    office.track(standing(9000, 0, late_s, 60, **who))
    change_site(office, order.site_id, fence_radius_m=250.0)
    assert office.visits(order) == []


def test_of_days_whose_fixes_are_forgotten_the_visits_stay(office, order):
    change_site(office, order.site_id, fence_radius_m=250.0)
    (visit,) = office.visits(order)
    settings = office.ctx.settings.model_copy(update={"fixes_kept_days": 3})
    office.ctx = replace(office.ctx, settings=settings)
    office.office.clock.now += timedelta(days=3, hours=12)
    who = {"technician_id": order.technician_id}
    office.track(standing(9000, 0, 6 * 3600 + 84 * 3600 - 600, 300, **who))
    assert retention.prune(office.ctx).fixes > 0
    change_site(office, order.site_id, fence_radius_m=100.0)
    assert office.visits(order) == [visit]


def test_who_had_no_job_there_is_left_alone(office, order):
    far = office.office.site(location=fix_at(9000, 0, 0).place)
    records.change(
        office.ctx,
        records.SITES,
        far.id,
        {"fence_radius_m": 300.0},
        actor=DISPATCHER,
        expected_version=None,
    )
    assert replanned.follow(office.ctx) > 0
    assert waiting(office) == 0
