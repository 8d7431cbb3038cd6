"""The worker as a process: takes fixes into SQL, tells ETAs, hands over, ends quickly."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.tracking import process as tracking
from tests.support.fixes import START_MS, a_visit, standing
from tests.support.processes import process
from tests.support.records import Office, TestClock
from tests.support.tracking import TrackingOffice
from tests.support.waiting import until

WORKER = "geo_dispatch.worker"


@pytest.fixture
def settings(workspace, tmp_path_factory):
    """Nine o'clock on the day of the traces; they and the orders begin at eight."""
    settings = Settings(
        workspace=workspace,
        data=tmp_path_factory.mktemp("w"),
        clock_epoch=ms_to_datetime(START_MS) + timedelta(hours=1),
        clock_started=datetime.now(UTC),
    )
    store = Store(settings.sql_url)
    store.migrate()
    store.close()
    return settings


@pytest.fixture
def redis(settings):
    with RedisServer(settings.data_dir) as server:
        yield server


@pytest.fixture
def office(settings):
    with open_context(settings) as ctx:
        clock = TestClock(ms_to_datetime(START_MS))
        desk = BackOffice(settings, ctx.store, clock, ctx.new_id)
        yield TrackingOffice(Office(desk, clock), ctx)


@pytest.fixture
def order(office):
    return office.assigned()


def test_pings_become_an_arrival_and_an_eta_and_it_ends_within_a_second(
    settings, redis, office, order
):
    with process(settings, WORKER) as worker:
        van = order.technician_id
        office.send(a_visit(technician_id=van)[:30])
        until(lambda: "order.en_route" in office.log(order), 30, "the setting out")
        until(lambda: "order.eta" in office.log(order), 10, "an ETA")
        office.send(a_visit(technician_id=van)[30:])
        until(lambda: office.order(order).status is Status.ON_SITE, 10, "the arrival")
        assert tracking.health(office.ctx)[0].worker is not None
        began = time.monotonic()
        assert worker.end() == 0
        assert time.monotonic() - began < 1.0
    assert tracking.health(office.ctx)[0].worker is None


def test_it_waits_for_redis_and_goes_on(settings, office):
    with process(settings, WORKER) as worker, ExitStack() as servers:
        until(lambda: "does not answer" in worker.log.read_text(), 30, "the worker to wait")
        server = servers.enter_context(RedisServer(settings.data_dir))
        van = office.office.technician().id
        office.send(standing(0, 0, 0, 60, technician_id=van))
        until(lambda: len(office.history(van)) == 12, 15, "the history")
        server.stop()
        server.start()
        office.send(standing(0, 0, 60, 60, technician_id=van))
        until(lambda: len(office.history(van)) == 24, 15, "the rest of the history")
        assert worker.child.poll() is None


def test_another_worker_takes_over_from_one_that_died(settings, redis, office):
    van = office.office.technician().id
    with process(settings, WORKER) as first:
        office.send(standing(0, 0, 0, 60, technician_id=van))
        until(lambda: len(office.history(van)) == 12, 30, "the first worker")
        before = tracking.position(office.ctx, 0)
        with process(settings, WORKER):
            first.kill()
            office.send(standing(0, 0, 60, 60, technician_id=van))
            until(lambda: len(office.history(van)) == 24, 30, "the second worker")
            assert tracking.position(office.ctx, 0).fence > before.fence
