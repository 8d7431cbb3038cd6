"""Each person gets one message of what happens at one moment; programs hear each event."""

import msgspec
import pytest

from geo_dispatch.dispatch.messages.merging import MAX_BYTES, WEIGHTS, coalesced, merged
from geo_dispatch.dispatch.messages.queueing import Draft
from geo_dispatch.dispatch.messages.rows import TABLE
from geo_dispatch.dispatch.messages.webhooks import Endpoint
from tests.support.messages import AT


def _draft(kind, to="customer", who="cu_1", order="wo_1", *, priority=3, text="", **facts):
    data = {"order": {"id": order, "priority": priority}, "recipient": {"id": who}, **facts}
    return Draft(kind, to, who, order, text or f"{kind} of {order}", data, AT)


def test_every_weight_is_a_type_to_people():
    to_people = {row.type for rows in TABLE.values() for row in rows if row.to != "client"}
    assert set(WEIGHTS) == to_people


def test_of_several_things_about_one_order_a_person_hears_the_weightiest():
    eta, bumped, assigned = map(_draft, ("order.eta", "order.bumped", "order.assigned"))
    assert coalesced([eta, bumped, assigned]) == [bumped]
    assert coalesced([bumped, eta]) == [bumped]
    other = [_draft("order.eta", who="cu_2"), _draft("order.eta", order="wo_2")]
    assert coalesced([eta, *other]) == [eta, *other]
    clients = [_draft(kind, "client", "clients") for kind in ("order.eta", "order.bumped")]
    assert coalesced(clients) == clients


@pytest.mark.capability("FA-041")
def test_of_several_orders_a_person_gets_one_message_the_most_urgent_first():
    bumped = _draft("order.bumped", "technician", "tc_1", "wo_1", reason="makes room")
    emergency = _draft("order.assigned", "technician", "tc_1", "wo_2", priority=1)
    lost = _draft("order.unassigned", "technician", "tc_1", "wo_3")
    other = _draft("order.unassigned", "technician", "tc_2", "wo_3")
    one, two = merged([lost, other, bumped, emergency])
    assert two == other
    assert (one.type, one.order_id, one.recipient_id) == ("order.assigned", "wo_2", "tc_1")
    assert one.text == ("order.assigned of wo_2. order.bumped of wo_1. order.unassigned of wo_3")
    assert [(part.type, part.order_id) for part in one.parts] == [
        ("order.assigned", "wo_2"),
        ("order.bumped", "wo_1"),
        ("order.unassigned", "wo_3"),
    ]
    assert one.data["also"][0] == {"type": "order.bumped", "order": bumped.data["order"],
                                   "reason": "makes room"}  # fmt: skip


def test_programs_hear_of_each_order_by_itself():
    drafts = [_draft("order.bumped", "client", "clients", f"wo_{n}") for n in range(3)]
    assert merged(drafts) == drafts


def test_who_listens_for_any_of_it_gets_the_message():
    drafts = [_draft(kind, order=kind) for kind in ("order.eta", "order.bumped")]
    (one,) = merged(drafts)

    def hears(*types):
        return Endpoint("wh_1", "", "s", AT, types=types, to=("customer",)).hears(one)

    assert hears("order.eta")
    assert hears("order.bumped")
    assert not hears("order.cancelled")


def test_what_does_not_fit_comes_in_another_message_and_nothing_is_lost():
    drafts = [
        _draft(
            "order.unassigned", "technician", "tc_1", f"wo_{n}", text="é" * 900, reason="é" * 500
        )
        for n in range(12)
    ]
    found = merged(drafts)
    assert 1 < len(found) < len(drafts)
    assert [part.order_id for one in found for part in one.parts] == [
        one.order_id for one in drafts
    ]
    assert all(len(msgspec.json.encode((one.text, one.data))) <= MAX_BYTES for one in found)
