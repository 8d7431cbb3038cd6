"""Orders that are worked out while others write hold by the time they are written."""

import pytest

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.services.history import audit
from geo_dispatch.services.messages import webhooks
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.imports import What, import_text
from tests.support.policies import OFFICE_HOURS, publish
from tests.support.records import DISPATCHER, open_office

FILE = """external_id,type,site_external_id,after_external_ids
o1,repair,s1,
o2,repair,s2,o1
o3,inspection,s1,o1; o2
"""
PROMISE = '[[sla]]\nname = "all"\ncalendar = "office"\nresponse_s = 14400\n'


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        for number in (1, 2):
            office.site(f"Site {number}", external_id=f"s{number}")
        yield office


def bring_in(office, meanwhile=lambda: None, file=FILE):
    """Import the file; when its last row is checked, and nothing written, something happens."""

    def progress(step, done, total):
        if step == "import work-orders" and done == total and not happened:
            happened.append(done)
            meanwhile()

    happened = []
    report = import_text(
        office.desk, What.WORK_ORDERS, file, "orders.csv", actor=DISPATCHER, progress=progress
    )
    assert happened
    return report


def orders(office):
    with office.desk.store.read() as unit:
        return {order.external_id: order for order in unit.orders.list()}


def test_orders_name_those_above_them(office):
    assert bring_in(office).created == 3
    placed = orders(office)
    assert placed["o3"].after == (placed["o1"].id, placed["o2"].id)
    with office.desk.store.read() as unit:
        waiting = {one.external_id for one in unit.orders.waiting_for(placed["o1"].id)}
    assert waiting == {"o2", "o3"}


def test_each_is_as_if_it_had_been_placed_alone(office):
    publish(office.desk, OFFICE_HOURS + PROMISE)
    webhooks.create(office.desk, {"url": "https://example.com/hook"}, actor=DISPATCHER)
    alone = office.order(office.site("Elsewhere"), type="repair", external_id="alone")
    bring_in(office)
    together = orders(office)["o1"]
    with office.desk.store.read() as unit:
        logs = [unit.stream(f"order:{one.id}") for one in (alone, together)]
        messages = [unit.messages.search(order_id=one.id) for one in (alone, together)]
        deliveries = unit.deliveries.search(unit.webhooks.list()[0].id)
    assert together.sla == alone.sla
    assert [[event.type for event in log] for log in logs] == [["order.placed", "order.sla"]] * 2
    assert logs[0][0].body["order"].keys() == logs[1][0].body["order"].keys()
    assert [[one.type for one in said] for said in messages] == [["order.placed"]] * 2
    assert len(deliveries) == 4


def test_numbers_that_somebody_takes_meanwhile_are_left_to_them(office):
    site = office.site("Elsewhere")
    bring_in(office, lambda: office.order(site, external_id="between"))
    placed = orders(office)
    assert [placed[key].number for key in ("between", "o1", "o2", "o3")] == [
        "WO-1001",
        "WO-1002",
        "WO-1003",
        "WO-1004",
    ]
    with office.desk.store.read() as unit:
        told = unit.stream(f"order:{placed['o1'].id}")[0].body["order"]["number"]
        message = unit.messages.search(order_id=placed["o1"].id)[0]
    assert told == message.data["order"]["number"] == "WO-1002"
    assert audit.verify(office.desk).finding is None


def test_a_site_that_retires_meanwhile_refuses_its_rows_and_nothing_stays(office):
    with office.desk.store.read() as unit:
        site = unit.sites.by_external_id("s2")

    def retire():
        records.retire(office.desk, records.SITES, site.id, actor=DISPATCHER, expected_version=None)

    with pytest.raises(InvalidFile) as refusal:
        bring_in(office, retire)
    assert refusal.value.faults[0].where == "line 3, column site_external_id"
    assert "retired" in refusal.value.faults[0].message
    assert orders(office) == {}


def test_a_promise_published_meanwhile_holds_for_all(office):
    bring_in(office, lambda: publish_logged(office, OFFICE_HOURS + PROMISE))
    assert {order.sla and order.sla.policy for order in orders(office).values()} == {"all"}


def publish_logged(office, text):
    policy.publish(office.desk, text, author="Ann", reviewed_by="Ben", note="x", actor=DISPATCHER)


def test_an_order_that_somebody_places_meanwhile_is_known_then(office):
    with office.desk.store.read() as unit:
        site = unit.sites.by_external_id("s1")
    report = bring_in(office, lambda: office.order(site, type="old", external_id="o3"))
    assert (report.created, report.updated) == (2, 1)
    placed = orders(office)
    assert (placed["o3"].number, placed["o3"].type) == ("WO-1001", "inspection")
    assert placed["o3"].after == (placed["o1"].id, placed["o2"].id)


def test_orders_that_end_meanwhile_refuse_their_change_by_line(office):
    bring_in(office)
    first = orders(office)["o1"]

    def cancel():
        work_orders.step(
            office.desk, first.id, Status.CANCELLED, actor=DISPATCHER, note="called off"
        )

    file = FILE.replace("o1,repair", "o1,survey")
    with pytest.raises(InvalidFile, match="1 fault") as refusal:
        bring_in(office, cancel, file)
    assert [fault.where for fault in refusal.value.faults] == ["line 2"]
    assert orders(office)["o1"].type == "repair"


def test_changes_of_one_file_are_looked_at_together(office):
    bring_in(office)
    turned = FILE.replace("o1; o2", "o1").replace("s2,o1", "s2,o3")
    head, *lines = turned.splitlines()
    bring_in(office, file="\n".join([head, *reversed(lines)]))
    placed = orders(office)
    assert placed["o2"].after == (placed["o3"].id,)
    circle = FILE.replace("o1; o2", "o2").replace("s2,o1", "s2,o1")
    with pytest.raises(InvalidFile) as refusal:
        bring_in(office, file=circle.replace("o1,repair,s1,", "o1,repair,s1,o3"))
    assert [fault.where for fault in refusal.value.faults] == ["line 2, column after_external_ids"]


def test_while_rows_are_checked_others_write(office):
    other = Store(f"sqlite:///{office.desk.settings.data_dir / 'records.db'}")

    def write():
        with other.write() as unit:
            unit.advance("somebody", 7)
            unit.commit()

    assert bring_in(office, write).created == 3
    with other.read() as unit:
        assert unit.cursor("somebody") == 7
    other.close()
