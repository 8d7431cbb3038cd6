"""Work in stages: nothing begins before what it waits for, and what follows follows."""

from datetime import date, timedelta

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import FlagCode, HoldReason, Permit, Status
from geo_dispatch.kernel.errors import TransitionNotAllowed
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER, NOW, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def hours(number):
    return timedelta(hours=number)


def read(office, order):
    return work_orders.get(office.desk, order.id)


def step(office, order, status):
    return work_orders.step(office.desk, order.id, status, actor=DISPATCHER, note="done")


def given_to(office, order, *, pinned=False):
    technician = office.technician(f"Van {order.number}")
    return office.apply(
        order.id,
        c.Assign(
            assignment_id=office.desk.new_id("as"),
            technician_id=technician.id,
            sequence=1,
            pinned=pinned,
        ),
    )


def done(office, order):
    for status in (Status.ON_SITE, Status.ON_THE_TOOLS, Status.COMPLETE):
        step(office, order, status)


@pytest.mark.capability("BO-061")
def test_a_stage_is_neither_released_nor_begun_before_its_permit_is_granted(office):
    order = office.order(permits=(Permit("building permit"), Permit("noise", date(2026, 2, 1))))
    office.apply(order.id, c.PutOnHold(reason=HoldReason.PERMIT))
    with pytest.raises(TransitionNotAllowed, match="cannot release yet: building permit is not"):
        office.apply(order.id, c.Release())
    granted = (Permit("building permit", date(2026, 3, 1), "B-17"), order.permits[1])
    changed = work_orders.change(
        office.desk, order.id, {"permits": granted}, actor=DISPATCHER, expected_version=None
    )
    assert changed.permits == granted
    with office.desk.store.read() as unit:
        told = unit.stream(f"order:{order.id}")[-1]
    assert (told.type, told.body["changes"]["permits"][0]["reference"]) == ("order.changed", "B-17")
    assert office.apply(order.id, c.Release()).hold is None


def test_work_does_not_begin_without_its_permit_even_if_somebody_was_sent(office):
    order = given_to(office, office.order(permits=(Permit("road closure"),)))
    step(office, order, Status.ON_SITE)
    with pytest.raises(TransitionNotAllowed) as refusal:
        step(office, order, Status.ON_THE_TOOLS)
    assert [fault.where for fault in refusal.value.conflicts] == ["permits"]
    with pytest.raises(TransitionNotAllowed, match="cannot complete yet"):
        step(office, order, Status.COMPLETE)


@pytest.mark.capability("BO-023")
def test_an_order_does_not_start_before_the_one_it_comes_after_is_done(office):
    site = office.site()
    first = given_to(office, office.order(site))
    second = given_to(office, office.order(site, after=(first.id,)))
    step(office, second, Status.ON_SITE)
    with pytest.raises(TransitionNotAllowed, match=f"{first.number} is assigned, not complete"):
        step(office, second, Status.ON_THE_TOOLS)
    done(office, first)
    assert step(office, second, Status.ON_THE_TOOLS).status is Status.ON_THE_TOOLS


@pytest.mark.capability("BO-023")
def test_moving_an_order_moves_those_behind_it_and_those_behind_them(office):
    site = office.site()
    first = office.order(site, duration_s=3600.0)
    second = office.order(site, after=(first.id,), start_at=NOW + hours(2), duration_s=1800.0)
    third = office.order(site, after=(second.id,), start_at=NOW + hours(3))
    work_orders.change(
        office.desk,
        first.id,
        {"start_at": NOW + hours(4)},
        actor=DISPATCHER,
        expected_version=None,
    )
    assert read(office, second).start_at == NOW + hours(5)
    assert read(office, third).start_at == NOW + hours(5.5)


@pytest.mark.capability("BO-023")
def test_a_pinned_follower_stays_and_is_flagged(office):
    site = office.site()
    first = office.order(site, duration_s=3600.0)
    second = office.order(site, after=(first.id,), start_at=NOW + hours(2))
    given_to(office, second, pinned=True)
    work_orders.change(
        office.desk,
        first.id,
        {"start_at": NOW + hours(4)},
        actor=DISPATCHER,
        expected_version=None,
    )
    follower = read(office, second)
    assert follower.start_at == NOW + hours(2)
    assert follower.flag.code is FlagCode.WAITS
    assert follower.flag.fact == (
        f"is pinned 180 min before the end of {first.number}, its predecessor"
    )


@pytest.mark.parametrize("end", [c.Unassign(), c.Cancel(), c.PutOnHold(reason=HoldReason.WEATHER)])
def test_whoever_follows_an_order_that_nobody_has_any_more_is_flagged(office, end):
    site = office.site()
    first = given_to(office, office.order(site))
    second = given_to(office, office.order(site, after=(first.id,)))
    office.apply(first.id, end)
    assert read(office, second).flag.fact == f"comes after {first.number}, which nobody has now"


def test_an_order_that_still_ends_in_time_moves_nobody(office):
    site = office.site()
    first = office.order(site, duration_s=3600.0)
    second = office.order(site, after=(first.id,), start_at=NOW + hours(6))
    version = read(office, second).version
    work_orders.change(
        office.desk, first.id, {"start_at": NOW + hours(4)}, actor=DISPATCHER, expected_version=None
    )
    assert read(office, second).version == version
