"""Messages and webhooks over PostgreSQL: the same as over SQLite."""

import threading
from contextlib import closing

import pytest

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.messages.webhooks import DeliveryState
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.messages import deliveries, webhooks
from geo_dispatch.services.messages.courier import Courier
from geo_dispatch.services.messages.deliveries import Period
from tests.support.databases import postgresql_server
from tests.support.hooks import answering, open_hook
from tests.support.records import DISPATCHER, Office, TestClock, counting_ids
from tests.support.waiting import until

PATIENCE_S = 30.0


@pytest.fixture
def office(tmp_path):
    with postgresql_server(tmp_path / "pg") as url, closing(Store(f"{url}/postgres")) as store:
        store.migrate()
        clock = TestClock()
        settings = Settings(workspace=tmp_path, data=tmp_path, webhook_allow="127.0.0.1")
        yield Office(BackOffice(settings, store, clock, counting_ids()), clock)


def _said(office):
    with office.desk.store.read() as unit:
        return [one.id for one in reversed(unit.messages.search(to="client"))]


def _pending(office, endpoint):
    return deliveries.page(office.desk, endpoint.id, state=DeliveryState.PENDING)


def test_what_many_say_at_once_arrives_in_the_order_of_the_record_and_so_again(office):
    start = office.clock.now
    with open_hook() as hook:
        hook.replies = [answering(204), answering(503)]
        endpoint = webhooks.create(office.desk, {"url": hook.url}, actor=DISPATCHER)
        site, technician = office.site(), office.technician()
        stopping = threading.Event()
        couriers = [
            threading.Thread(target=Courier(office.desk, name, stopping, timeout_s=3.0).run)
            for name in ("one", "two")
        ]
        writers = [
            threading.Thread(target=lambda: [office.order(site) for _ in range(5)])
            for _ in range(4)
        ]
        for thread in (*writers, *couriers):
            thread.start()
        for thread in writers:
            thread.join(PATIENCE_S)
        order = office.order(site)
        command = c.Assign(assignment_id="as_1", technician_id=technician.id, sequence=1)
        office.apply(order.id, command)
        try:
            until(lambda: len(hook.received) >= 2, PATIENCE_S, "the first failure")
            office.clock.go_on(seconds=10)
            said = _said(office)
            until(lambda: len(hook.received) == len(said) + 1, PATIENCE_S, "all of it")
            period = Period(start, office.clock.go_on(minutes=1), "all")
            until(lambda: not _pending(office, endpoint), PATIENCE_S, "all to be on record")
            assert deliveries.replay(office.desk, endpoint.id, period) == len(said)
            until(lambda: not _pending(office, endpoint), PATIENCE_S, "all of it again")
        finally:
            stopping.set()
            for thread in couriers:
                thread.join(10)
    assert len(said) == 22
    twice_tried = hook.ids[1]
    assert hook.ids[: len(said) + 1] == [*said[:1], twice_tried, *said[1:]]
    assert hook.ids[len(said) + 1 :] == said
    assert all(one.signed_by(endpoint.secret) for one in hook.received)
