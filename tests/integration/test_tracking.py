"""Tracking on PostgreSQL gives what it gives on SQLite."""

from contextlib import closing
from typing import Any

import pytest
import redis

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.services.context import Context
from geo_dispatch.services.desk import BackOffice
from tests.support.databases import postgresql_server
from tests.support.fixes import SITE, a_visit, fix_at
from tests.support.records import Office, TestClock, counting_ids
from tests.support.tracking import TrackingOffice, open_tracking, shuffled


@pytest.fixture
def on_postgresql(tmp_path_factory, empty_redis):
    folder = tmp_path_factory.mktemp("postgresql")
    with (
        postgresql_server(folder) as url,
        closing(Store(f"{url}/postgres")) as store,
        closing(Live(empty_redis)) as live,
    ):
        store.migrate()
        clock = TestClock()
        roads: Any = None  # tracking never drives anywhere
        desk = BackOffice(Settings(workspace=folder, data=folder), store, clock, counting_ids())
        ctx = Context(desk.settings, store, live, roads, clock, desk.new_id)
        yield TrackingOffice(Office(desk, clock), ctx)


def outcome(office: TrackingOffice):
    site = office.office.site(location=SITE, fence_radius_m=100.0)
    order = office.office.assigned(site=site)
    office.later()
    trace = a_visit(technician_id=order.technician_id)
    office.track(shuffled(trace, 4), batch=20)
    office.track([fix_at(3, 3, 700, technician_id=order.technician_id)])
    (verdict,) = office.send([fix_at(0, 0, 9e7, technician_id=order.technician_id)])
    assert verdict.code == "future"
    return office.visits(order), office.order(order), office.history(order.technician_id)


def test_visits_orders_and_history_are_the_same(on_postgresql, tmp_path, redis_server):
    seen = outcome(on_postgresql)
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    with open_tracking(tmp_path, redis_server.url) as on_sqlite:
        assert outcome(on_sqlite) == seen
