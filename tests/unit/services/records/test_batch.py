"""Records of a file are worked out while others write, and hold by the time they are written."""

import pytest

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.services.history import audit
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.imports import What, import_text
from tests.support.records import DISPATCHER, open_office

SITES = """external_id,name,lon,lat,customer_external_id,customer_name
s1,Works,9.52,47.14,,
s2,Shop,9.51,47.15,c1,Bakery
s3,Store,9.51,47.15,c1,Bakery Ltd
"""


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def bring_in(office, what, text, meanwhile=lambda: None):
    """Import the text; when its last row is checked, and nothing written, something happens."""

    def progress(step, done, total):
        if done == total and not happened:
            happened.append(done)
            meanwhile()

    happened = []
    report = import_text(office.desk, what, text, "x.csv", actor=DISPATCHER, progress=progress)
    assert happened
    return report


def test_a_customer_that_one_file_enters_and_renames_is_recorded_twice(office):
    report = bring_in(office, What.SITES, SITES)
    assert (report.created, report.customers_created) == (3, 1)
    with office.desk.store.read() as unit:
        customer = unit.customers.by_external_id("c1")
        log = unit.stream(f"customer:{customer.id}")
        sites = [unit.sites.by_external_id(key) for key in ("s1", "s2", "s3")]
    assert (customer.name, customer.version) == ("Bakery Ltd", 2)
    assert [(one.type, one.version) for one in log] == [
        ("record.created", 1),
        ("record.changed", 2),
    ]
    assert [site.customer_id for site in sites] == [None, customer.id, customer.id]
    assert audit.verify(office.desk).finding is None


def test_each_is_as_if_it_had_been_entered_alone(office):
    alone = office.customer("Bakery", tier="gold", external_id="alone")
    bring_in(office, What.CUSTOMERS, "external_id,name,tier\nc1,Bakery,gold\n")
    with office.desk.store.read() as unit:
        together = unit.customers.by_external_id("c1")
        logs = [unit.stream(f"customer:{one.id}") for one in (alone, together)]
    bodies = [[(one.type, one.version, one.actor, one.at) for one in log] for log in logs]
    assert bodies[0] == bodies[1]
    assert logs[0][0].body["record"].keys() == logs[1][0].body["record"].keys()


def test_what_somebody_enters_meanwhile_is_known_then(office):
    report = bring_in(
        office,
        What.CUSTOMERS,
        "external_id,name\nc1,Bakery\nc2,School\n",
        lambda: office.customer("Bakehouse", external_id="c1", notes="ring twice"),
    )
    assert (report.created, report.updated) == (1, 1)
    with office.desk.store.read() as unit:
        bakery = unit.customers.by_external_id("c1")
    assert (bakery.name, bakery.notes, bakery.version) == ("Bakery", "ring twice", 2)


def test_what_retires_meanwhile_refuses_its_row_and_nothing_stays(office):
    known = office.customer("Bakery", external_id="c1")

    def retire():
        records.retire(
            office.desk, records.CUSTOMERS, known.id, actor=DISPATCHER, expected_version=None
        )

    with pytest.raises(InvalidFile) as refusal:
        bring_in(office, What.CUSTOMERS, "external_id,name\nc0,New\nc1,Bakehouse\n", retire)
    assert [fault.where for fault in refusal.value.faults] == ["line 3"]
    with office.desk.store.read() as unit:
        assert unit.customers.by_external_id("c0") is None


def test_while_rows_are_checked_others_write(office):
    other = Store(f"sqlite:///{office.desk.settings.data_dir / 'records.db'}")

    def write():
        with other.write() as unit:
            unit.advance("somebody", 7)
            unit.commit()

    assert bring_in(office, What.SITES, SITES, write).created == 3
    with other.read() as unit:
        assert unit.cursor("somebody") == 7
    other.close()
