"""Who hears what on a stream."""

from datetime import UTC, datetime

from api.live.audience import Audience
from geo_dispatch.dispatch.work.events import LoggedEvent

AT = datetime(2026, 3, 2, tzinfo=UTC)


def _event(kind, stream="order:1", **body):
    return LoggedEvent(seq=1, stream=stream, version=1, type=kind, body=body, at=AT, actor="x")


def test_the_office_hears_everything():
    office = Audience()
    assert office.wants_event(_event("order.placed"))
    assert office.wants_event(_event("record.changed", "customer:1"))
    assert office.wants_position("t1")


def test_an_api_client_hears_of_orders_only():
    client = Audience(orders_only=True, positions=False)
    assert client.wants_event(_event("order.eta"))
    assert client.wants_event(_event("visit.revised"))
    assert not client.wants_event(_event("record.changed", "technician:1"))
    assert not client.wants_position("t1")


def test_a_technician_hears_of_an_order_from_assignment_until_it_is_taken():
    mine = Audience(technician_id="t1")
    assert not mine.wants_event(_event("order.placed"))
    assert mine.wants_event(_event("order.assigned", technician_id="t1"))
    assert mine.wants_event(_event("order.changed"))
    assert mine.wants_event(_event("order.unassigned", technician_id="t1"))
    assert not mine.wants_event(_event("order.changed"))
    assert mine.wants_position("t1")
    assert not mine.wants_position("t2")


def test_a_technician_does_not_hear_of_an_order_that_went_to_another():
    mine = Audience(technician_id="t1", orders={"order:1"})
    assert not mine.wants_event(_event("order.assigned", technician_id="t2"))
    assert not mine.wants_event(_event("order.changed"))


def test_a_technician_hears_of_changes_to_their_own_record():
    mine = Audience(technician_id="t1")
    assert mine.wants_event(_event("record.changed", "technician:t1"))
    assert not mine.wants_event(_event("record.changed", "technician:t2"))


def test_a_crew_hears_of_its_order_as_the_lead_does():
    mate = Audience(technician_id="t2")
    assert mate.wants_event(_event("order.assigned", technician_id="t1", crew=["t2"]))
    assert mate.wants_event(_event("order.eta", technician_id="t1"))
    assert mate.wants_event(_event("order.crew_changed", technician_id="t1", crew=["t3"]))
    assert not mate.wants_event(_event("order.eta", technician_id="t1"))
    assert mate.wants_event(_event("order.crew_changed", technician_id="t1", crew=["t2"]))
    assert mate.wants_event(_event("order.unassigned", technician_id="t1"))
    assert not mate.wants_event(_event("order.eta", technician_id="t1"))


def test_messages_are_heard_by_whom_they_are_for():
    def said(to, recipient_id):
        return _event("message.queued", to=to, recipient_id=recipient_id)

    mine = Audience(technician_id="t1", orders={"order:1"})
    assert mine.wants_event(said("technician", "t1"))
    assert not mine.wants_event(said("technician", "t2"))
    assert not mine.wants_event(said("customer", "cu_1"))
    again = {"to": "technician", "recipient_id": "t1", "repeated": True}
    assert not mine.wants_event(_event("message.queued", **again))
    client = Audience(orders_only=True, positions=False)
    assert client.wants_event(said("customer", "cu_1"))
    assert not client.wants_event(said("technician", "t1"))
    office = Audience()
    assert office.wants_event(said("technician", "t1"))
    assert office.wants_event(said("customer", "cu_1"))
    assert not Audience(etas_only=True).wants_event(said("customer", "cu_1"))


def test_a_copy_hears_on_its_own():
    mine = Audience(technician_id="t1")
    mine.copy().wants_event(_event("order.assigned", technician_id="t1"))
    assert not mine.wants_event(_event("order.changed"))
