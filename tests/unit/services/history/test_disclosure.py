"""Clients learn what happens to an order, not how the office decides."""

from datetime import UTC, datetime

import pytest

from geo_dispatch.dispatch.work.events import EVENT_TYPES, LoggedEvent
from geo_dispatch.dispatch.work.orders import Flag, FlagCode, Hold, HoldReason
from geo_dispatch.kernel.actors import CLI, WORKER, Actor, Role
from geo_dispatch.kernel.errors import Forbidden
from geo_dispatch.services.history.disclosure import (
    context_for,
    for_clients,
    order_for,
    refuse_flags,
)
from geo_dispatch.services.views import order_view
from tests.support.dispatching import an_order

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def logged(kind: str, **body) -> LoggedEvent:
    return LoggedEvent(1, "order:wo_1", 1, kind, body, AT, "worker")


@pytest.mark.parametrize(
    "kind",
    [
        "order.briefed",
        "order.flagged",
        "order.pinned",
        "order.needs_help",
        "order.file_added",
        "record.changed",
    ],
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


IN_THE_HOUSE = [CLI, WORKER, *(Actor("token:t", role) for role in Role if role is not Role.CLIENT)]
CLIENT = Actor("token:t", Role.CLIENT)
HELD = an_order(
    hold=Hold(HoldReason.CUSTOMER, AT, "they never pay"),
    flag=Flag(FlagCode.TOO_CLOSE, "Van 07 leads Van 09 by 0.4 min", AT),
)
HISTORY = ("site_history", "equipment_history", "previous_visits")
CONTEXT = {name: ["x"] for name in HISTORY} | {"sla": {}, "follow_ups": ["y"]}


@pytest.mark.parametrize("reader", IN_THE_HOUSE, ids=lambda one: one.label)
def test_the_house_reads_all_of_an_order(reader):
    assert order_for(reader, HELD) == order_view(HELD)
    assert context_for(reader, CONTEXT) == CONTEXT
    refuse_flags(reader, True)


def test_clients_read_that_an_order_is_on_hold_and_neither_the_note_nor_flags():
    told, whole = order_for(CLIENT, HELD), order_view(HELD)
    assert told["hold"] == whole["hold"] | {"note": ""}
    assert told["flag"] is None
    assert {name for name in whole if whole[name] != told[name]} == {"hold", "flag"}
    assert order_for(CLIENT, an_order()) == order_view(an_order())


def test_clients_read_no_history_of_the_place():
    told = context_for(CLIENT, CONTEXT)
    assert told == {name: [] for name in HISTORY} | {"sla": {}, "follow_ups": ["y"]}


def test_clients_cannot_find_out_by_a_filter_what_is_flagged():
    for flagged in (True, False):
        with pytest.raises(Forbidden, match="leave `flagged` out"):
            refuse_flags(CLIENT, flagged)
    refuse_flags(CLIENT, None)
