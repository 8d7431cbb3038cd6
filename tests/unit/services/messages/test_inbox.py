"""Messages are forgotten when they are old, delivered, and their order has ended."""

from dataclasses import replace

import pytest

from geo_dispatch.dispatch.messages.webhooks import Answer, Attempt, DeliveryState
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.services.history import timeline
from geo_dispatch.services.messages import inbox, webhooks
from geo_dispatch.services.orders import lifecycle
from tests.support.records import DISPATCHER, open_office

DAYS = 24 * 60


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        settings = office.desk.settings.model_copy(update={"messages_kept_days": 30})
        yield replace(office, desk=replace(office.desk, settings=settings))


@pytest.fixture
def endpoint(office):
    given = {"url": "https://example.com/hooks"}
    return webhooks.create(office.desk, given, actor=DISPATCHER)


def ended(office):
    order = office.order()
    office.apply(order.id, c.Cancel(reason="storm"))
    return order


def deliver_all(office, endpoint):
    now = office.clock.now
    with office.desk.store.write() as unit:
        for delivery in unit.deliveries.search(endpoint.id, state=DeliveryState.PENDING):
            unit.deliveries.note(Attempt(delivery.id, now, Answer(0.1, 204)))
            done = replace(delivery, state=DeliveryState.DELIVERED, ended_at=now)
            unit.deliveries.settle(done)
        unit.commit()


def said(office):
    with office.desk.store.read() as unit:
        return [one.type for one in reversed(unit.messages.search())]


def rows(office):
    with office.desk.store.read() as unit:
        return [
            unit.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()  # noqa: S608
            for table in ("messages", "webhook_deliveries", "webhook_attempts")
        ]


def test_old_ones_go_with_all_that_became_of_them(office, endpoint):
    order = ended(office)
    deliver_all(office, endpoint)
    office.clock.go_on(minutes=29 * DAYS)
    ended(office)
    deliver_all(office, endpoint)
    assert not inbox.forget_old(office.desk)
    assert rows(office) == [4, 4, 4]
    office.clock.go_on(minutes=2 * DAYS)
    inbox.forget_old(office.desk)
    assert rows(office) == [2, 2, 2]
    assert timeline.of_order(office.desk, order.id)[-1].text == "Cancelled: storm"


def test_what_is_still_to_be_delivered_stays(office, endpoint):
    ended(office)
    office.clock.go_on(minutes=40 * DAYS)
    inbox.forget_old(office.desk)
    assert said(office) == ["order.placed", "order.cancelled"]
    webhooks.retire(office.desk, endpoint.id, actor=DISPATCHER, expected_version=None)
    inbox.forget_old(office.desk)
    assert rows(office) == [0, 0, 0]


def test_what_an_open_orders_people_were_told_stays(office):
    office.order()
    ended(office)
    office.clock.go_on(minutes=40 * DAYS)
    inbox.forget_old(office.desk)
    assert said(office) == ["order.placed"]


def test_what_is_said_of_several_orders_stays_till_all_have_ended(office, endpoint):
    technician = office.technician()
    orders = [office.assigned(technician) for _ in range(2)]
    with office.desk.store.write() as unit:
        for order in orders:
            lifecycle.apply(office.desk, unit, order, c.Unassign(), actor=DISPATCHER)
        unit.commit()
    for order, left in zip(orders, (["order.unassigned"], []), strict=True):
        office.apply(order.id, c.Cancel(reason="storm"))
        deliver_all(office, endpoint)
        office.clock.go_on(minutes=40 * DAYS)
        inbox.forget_old(office.desk)
        assert [one for one in said(office) if one == "order.unassigned"][1:] == left


def test_many_go_a_little_at_a_time(office):
    for _ in range(inbox.FORGOTTEN_AT_ONCE // 2 + 1):
        ended(office)
    office.clock.go_on(minutes=40 * DAYS)
    assert inbox.forget_old(office.desk)
    assert not inbox.forget_old(office.desk)
    assert said(office) == []
