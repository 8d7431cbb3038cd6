"""The table of messages: complete, documented, and worded for people."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from geo_dispatch.dispatch.messages.queueing import Happening, messages_for
from geo_dispatch.dispatch.messages.rows import TABLE, TYPES
from geo_dispatch.dispatch.work.events import EVENT_TYPES, EtaPublished, OrderBumped, OrderDelayed
from tests.support.messages import AT, EVENTS, FACTS, ORDER, examples, page, signals

ROOT = Path(__file__).parents[4]

OF_ORDERS = ("order.", "visit.", "message.", "technician.arriving")

QUIET = {
    "order.pinned",
    "order.flag_cleared",
    "order.sla",
    "order.arrival_reviewed",
    "order.briefed",
    "order.file_added",
    "order.set_out_revised",
    "order.crew_sequenced",
    "order.followed_up",
    "visit.revised",
    "visit.suggested",
    "message.queued",
}
"""Events of orders that tell nobody anything: bookkeeping, and evidence on request."""


def _say(event, order=ORDER, facts=FACTS):
    return messages_for(Happening(order, order, event, AT), facts, TABLE)


def test_every_row_says_something_to_somebody():
    said = list(examples())
    about_technicians = [draft for _, draft in signals()]
    assert {row.type for row, _ in said} | {draft.type for draft in about_technicians} == TYPES
    for draft in about_technicians:
        assert "Van 07" in draft.text
        assert draft.data["order"]["number"] == "WO-1042"
    for row, draft in said:
        assert draft.text
        assert "{" not in draft.text
        assert draft.data["order"]["number"] == "WO-1042"
        kind = {"client": "clients", "customer": "cu_", "technician": "tc_"}[row.to]
        assert draft.recipient_id.startswith(kind)


def test_the_page_shows_the_table_and_a_body_of_each_type_as_they_are():
    assert page() in (ROOT / "docs/messages.md").read_text(encoding="utf-8")


def test_types_to_clients_are_the_names_of_their_events():
    for kind, rows in TABLE.items():
        assert all(row.type == kind.type for row in rows if row.to == "client")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"technician_after": "tc_a7"}, "it stays with Van 07, to begin at 11:00"),
        ({}, "it goes to Van 09, to begin at 11:00"),
        ({"technician_after": None, "begin_after": None}, "it waits in the backlog"),
    ],
)
def test_who_is_pushed_aside_hears_by_what_and_where_it_goes(change, text):
    event = replace(EVENTS[OrderBumped], **change)
    client, technician, customer = _say(event)
    assert client.text == technician.text == f"WO-1042 makes room for WO-1050: {text}"
    assert ("moves from 09:42 to 11:00" in customer.text) == (event.begin_after is not None)


def test_times_of_other_days_carry_their_date():
    event = replace(EVENTS[EtaPublished], eta=AT + timedelta(days=1))
    assert _say(event)[0].text == "Van 07 is expected at WO-1042 at 3 Mar 09:00"


def test_an_order_without_customer_tells_no_customer():
    order = replace(ORDER, customer_id=None)
    for event in EVENTS.values():
        assert all(draft.to != "customer" for draft in _say(event, order))


def test_a_settled_or_unknown_eta_is_no_news_to_the_customer():
    for change in ({"basis": "arrived"}, {"eta": None, "basis": "no_position"}):
        event = replace(EVENTS[EtaPublished], **change)
        assert [draft.to for draft in _say(event)] == ["client"]


def test_an_eta_is_told_to_the_customer_when_it_moved_by_more_than_the_policy_says():
    event = EVENTS[EtaPublished]
    limit_s = FACTS.params.eta_moved_s
    for off_s, told in ((limit_s, False), (-limit_s, False), (limit_s + 1, True)):
        facts = replace(FACTS, told={ORDER.id: event.eta - timedelta(seconds=off_s)})
        assert ("customer" in [draft.to for draft in _say(event, facts=facts)]) == told


def test_a_delay_that_the_customer_knows_of_is_no_news_to_them():
    event = EVENTS[OrderDelayed]
    assert [draft.to for draft in _say(event)] == ["client", "customer"]
    facts = replace(FACTS, told={ORDER.id: event.eta - timedelta(minutes=2)})
    assert [draft.to for draft in _say(event, facts=facts)] == ["client"]
    facts = replace(FACTS, told={ORDER.id: AT})
    assert "instead of 09:00" in _say(event, facts=facts)[1].text


def test_every_event_of_an_order_is_in_the_table_or_quiet_on_purpose():
    of_orders = {name for name in EVENT_TYPES if name.startswith(OF_ORDERS)}
    told = {kind.type for kind in TABLE if kind.type in EVENT_TYPES}
    assert of_orders == told | (QUIET & of_orders)
    assert not told & QUIET
