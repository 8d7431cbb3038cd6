"""Two dispatchers give one order at once: one wins, the other is told, and the record agrees."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import VersionConflict
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.context import Context
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.history import audit
from tests.support.ascii_map import AsciiMap, Town
from tests.support.databases import postgresql_server
from tests.support.dispatch_office import NO_REDIS, DispatchOffice
from tests.support.records import Office, TestClock, counting_ids

ROUNDS = 10


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap("A----------B----------C"), tmp_path_factory.mktemp("street"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, tmp_path, town):
    url = f"sqlite:///{tmp_path}/records.db"
    if request.param == "postgresql":
        url = f"{request.getfixturevalue('server')}/two_dispatchers"
        engine = create_engine(url.replace("two_dispatchers", "postgres"))
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("CREATE DATABASE two_dispatchers"))
        engine.dispose()
    clock, settings = TestClock(), Settings(workspace=tmp_path, data=tmp_path)
    with closing(Store(url)) as store, closing(Live(NO_REDIS)) as live:
        store.migrate()
        office = Office(BackOffice(settings, store, clock, counting_ids()), clock)
        roads = LiveRoads(town.engine)
        ctx = Context(settings, store, live, roads, clock, office.desk.new_id)
        yield DispatchOffice(office, town, ctx)


def test_one_wins_and_the_other_is_told(desk):
    vans = [desk.technician("Van 01", "A"), desk.technician("Van 02", "C")]
    for number in range(ROUNDS):
        order = desk.order("B", duration_s=300.0)
        start = Barrier(2)

        def give(van, order=order, start=start):
            start.wait(10)
            try:
                return desk.assign(order, van, expected_version=order.version)
            except VersionConflict as conflict:
                return conflict

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(give, vans))
        told = [one for one in outcomes if isinstance(one, VersionConflict)]
        (won,) = [one for one in outcomes if not isinstance(one, VersionConflict)]
        assert len(told) == 1, number
        assert "read it again" in told[0].message
        assert desk.read(order) == won
        (given,) = desk.events(order, "order.assigned")
        assert given["technician_id"] == won.technician_id
        with desk.ctx.store.read() as unit:
            (row,) = unit.assignments.of_order(order.id)
        assert (row.technician_id, row.released_at) == (won.technician_id, None)
    for van in vans:
        held = desk.sequences(van)
        assert sorted(held.values()) == list(range(1, len(held) + 1))
    assert audit.verify(desk.ctx).finding is None
