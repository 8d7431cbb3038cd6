"""Units happen wholly or not at all."""

import threading

import pytest
from sqlalchemy.exc import IntegrityError

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import RecordRetired
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.errors import Conflict, DatabaseUnavailable, NotFound, VersionConflict
from tests.support.databases import sqlite_store
from tests.support.records import NOW
from tests.support.waiting import until

EVENT = RecordRetired(kind="site")


@pytest.fixture
def store(tmp_path):
    with sqlite_store(tmp_path) as store:
        yield store


def append(store, stream, count=1, **options):
    with store.write() as unit:
        logged = unit.append(stream, [EVENT] * count, actor=CLI, at=NOW, **options)
        unit.commit()
    return logged


def test_leaving_a_unit_without_commit_changes_nothing(store):
    with store.write() as unit:
        unit.technicians.add(Technician("tc_1", "Van 01"))
        unit.append("technician:tc_1", [EVENT], actor=CLI, at=NOW)
    with store.read() as unit:
        assert unit.technicians.list() == []
        assert unit.last_seq() == 0


def test_an_error_in_a_unit_changes_nothing(store):
    def stumble():
        with store.write() as unit:
            unit.technicians.add(Technician("tc_1", "Van 01"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stumble()
    with store.read() as unit:
        assert unit.technicians.list() == []


def test_an_error_of_the_database_does_not_say_what_was_to_be_written(store):
    van = Technician("tc_1", "Van 01", phone="+423 791 00 00")
    with store.write() as unit:
        unit.technicians.add(van)
        with pytest.raises(IntegrityError) as error:
            unit.technicians.add(van)
    assert "INSERT INTO technicians" in str(error.value)
    assert "+423" not in str(error.value)


def test_a_reader_sees_one_state_while_others_write(store):
    append(store, "site:st_1")
    with store.read() as unit:
        assert unit.last_seq() == 1
        append(store, "site:st_1")
        assert unit.last_seq() == 1
    with store.read() as unit:
        assert unit.last_seq() == 2


def test_who_writes_first_goes_before_threads_that_wait_to_write(store):
    done, threads = [], []

    def write(name, first):
        with store.write(first=first):
            done.append(name)

    with store.write():
        for number, (name, first) in enumerate([("eta", False), ("rules", False), ("fixes", True)]):
            threads.append(threading.Thread(target=write, args=(name, first)))
            threads[-1].start()
            until(
                lambda count=number + 1: len(store._turns._changed._waiters) == count,
                10,
                "a thread to wait for its turn",
            )
        assert done == []
    for thread in threads:
        thread.join(10)
    assert done[0] == "fixes"
    assert sorted(done) == ["eta", "fixes", "rules"]


def test_records_that_are_closed_under_a_reader_are_closed_when_it_is_done(tmp_path):
    file = tmp_path / "records.db"
    store = Store(f"sqlite:///{file}")
    store.migrate()
    reads, may_end = threading.Event(), threading.Event()

    def read():
        with store.read() as unit:
            unit.last_seq()
            reads.set()
            may_end.wait(30)

    reader = threading.Thread(target=read)
    reader.start()
    reads.wait(30)
    store.close()  # gives up waiting
    assert file.with_name("records.db-wal").exists()
    may_end.set()
    reader.join()
    assert not file.with_name("records.db-wal").exists()


def test_a_record_knows_the_version_it_was_based_on(store):
    with store.write() as unit:
        first = unit.technicians.add(Technician("tc_1", "Van 01"))
        assert unit.technicians.save(first).version == 2
        with pytest.raises(VersionConflict, match="technician 'tc_1' is at version 2, not 1"):
            unit.technicians.save(first)
        with pytest.raises(NotFound):
            unit.technicians.save(Technician("tc_2", "Van 02"))


def test_an_external_id_is_taken_once(store):
    with store.write() as unit:
        unit.technicians.add(Technician("tc_1", "Van 01", external_id="x"))
        with pytest.raises(Conflict, match="'x' belongs to technician 'tc_1'"):
            unit.technicians.add(Technician("tc_2", "Van 02", external_id="x"))


def test_rows_that_point_nowhere_are_refused(store):
    eta = Eta("wo_no", "tc_no", None, None, None, Basis.NO_POSITION, None, NOW)
    with store.write() as unit, pytest.raises(IntegrityError, match="FOREIGN KEY"):
        unit.etas.put([eta])


def test_a_stream_counts_its_own_events(store):
    append(store, "site:st_1", 2)
    append(store, "site:st_2")
    logged = append(store, "site:st_1")
    assert [(event.seq, event.version) for event in logged] == [(4, 3)]


def test_an_append_says_where_it_believes_the_stream_to_be(store):
    append(store, "site:st_1", expected_version=0)
    with pytest.raises(VersionConflict, match="site:st_1 is at event 1, not 0"):
        append(store, "site:st_1", expected_version=0)


def test_the_log_is_read_by_place_type_and_stream(store):
    append(store, "site:st_1", 2)
    append(store, "site:st_2", 2)
    with store.read() as unit:
        assert [event.seq for event in unit.events(after=1, limit=2)] == [2, 3]
        assert [event.seq for event in unit.events(streams=["site:st_2"])] == [3, 4]
        assert unit.events(types=["order.placed"]) == []
        assert len(unit.events(types=["record.retired"])) == 4


def test_a_cursor_never_goes_back(store):
    with store.write() as unit:
        assert unit.cursor("map") == 0
        unit.advance("map", 7)
        unit.advance("map", 3)
        assert unit.cursor("map") == 7


def test_an_appended_event_equals_the_one_read_back(store):
    logged = append(store, "site:st_1")
    with store.read() as unit:
        assert unit.stream("site:st_1") == logged


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is no database URL; use sqlite:///FILE"),
        ("mysql://host/name", "only SQLite and PostgreSQL"),
        ("sqlite:////proc/none/records.db", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_is_said_in_one_line(url, said):
    with pytest.raises(DatabaseUnavailable, match=said):
        Store(url).check()


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "records.db"
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)
    store = Store(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match="file is not a database"):
        store.check()
    store.close()
