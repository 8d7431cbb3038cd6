"""Ten thousand orders in one file come in at once; with a fault, none does."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.history import audit
from geo_dispatch.services.records.imports import What, import_file
from tests.support.databases import postgresql_server
from tests.support.records import DISPATCHER, Office, TestClock, counting_ids, open_office

ORDERS = 10_000
HEAD = "external_id,type,site_external_id,required_skills,priority,window_start,window_end,notes\n"


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        for number in range(20):
            office.site(f"Site {number}", external_id=f"s{number}")
        yield office


def row(number, site="s{}", priority=3, end="12:00"):
    place = site.format(number % 20)
    return (
        f"o{number},boiler repair,{place},hvac:2,{priority},"
        f"2026-03-02T08:00+01:00,2026-03-02T{end}+01:00,note {number}\n"
    )


def test_ten_thousand_orders_come_in_at_once_and_again_unchanged(office, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(HEAD + "".join(map(row, range(ORDERS))))
    told = []
    report = import_file(
        office.desk,
        What.WORK_ORDERS,
        file,
        actor=DISPATCHER,
        progress=lambda step, done, total: told.append((done, total)),
    )
    assert (report.created, report.updated, report.unchanged) == (ORDERS, 0, 0)
    assert told == [(done, ORDERS) for done in range(1, ORDERS + 1)]
    with office.desk.store.read() as unit:
        last = unit.orders.list(limit=1, after=unit.orders.by_external_id(f"o{ORDERS - 2}").id)
    assert [(order.number, order.notes) for order in last] == [("WO-11000", "note 9999")]
    assert audit.verify(office.desk).finding is None
    again = import_file(office.desk, What.WORK_ORDERS, file, actor=DISPATCHER)
    assert (again.created, again.unchanged) == (0, ORDERS)
    file.write_text(HEAD + "".join(row(number, priority=4) for number in range(ORDERS)))
    changed = import_file(office.desk, What.WORK_ORDERS, file, actor=DISPATCHER)
    assert (changed.updated, changed.unchanged) == (ORDERS, 0)
    with office.desk.store.read() as unit:
        assert {(order.priority, order.version) for order in unit.orders.list()} == {(4, 2)}
    assert audit.verify(office.desk).finding is None


def test_postgresql_takes_them_in_one_go_too(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(HEAD + "".join(map(row, range(300))))
    with postgresql_server(tmp_path / "postgresql") as server:
        url = f"{server}/postgres"
        with closing(Store(url)) as store:
            store.migrate()
            settings = Settings(workspace=tmp_path, data=tmp_path, database_url=url)
            office = Office(BackOffice(settings, store, TestClock(), counting_ids()))
            for number in range(20):
                office.site(f"Site {number}", external_id=f"s{number}")
            for created, unchanged in ((300, 0), (0, 300)):
                report = import_file(office.desk, What.WORK_ORDERS, file, actor=DISPATCHER)
                assert (report.created, report.unchanged) == (created, unchanged)
            file.write_text(HEAD + "".join(row(number, priority=4) for number in range(300)))
            assert import_file(office.desk, What.WORK_ORDERS, file, actor=DISPATCHER).updated == 300
            with store.read() as unit:
                last = unit.orders.by_external_id("o299")
            assert (last.number, last.notes, last.priority) == ("WO-1300", "note 299", 4)
            assert last.window.start == datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
            assert audit.verify(office.desk).finding is None


def test_every_fault_of_a_file_is_told_and_nothing_stays(office, tmp_path):
    wrong = {
        500: row(500, site="nowhere"),
        501: row(501, priority=9),
        502: row(502, end="07:00"),
        503: row(503, site="nowhere", priority="high"),
        999: row(7),
    }
    file = tmp_path / "orders.csv"
    file.write_text(HEAD + "".join(wrong.get(number, row(number)) for number in range(1000)))
    with pytest.raises(InvalidFile, match="6 faults; nothing was imported") as refusal:
        import_file(office.desk, What.WORK_ORDERS, file, actor=DISPATCHER)
    assert [fault.where for fault in refusal.value.faults] == [
        "line 502, column site_external_id",
        "line 503, column priority",
        "line 504, column window_end",
        "line 505, column priority",
        "line 505, column site_external_id",
        "line 1001, column external_id",
    ]
    with office.desk.store.read() as unit:
        assert unit.orders.list() == []
