"""Clients learn what happens to an order, not how the office decides."""

from datetime import UTC, datetime

import pytest

from geo_dispatch.dispatch.work.events import EVENT_TYPES, LoggedEvent
from geo_dispatch.services.history.disclosure import for_clients

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def logged(kind: str, **body) -> LoggedEvent:
    return LoggedEvent(1, "order:wo_1", 1, kind, body, AT, "worker")


@pytest.mark.parametrize(
    "kind", ["order.briefed", "order.flagged", "order.pinned", "order.needs_help", "record.changed"]
)
def test_what_concerns_the_office_alone_is_not_told(kind):
    assert kind in EVENT_TYPES
    assert for_clients(logged(kind)) is None


def test_a_message_is_told_if_it_was_said_to_the_customer():
    assert for_clients(logged("message.queued", to="customer")) is not None
    assert for_clients(logged("message.queued", to="technician")) is None


def test_of_an_assignment_the_reasons_stay():
    body = {"technician_id": "tc_1", "reason": "x", "ranking": [1], "conflicts": [1]}
    assert for_clients(logged("order.assigned", **body)).body == {"technician_id": "tc_1"}


def test_of_a_bump_the_other_order_stays_unnamed():
    told = for_clients(logged("order.bumped", by_order_id="wo_2", reason="for WO-2"))
    assert told.body == {"by_order_id": None}


def test_why_an_order_is_on_hold_is_told_without_the_note():
    told = for_clients(logged("order.held", reason="material", note="they never pay"))
    assert told.body == {"reason": "material"}
