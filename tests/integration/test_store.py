"""The records under several processes, on SQLite and on PostgreSQL."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
import shapely
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text, update

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.adapters.sql.tables import idempotency_keys, metadata
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.records.technicians import Leave, Skill
from geo_dispatch.dispatch.work.files import NewFile
from geo_dispatch.dispatch.work.orders import SkillRequirement, Status
from geo_dispatch.kernel.errors import AnswerLost, Busy, Conflict, DatabaseUnavailable
from geo_dispatch.kernel.time import Window
from geo_dispatch.services import idempotency, relay
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.history import timeline
from geo_dispatch.services.orders import files, work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.territory.model import Territory
from tests.support.databases import postgresql_server
from tests.support.files import JPEG
from tests.support.keyed import REQUEST
from tests.support.records import DISPATCHER, NOW, Office, TestClock, counting_ids
from tests.support.waiting import until
from tests.support.writer import SHARED

WRITERS = 3
TIMES = {"sqlite": 300, "postgresql": 60}
"""PostgreSQL's writers work side by side: most of their changes of one order must be repeated."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.db"
    server = request.getfixturevalue("server")
    name = f"records_{next(_NUMBERS)}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


_NUMBERS = count(1)


@pytest.fixture
def office(url, tmp_path):
    store = Store(url)
    store.migrate()
    clock = TestClock()
    yield Office(BackOffice(Settings(data=tmp_path), store, clock, counting_ids()), clock)
    store.close()


def start_writer(url, who, times):
    command = [sys.executable, "-m", "tests.support.writer", url, who, str(times)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def end(process):
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said


def test_the_tables_are_those_that_the_code_knows(office):
    with office.desk.store.read() as unit:
        context = MigrationContext.configure(unit.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_everything_reads_back_as_entered(office):
    fence = shapely.box(9.52, 47.14, 9.522, 47.142)
    site = office.site(fence=fence, external_id="s-1")
    technician = office.technician(
        skills=(Skill("hvac", 3, NOW.date()),), leave=(Leave(Window(NOW, NOW + timedelta(days=1))),)
    )
    order = office.assigned(
        technician,
        site=site,
        window=Window(NOW, NOW + timedelta(hours=2)),
        required_skills=(SkillRequirement("hvac", 2),),
    )
    order = work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    territory = Territory("north", "North", shapely.MultiPolygon([fence]))
    with office.desk.store.write() as unit:
        unit.territories.replace("liechtenstein", [territory], NOW)
        unit.advance("map", 2**40)
        unit.commit()
    with office.desk.store.read() as unit:
        assert unit.sites.get(site.id) == site
        assert unit.technicians.get(technician.id) == technician
        assert unit.orders.get(order.id) == order
        assert unit.territories.in_force("liechtenstein") == [territory]
        assert unit.cursor("map") == 2**40
    story = [entry.type for entry in timeline.of_order(office.desk, order.id)]
    assert [kind for kind in story if kind != "message.queued"] == [
        "order.placed",
        "order.assigned",
        "order.briefed",
        "order.en_route",
        "order.arrived",
    ]


def test_a_taken_external_id_is_a_conflict(office):
    office.customer(external_id="c-1")
    other = office.customer("Mill")
    with pytest.raises(Conflict, match="'c-1' belongs to customer"):
        records.change(
            office.desk,
            records.CUSTOMERS,
            other.id,
            {"external_id": "c-1"},
            actor=DISPATCHER,
            expected_version=None,
        )


def test_processes_that_migrate_at_once_do_not_mind_each_other(url):
    script = f"from geo_dispatch.adapters.sql.store import Store; Store({url!r}).migrate()"
    processes = [
        subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        end(process)
    store = Store(url)
    store.check()
    store.close()


@pytest.mark.slow
def test_writers_in_several_processes_lose_nothing(office, url):
    office.order(external_id=SHARED)
    times = TIMES[url.partition(":")[0].partition("+")[0]]
    writers = [start_writer(url, f"w{number}", times) for number in range(WRITERS)]
    seen = []

    def read_on():
        return relay.deliver(office.desk.store, "reader", lambda logged: seen.append(logged.seq))

    def all_read():
        ended = all(writer.poll() is not None for writer in writers)
        return not read_on() and ended

    until(all_read, 240, "the writers to end and the reader to read everything")
    for writer in writers:
        end(writer)

    notes = sorted(f"w{number}-{turn}" for number in range(WRITERS) for turn in range(times))
    with office.desk.store.read() as unit:
        placed = unit.orders.list()
        shared = unit.orders.by_external_id(SHARED)
        log = [logged.seq for logged in unit.events()]
        versions = [logged.version for logged in unit.stream(f"order:{shared.id}")]
    assert sorted(shared.notes.split()) == notes
    assert shared.version == 1 + WRITERS * times
    assert versions == list(range(1, 2 + WRITERS * times))
    assert [order.number for order in placed] == [
        f"WO-{serial}" for serial in range(1001, 1002 + WRITERS * times)
    ]
    assert seen == log, "a reader behind a cursor must meet every event, once, in order"


def killed_at_work(url, site, moment):
    command = [sys.executable, "-m", "tests.support.keyed", url, site.id, moment]
    ended = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def a_minute_passes(office):
    with office.desk.store.write() as unit:
        noted = unit.idempotency.find(REQUEST.token, REQUEST.key)
        earlier = noted.begun_at - idempotency.DEAD_AFTER
        unit.connection.execute(update(idempotency_keys).values(begun_at=earlier))
        unit.commit()


def test_a_request_whose_process_was_killed_after_the_commit_is_never_done_again(office, url):
    killed_at_work(url, office.site(), "after")
    with pytest.raises(Busy):
        idempotency.begin(office.desk.store, REQUEST)
    a_minute_passes(office)
    with pytest.raises(AnswerLost, match="'k-1' was carried out"):
        idempotency.begin(office.desk.store, REQUEST)
    assert len(work_orders.page(office.desk)) == 1


def test_a_request_whose_process_was_killed_before_the_commit_is_done_by_its_repeat(office, url):
    killed_at_work(url, office.site(), "before")
    a_minute_passes(office)
    assert idempotency.begin(office.desk.store, REQUEST) is None
    assert work_orders.page(office.desk) == []


def test_of_two_that_have_the_same_request_in_hand_one_does_it(office):
    idempotency.begin(office.desk.store, REQUEST)
    ready = threading.Barrier(2)
    site = office.site()

    def work():
        with idempotency.in_hand(REQUEST):
            ready.wait(20)
            try:
                return office.order(site).id
            except Busy:
                return None

    with ThreadPoolExecutor(2) as pool:
        placed = [one.result() for one in [pool.submit(work) for _ in range(2)]]
    assert placed.count(None) == 1
    assert [order.id for order in work_orders.page(office.desk)] == [one for one in placed if one]


def test_a_server_that_is_away_is_said_in_one_line():
    pytest.importorskip("psycopg", reason="`pip install 'geo-dispatch[postgresql]'`")
    with pytest.raises(DatabaseUnavailable, match="check that it exists") as refusal:
        Store("postgresql://nobody@127.0.0.1:1/none").check()
    assert "127.0.0.1:1/none" in refusal.value.message


def test_a_photo_that_a_phone_sends_several_times_at_once_is_one_file(office):
    order = office.order()
    photo = NewFile(kind="photo", content=JPEG * 1000, media_type="image/jpeg")

    def send(_time):
        return files.add(office.desk, order.id, photo, actor=DISPATCHER)

    with ThreadPoolExecutor(8) as phones:
        answers = list(phones.map(send, range(8)))
    (file,) = files.listed(office.desk, order.id)
    assert answers == [file] * 8
    assert files.read(office.desk, order.id, file.told.sha256) == (file, photo.content)


def test_etas_take_the_place_of_those_before(office):
    van = office.technician()
    orders = [office.order() for _ in range(3)]

    def put(drive_s, *some):
        etas = [Eta(one.id, van.id, NOW, drive_s, None, Basis.POSITION, NOW, NOW) for one in some]
        with office.desk.store.write() as unit:
            unit.etas.put(etas)
            unit.commit()

    put(60.0, *orders[:2])
    put(90.0, *orders[1:])
    put(0.0)
    with office.desk.store.read() as unit:
        found = unit.etas.many(order.id for order in orders)
    assert [found[order.id].drive_s for order in orders] == [60.0, 90.0, 90.0]


def test_holders_are_asked_for_by_the_age_of_their_etas(office):
    first, second = office.technician("Van 01"), office.technician("Van 02")
    orders = [office.assigned(one) for one in (first, first, second)]
    lately = Window(NOW - timedelta(seconds=15), NOW)

    def due(*technicians):
        ids = [one.id for one in technicians] or None
        with office.desk.store.read() as unit:
            return unit.orders.holders(ids, no_eta_of=lately)

    def put(order, technician, ago_s):
        at = NOW - timedelta(seconds=ago_s)
        with office.desk.store.write() as unit:
            unit.etas.put([Eta(order.id, technician.id, NOW, 60.0, None, Basis.POSITION, None, at)])
            unit.commit()

    assert due() == {first.id, second.id}
    assert due(second) == {second.id}
    put(orders[0], first, 0)
    put(orders[2], second, 14)
    assert due() == {first.id}  # one of two orders has none
    put(orders[1], second, 0)
    assert due() == {first.id}  # one of them is of who had it before
    put(orders[1], first, 14)
    assert due() == set()
    put(orders[2], second, 15)
    assert due(first, second) == {second.id}
