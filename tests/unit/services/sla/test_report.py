"""How well promises were kept, over a period, with every miss."""

import csv
import io
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import HoldReason, Status
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.sla import evidence
from geo_dispatch.services.sla import report as sla_report
from geo_dispatch.services.sla import view as sla_view
from tests.support.policies import OFFICE_HOURS, publish
from tests.support.records import DISPATCHER, NOW, open_office

SLA = """
[[sla]]
name = "fast"
tiers = ["gold"]
response_s = 3600
pauses = ["customer"]
"""
DAY = timedelta(days=1)


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        publish(office.desk, OFFICE_HOURS + SLA)
        yield office


@pytest.fixture
def site(office):
    customer = office.customer("=Bakery")
    office.contract(customer, tier="gold", starts_on=NOW.date())
    return office.site(customer_id=customer.id)


def visited(office, site, after_min):
    order = office.assigned(office.technician(f"Van {after_min}"), site=site)
    office.clock.go_on(minutes=after_min)
    return work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)


def rows(office):
    return {
        (one.promise, one.policy, one.tier): (one.kept, one.missed, one.open, one.attained)
        for one in sla_report.report(office.desk, NOW, NOW + DAY).attainment
    }


@pytest.mark.capability("BO-083")
def test_each_promise_counts_as_kept_missed_or_open(office, site):
    visited(office, site, 30)
    late = visited(office, site, 70)
    office.order(site)
    assert rows(office) == {("response", "fast", "gold"): (1, 1, 1, 0.5)}
    (miss,) = sla_report.report(office.desk, NOW, NOW + DAY).missed
    assert (miss.number, miss.late_by_s, miss.at) == (late.number, 600, late.arrival.at)


def test_past_its_time_a_promise_is_missed_before_anybody_comes(office, site):
    office.order(site)
    office.clock.go_on(minutes=90)
    (miss,) = sla_report.report(office.desk, NOW, NOW + DAY).missed
    assert (miss.at, miss.late_by_s) == (None, 1800)


def test_what_is_on_hold_is_not_missed(office, site):
    order = office.order(site)
    office.apply(order.id, c.PutOnHold(reason=HoldReason.CUSTOMER))
    office.clock.go_on(minutes=90)
    assert rows(office) == {("response", "fast", "gold"): (0, 0, 1, None)}


def test_what_was_cancelled_in_time_counts_for_nothing(office, site):
    office.apply(office.order(site).id, c.Cancel())
    assert rows(office) == {}
    order = office.order(site)
    office.clock.go_on(minutes=90)
    office.apply(order.id, c.Cancel())
    assert rows(office) == {("response", "fast", "gold"): (0, 1, 0, 0.0)}


@pytest.mark.capability("BO-082")
def test_windows_and_due_times_are_counted_down_and_reported_when_missed(office):
    window = Window(NOW, NOW + timedelta(minutes=60))
    order = office.order(window=window, due_at=NOW + timedelta(hours=3))
    office.clock.go_on(minutes=40)
    left = {one.limit: one.left_s for one in sla_view.of_order(office.desk, order.id).deadlines}
    assert left == {"window": 1200, "due": 8400}
    office.clock.go_on(minutes=40)
    assert rows(office) == {("window", "", ""): (0, 1, 0, 0.0), ("due", "", ""): (0, 0, 1, None)}


def test_evidence_names_the_events_that_moved_the_clocks(office, site):
    order = visited(office, site, 30)
    found = sla_view.of_order(office.desk, order.id)
    assert (found.policy.name, found.policy_version) == ("fast", 1)
    assert (found.response.state, found.response.left_s) == ("kept", 1800)
    assert [(one.type, one.occurred_at, one.effect) for one in found.evidence] == [
        ("order.placed", NOW, "fast: response due 10:00"),
        ("order.arrived", NOW + timedelta(minutes=30), "response kept, 30 min early"),
    ]


def test_the_tables_are_csv_that_no_spreadsheet_takes_for_formulas(office, site):
    visited(office, site, 70)
    found = sla_report.report(office.desk, NOW, NOW + DAY)
    (row,) = csv.DictReader(io.StringIO(sla_report.attainment_csv(found)))
    assert (row["customer"], row["missed"]) == ("'=Bakery", "1")
    (row,) = csv.DictReader(io.StringIO(sla_report.missed_csv(found)))
    assert (row["promise"], row["late_by_s"]) == ("response", "600.0")


def test_a_period_that_ends_before_it_starts_is_refused(office):
    with pytest.raises(InvalidInput, match="is empty"):
        sla_report.report(office.desk, NOW, NOW)


def sealed(office, order):
    with office.desk.store.read() as unit:
        return {one.event.seq: one for one in unit.seals.stream(f"order:{order.id}")}


def test_of_several_events_written_at_once_the_one_that_moved_a_clock_is_told(office, site):
    publish(office.desk, OFFICE_HOURS + SLA + 'response_stops_at = "en_route"\n')
    order = visited(office, site, 30)
    types = [one.event.type for one in sealed(office, order).values()]
    assert types[types.index("order.en_route") :][:3] == [
        "order.en_route",
        "order.arrived",
        "order.sla",
    ]
    told = sla_view.of_order(office.desk, order.id).evidence
    assert [(one.type, one.effect) for one in told] == [
        ("order.placed", "fast: response due 10:00"),
        ("order.en_route", "response kept, 30 min early"),
    ]


@pytest.mark.capability("BO-083")
def test_evidence_of_a_period_carries_the_seals_of_each_event(office, site):
    order, plain = visited(office, site, 30), office.order()
    found = evidence.of_period(office.desk, NOW, NOW + DAY)
    assert [one.number for one in found.orders] == [order.number]
    assert plain.sla is None
    (one,) = found.orders
    assert one.sla == order.sla
    log = sealed(office, order)
    assert [log[proof.seq].event.type for proof in one.proofs] == ["order.placed", "order.arrived"]
    assert all(
        (proof.digest, proof.chain) == (log[proof.seq].digest, log[proof.seq].chain)
        for proof in one.proofs
    )
    with office.desk.store.read() as unit:
        assert (found.log_seq, found.log_chain) == unit.seals.head()
    assert evidence.of_order(office.desk, order.id).orders == found.orders
    assert evidence.of_order(office.desk, plain.id).orders == ()
    rows = list(csv.DictReader(io.StringIO(evidence.evidence_csv(found))))
    assert [(row["number"], row["effect"]) for row in rows] == [
        (order.number, "fast: response due 10:00"),
        (order.number, "response kept, 30 min early"),
    ]
    assert {row["response_stopped_at"] for row in rows} == {order.arrival.at.isoformat()}


def test_a_promise_that_was_cancelled_in_time_is_not_told_as_kept(office, site):
    order = office.order(site)
    office.apply(order.id, c.Cancel(reason="not needed"))
    found = sla_view.of_order(office.desk, order.id)
    assert found.response.state == "cancelled"
    assert found.evidence[-1].effect == "response cancelled, was due 10:00"


def test_a_promise_that_was_missed_before_the_order_was_cancelled_stays_missed(office, site):
    order = office.order(site)
    office.clock.go_on(minutes=70)
    office.apply(order.id, c.Cancel(reason="too late"))
    found = sla_view.of_order(office.desk, order.id)
    assert found.response.state == "missed"
    assert found.evidence[-1].effect == "response missed by 10 min"
