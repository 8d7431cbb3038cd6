"""From the request to the invoice, an order's timeline holds every decision on it, in order."""

from datetime import timedelta

import pytest

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.actors import WORKER, Actor, Role
from geo_dispatch.services.history import invoicing, timeline
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER

STREET = "A" + "-" * 40 + "B"
EVIDENCE = {"rule": "dwell/1", "probability": 0.9, "dwell_s": 150, "fixes": []}
BESIDE = {"message.queued", "order.briefed", "order.sla", "order.unassigned"}


@pytest.fixture
def done(desk):
    """Assigned, given to another against the ranking, done there as fixes and people say."""
    near, far = desk.technician("Van 07", "A"), desk.technician("Van 08", "B")
    order = desk.order("A", duration_s=1800.0)
    desk.assign(order, near)
    desk.assign(order, far, reason="knows the customer")
    set_out = c.SetOut(source="gps", occurred_at=desk.clock.go_on(minutes=5))
    desk.office.apply(order.id, set_out, WORKER)
    arrival = c.ConfirmArrival(
        visit_id="vi_1",
        source="gps",
        occurred_at=desk.clock.go_on(minutes=20),
        evidence=EVIDENCE,
    )
    desk.clock.go_on(minutes=2)
    desk.office.apply(order.id, arrival, WORKER)
    work_orders.step(desk.ctx, order.id, Status.ON_THE_TOOLS, actor=DISPATCHER)
    desk.clock.go_on(minutes=30)
    told = {"note": "new gasket", "parts_used": [Part("gasket", 2)]}
    work_orders.step(desk.ctx, order.id, Status.COMPLETE, actor=DISPATCHER, **told)
    left_at = desk.clock.go_on(minutes=4)
    left = c.Depart(visit_id="vi_1", technician_id=far.id, occurred_at=left_at)
    desk.office.apply(order.id, left, WORKER)
    return desk.read(order)


@pytest.mark.capability("FA-006")
def test_the_timeline_goes_from_the_request_to_the_draft_of_the_invoice(desk, done):
    story = [one for one in timeline.of_order(desk.ctx, done.id) if one.type not in BESIDE]
    assert [one.type for one in story] == [
        "order.placed",
        "order.assigned",
        "order.assigned",
        "order.en_route",
        "order.arrived",
        "order.started",
        "order.completed",
        "invoice.draft",
        "order.departed",
    ]
    for assigned, chosen in ((story[1], "Van 07"), (story[2], "Van 08")):
        assert {one["call_sign"] for one in assigned.data["ranking"]} == {"Van 07", "Van 08"}
        assert assigned.text.startswith(f"Assigned to {chosen} by hand")
    assert story[2].data["reason"] == "knows the customer"
    assert story[4].data["evidence"]["rule"] == "dwell/1"
    assert story[7].text == "Invoice draft: 30 min of labour, 20 min of travel, 2 gasket"
    assert (story[7].seq, story[7].at) >= (story[6].seq, story[6].at)


@pytest.mark.capability("FA-023")
def test_the_draft_is_the_events_of_the_record_and_nothing_else(desk, done):
    made = invoicing.of_order(desk.ctx, done.id)
    (work,), (way,) = made["labour"], made["travel"]
    by_type = {one.type: one.data for one in timeline.of_order(desk.ctx, done.id)}
    assert (work["start"], work["end"]) == (
        by_type["order.started"]["occurred_at"],
        by_type["order.completed"]["occurred_at"],
    )
    assert (way["start"], way["end"]) == (
        by_type["order.en_route"]["occurred_at"],
        by_type["order.arrived"]["occurred_at"],
    )
    assert (way["call_sign"], way["start_source"], way["end_source"]) == ("Van 08", "gps", "gps")
    assert made["parts"] == by_type["order.completed"]["parts_used"]
    assert made["labour_min"] == {"total": 30, "by_gps": 0, "by_word": 30}
    assert made["travel_min"] == {"total": 20, "by_gps": 20, "by_word": 0}
    assert made["missing"] == []


def test_what_comes_later_is_in_the_draft_and_leaves_its_entry_as_it_stood(desk, done):
    entry = [one for one in timeline.of_order(desk.ctx, done.id) if one.type == "invoice.draft"]
    moved = c.ReviseVisit(
        visit_id="vi_1",
        technician_id=done.technician_id,
        arrived_at=done.arrival.at - timedelta(minutes=5),
        departed_at=desk.clock.now,
    )
    desk.clock.go_on(minutes=1)
    desk.office.apply(done.id, moved, WORKER)
    assert invoicing.of_order(desk.ctx, done.id)["travel_min"]["total"] == 15
    after = [one for one in timeline.of_order(desk.ctx, done.id) if one.type == "invoice.draft"]
    assert after == entry


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.DISPATCHER, True),
        (Role.PLANNER, True),
        (Role.ADMIN, True),
        (Role.TECHNICIAN, False),
        (Role.CLIENT, False),
    ],
)
def test_the_draft_is_for_the_office(desk, done, role, sees):
    story = timeline.of_order(desk.ctx, done.id, reader=Actor("token:tok_1", role))
    assert any(one.type == "invoice.draft" for one in story) is sees
