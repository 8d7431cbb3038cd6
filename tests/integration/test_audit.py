"""The log's seals in real databases: the migration seals what is there, and appends follow."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from geo_dispatch.adapters.sql import schema
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.work.events import RecordRetired
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.history import audit
from tests.support.databases import postgresql_server
from tests.support.records import NOW, Office, TestClock, counting_ids, open_office

_NUMBERS = count(1)

OLD_EVENT = text(
    "INSERT INTO events (stream, version, type, body, at, actor) "
    "VALUES (:stream, :version, 'record.changed', :body, :at, 'cli')"
)
OLD_BODY = '{"kind": "site", "changes": {"fence_radius_m": 60.0, "lon": -3e-05, "name": "Rüti 😀"}}'


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/records.db"
    else:
        url = f"{request.getfixturevalue('server')}/audit_{next(_NUMBERS)}"
        engine = create_engine(url.rpartition("/")[0] + "/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {url.rpartition('/')[2]}"))
        engine.dispose()
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def office(store, tmp_path):
    store.migrate()
    clock = TestClock()
    return Office(BackOffice(Settings(data=tmp_path), store, clock, counting_ids()), clock)


def test_a_log_from_before_the_seals_is_sealed_as_it_is(store, tmp_path):
    with store.write() as unit:
        command.upgrade(schema.config(unit.connection), "0003")
        for number in range(2500):
            row = {"stream": f"site:{number % 7}", "version": number // 7 + 1, "body": OLD_BODY}
            unit.connection.execute(OLD_EVENT, row | {"at": NOW.replace(tzinfo=None)})
        unit.commit()
    store.migrate()
    desk = BackOffice(Settings(data=tmp_path), store, TestClock(), counting_ids())
    verdict = audit.verify(desk)
    assert (verdict.events, verdict.finding) == (2500, None)
    with store.write() as unit:
        unit.append("site:0", [RecordRetired(kind="site")], actor=CLI, at=NOW)
        unit.commit()
    assert audit.verify(desk).finding is None
    assert audit.verify(desk, noted=verdict.head.chain).finding is None


def test_writers_side_by_side_make_one_chain(office):
    start = threading.Barrier(4)

    def write(who):
        start.wait(10)
        for number in range(25):
            with office.desk.store.write() as unit:
                for stream in (f"site:{who}", "site:shared"):
                    events = [RecordRetired(kind=f"{who} {number}")] * 2
                    unit.append(stream, events, actor=CLI, at=NOW)
                unit.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    verdict = audit.verify(office.desk)
    assert (verdict.events, verdict.finding) == (400, None)


def test_a_unit_that_is_given_up_leaves_no_gap_in_the_chain(office):
    office.site("Kept")
    with office.desk.store.write() as unit:
        unit.append("site:lost", [RecordRetired(kind="site")], actor=CLI, at=NOW)
    office.site("Kept too")
    assert audit.verify(office.desk).finding is None


def test_a_change_behind_our_back_is_named(office):
    for name in ("One", "Two", "Three"):
        office.site(name)
    head = audit.head(office.desk)
    with office.desk.store.write() as unit:
        unit.connection.execute(text("UPDATE events SET actor = 'token:tok_nobody' WHERE seq = 2"))
        unit.commit()
    verdict = audit.verify(office.desk)
    assert (verdict.events, verdict.finding.damage, verdict.finding.seq) == (1, "changed", 2)
    assert audit.verify(office.desk, since=2).finding is None
    with office.desk.store.write() as unit:
        unit.connection.execute(text("DELETE FROM events WHERE seq = 3"))
        unit.commit()
    assert audit.verify(office.desk, since=2, noted=head.chain).finding.damage == "removed"


@pytest.mark.parametrize(
    "cell", ["body = '{\"cut'", "body = '{\"n\": NaN}'", "at = 'never'", "at = 5"]
)
def test_what_can_no_longer_be_read_is_named_too(tmp_path, cell):
    with open_office(tmp_path) as office:
        for name in ("One", "Two", "Three"):
            office.site(name)
        with office.desk.store.write() as unit:
            unit.connection.exec_driver_sql(f"UPDATE events SET {cell} WHERE seq = 2")  # noqa: S608
            unit.commit()
        verdict = audit.verify(office.desk)
        assert (verdict.events, verdict.finding.damage, verdict.finding.seq) == (1, "changed", 2)


def test_what_was_put_in_front_of_the_log_is_found(office):
    office.site("One")
    office.site("Two")
    with office.desk.store.write() as unit:
        unit.connection.execute(
            text(
                "INSERT INTO events (seq, stream, version, type, body, at, actor, digest, chain) "
                "SELECT -7, 'site:x', 1, type, body, at, actor, digest, chain FROM events "
                "WHERE seq = 1"
            )
        )
        unit.commit()
    assert audit.verify(office.desk).finding.seq == -7


def test_a_noted_head_may_be_copied_carelessly(office):
    office.site("One")
    noted = f" {audit.head(office.desk).chain.upper()}\n"
    assert audit.verify(office.desk, noted=noted).finding is None
