"""Workers at their worst: killed with the commit behind them, stopped beyond their lease."""

import os
import signal
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from shapely.geometry import box
from sqlalchemy import text

from geo_dispatch.adapters.clock import clock_from, random_id
from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.live_redis.client import stream_key
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import Window, ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.history import presence
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking import quarantine
from tests.support.databases import postgresql_server
from tests.support.fixes import SITE, START_MS, a_visit, fix_at, standing
from tests.support.processes import process
from tests.support.records import DISPATCHER, Office, TestClock
from tests.support.tracking import TrackingOffice
from tests.support.waiting import until

pytestmark = pytest.mark.slow

WORKER = "geo_dispatch.worker"
PART = 30
"""Fixes after which `a_visit` stands on the way, with nothing decided yet."""


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory):
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as url:
        yield f"{url}/postgres"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}"
    return request.getfixturevalue("postgresql")


@pytest.fixture
def office(workspace, tmp_path, database, empty_redis):
    settings = Settings(
        workspace=workspace,
        data=tmp_path,
        database_url=database,
        redis_url=empty_redis,
        clock_epoch=ms_to_datetime(START_MS) + timedelta(hours=1),
        clock_started=datetime.now(UTC),
    )
    with closing(Store(settings.sql_url)) as store, closing(Live(empty_redis)) as live:
        store.migrate()
        clock = TestClock(ms_to_datetime(START_MS))
        roads: Any = None  # tracking never drives anywhere
        ctx = Context(settings, store, live, roads, clock_from(settings), random_id)
        yield TrackingOffice(Office(BackOffice(settings, store, clock, random_id), clock), ctx)


@contextmanager
def without(url, command):
    """Redis refuses the command to everybody."""
    with closing(redis.Redis.from_url(url)) as client:
        client.execute_command("ACL", "SETUSER", "default", f"-{command}")
        try:
            yield
        finally:
            client.execute_command("ACL", "SETUSER", "default", f"+{command}")


def waiting(office):
    """Entries of the stream that a worker has not trimmed."""
    return len(office.ctx.live.read({0: "0-0"}, 10_000))


def once(office, order, trace):
    """All of the trace is in history, and the order was arrived at and left once."""
    until(lambda: len(office.history(order.technician_id)) >= len(trace), 40, "all the history")
    history = office.history(order.technician_id)
    assert sorted(fix.key for fix in history) == sorted(fix.key for fix in trace)
    log = office.log(order)
    assert log.count("order.arrived") == log.count("order.departed") == 1, log
    assert len(office.visits(order)) == 1


def test_what_a_worker_committed_and_never_acknowledged_is_taken_once(office):
    order = office.assigned()
    trace = a_visit(technician_id=order.technician_id)
    with process(office.ctx.settings, WORKER) as worker:
        with without(office.ctx.live.url, "xtrim"):
            office.send(trace[:-PART], batch=20)
            until(lambda: office.order(order).status is Status.ON_SITE, 40, "the arrival")
            until(lambda: tracking.health(office.ctx)[0].waiting == 0, 20, "all to be committed")
            sent = waiting(office)
            assert sent == -(-len(trace[:-PART]) // 20), "something was trimmed"
            worker.restart()
            until(lambda: tracking.health(office.ctx)[0].worker, 20, "another lease")
        office.send(trace[-PART:], batch=20)
        until(lambda: "order.departed" in office.log(order), 40, "the departure")
        once(office, order, trace)


def test_a_worker_stopped_beyond_its_lease_writes_nothing_when_it_goes_on(office):
    order = office.assigned()
    trace = a_visit(technician_id=order.technician_id)
    third = len(trace) // 3
    with process(office.ctx.settings, WORKER) as first:
        office.send(trace[:third])
        until(lambda: len(office.history(order.technician_id)) == third, 40, "the first worker")
        before = tracking.position(office.ctx, 0)
        with office.ctx.store.write():  # on SQLite, who stops in a write stops everybody
            os.kill(first.child.pid, signal.SIGSTOP)
        office.send(trace[third : 2 * third])  # Redis hands them to the read that it left open
        with process(office.ctx.settings, WORKER, "second") as second:
            until(
                lambda: len(office.history(order.technician_id)) == 2 * third,
                40,
                "the second worker",
            )
            taken = tracking.position(office.ctx, 0)
            assert taken.fence > before.fence
            holder = tracking.health(office.ctx)[0].worker
            os.kill(first.child.pid, signal.SIGCONT)
            office.send(trace[2 * third :])
            until(lambda: "order.departed" in office.log(order), 40, "the departure")
            assert tracking.position(office.ctx, 0).fence == taken.fence
            assert tracking.health(office.ctx)[0].worker == holder
            once(office, order, trace)
            second.kill()
        until(
            lambda: tracking.health(office.ctx)[0].worker not in {None, holder},
            30,
            "the first to take over again",
        )


def test_what_nobody_can_read_or_fold_holds_up_no_worker_and_a_mended_fence_is_folded(office):
    far = office.office.site(location=fix_at(9000, 0, 0).place, fence=box(9.63, 47.13, 9.65, 47.15))
    broken, order = office.office.assigned(site=far), office.assigned()
    trace = a_visit(technician_id=order.technician_id)
    inside = standing(9000, 5, 0, 1200, technician_id=broken.technician_id)
    with office.ctx.store.write() as unit:
        unit.connection.execute(
            text("UPDATE sites SET fence = :it WHERE id = :id"), {"it": b"torn", "id": far.id}
        )
        unit.commit()
    with closing(redis.Redis.from_url(office.ctx.live.url)) as client:
        client.xadd(stream_key(0), {"b": b"nothing of ours", "r": b"1"})
    office.send([*trace, *inside])
    with process(office.ctx.settings, WORKER):
        until(lambda: "order.departed" in office.log(order), 40, "the departure")
        until(lambda: tracking.health(office.ctx)[0].stuck, 10, "the other to be put off")
        once(office, order, trace)
        assert office.history(broken.technician_id) == inside
        assert tracking.health(office.ctx)[0].waiting == 0
        day = Window(ms_to_datetime(START_MS), ms_to_datetime(START_MS) + timedelta(days=1))
        stays = presence.near(office.office.desk, SITE, 100.0, day)  # others of this database too
        (stay,) = [one for one in stays if one.technician_id == order.technician_id]
        assert stay.order_ids == (order.id,)
        found = {one.code for one in quarantine.page(office.ctx)}
        assert found == {"unreadable", "unfoldable"}
        with office.ctx.store.write() as unit:
            unit.connection.execute(
                text("UPDATE sites SET fence = NULL WHERE id = :id"), {"id": far.id}
            )
            unit.commit()
        fields = {"fence_radius_m": 150.0}
        records.change(
            office.ctx, records.SITES, far.id, fields, actor=DISPATCHER, expected_version=None
        )
        until(lambda: office.visits(broken), 20, "the fold to be tried at once")
    assert office.log(broken).count("order.arrived") == 1
    assert tracking.health(office.ctx)[0].stuck == ()
