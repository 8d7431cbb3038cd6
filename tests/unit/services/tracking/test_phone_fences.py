"""Fences for phones: those of today's jobs, told once for each change, forgotten when done."""

import asyncio
from datetime import timedelta

import pytest
import shapely

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.tracking.phone_fences import LOOK_EVERY_MS, MOST, Phone, PhoneFences
from geo_dispatch.tracking.phone_fences import FenceNews, PhoneFence
from tests.support.fixes import SITE
from tests.support.tracking import open_tracking


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def van(office):
    return office.office.technician()


@pytest.fixture
def phone(van):
    return Phone(van.id, "phone")


def job(office, van, **fields):
    return office.office.assigned(van, **({"site": office.office.site(location=SITE)} | fields))


def test_a_phone_is_told_the_circle_of_each_job_once(office, van, phone):
    order = job(office, van, site=office.office.site(location=SITE, fence_radius_m=80.0))
    fence = PhoneFence(order.id, order.number, SITE.lon, SITE.lat, 80)
    fences = PhoneFences(office.ctx)
    news = fences.look(phone)
    assert news == FenceNews((fence,))
    assert fences.look(phone, news) is None


def test_of_a_drawn_fence_it_is_the_circle_that_holds_it(office, van, phone):
    west, south = SITE.lon - 0.001, SITE.lat - 0.001
    area = shapely.box(west, south, west + 0.002, south + 0.002)
    job(office, van, site=office.office.site(location=SITE, fence=area))
    (fence,) = PhoneFences(office.ctx).look(phone).fences
    assert (fence.lon, fence.lat) == pytest.approx(SITE)
    assert 134 < fence.radius_m < 160


def test_who_begins_anew_does_not_tell_a_phone_what_it_was_told(office, van, phone):
    job(office, van)
    news = PhoneFences(office.ctx).look(phone)
    assert PhoneFences(office.ctx).look(phone, news) is None
    assert PhoneFences(office.ctx).look(phone) is None


def test_what_is_done_or_taken_away_is_gone_and_the_rest_stays(office, van, phone):
    done, taken, left = (job(office, van) for _ in range(3))
    fences = PhoneFences(office.ctx)
    told = fences.look(phone)
    office.office.apply(done.id, c.Cancel(reason="called off"))
    office.office.apply(taken.id, c.Unassign(reason="ill"))
    news = fences.look(phone, told)
    assert [one.order_id for one in news.fences] == [left.id]
    assert {one.order_id for one in news.gone} == {done.id, taken.id}
    assert fences.look(phone, news) is None


def test_each_phone_of_a_technician_is_told_for_itself(office, van, phone):
    job(office, van)
    fences = PhoneFences(office.ctx)
    news = fences.look(phone)
    assert fences.look(phone, news) is None
    assert fences.look(Phone(van.id, "tablet")) == news


def test_jobs_of_other_days_and_of_others_are_nobodys_business(office, van, phone):
    start = office.office.clock.now + timedelta(days=1)
    job(office, van, window=Window(start, start + timedelta(hours=2)))
    job(office, office.office.technician("Van 08"))
    assert PhoneFences(office.ctx).look(phone) is None


def test_no_more_are_told_than_a_phone_can_watch(office, van, phone):
    for _ in range(MOST + 3):
        job(office, van)
    assert len(PhoneFences(office.ctx).look(phone).fences) == MOST


def test_nothing_is_remembered_of_who_is_forgotten(office, van, phone):
    job(office, van)
    fences = PhoneFences(office.ctx)
    news = fences.look(phone)
    fences.look(phone, news)
    office.ctx.live.devices.forget(van.shard, van.id)
    assert fences.look(phone) == news


def test_an_answer_asks_nobody_and_what_is_found_later_goes_out_once(office, van, phone):
    job(office, van)

    async def answers():
        fences = PhoneFences(office.ctx)
        first = fences.take(phone, 1)
        await fences.looked()
        second, again = fences.take(phone, 2), fences.take(phone, 2)
        await fences.looked()
        office.office.clock.go_on(seconds=LOOK_EVERY_MS / 1000)
        third = fences.take(phone, 3)
        await fences.looked()
        return first, second, again, third, fences.take(phone, 4)

    first, second, again, third, fourth = asyncio.run(answers())
    assert first is None
    assert len(second.fences) == 1
    assert again == second, "the answer was lost: the same message came again"
    assert third is None
    assert fourth is None


def test_a_phone_is_answered_though_nothing_can_be_found(office):
    async def answers():
        fences = PhoneFences(office.ctx)
        nobodys = Phone("te_nobody", "phone")
        first = fences.take(nobodys, 1)
        await fences.looked()
        return first, fences.take(nobodys, 2)

    assert asyncio.run(answers()) == (None, None)
