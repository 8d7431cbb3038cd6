"""Pins, holds and releases, and what they leave to be judged."""

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import FlagCode, HoldReason, Status
from geo_dispatch.kernel.errors import VersionConflict
from geo_dispatch.services.orders import holds, work_orders
from tests.support.records import DISPATCHER, open_office

FLAG = c.RaiseFlag(code=FlagCode.NOBODY, fact="nobody can be sent")


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def flagged(office):
    with office.desk.store.read() as unit:
        return [order.id for order in unit.orders.search(flagged=True)]


def test_an_order_on_hold_is_not_to_be_judged(office):
    order = office.apply(office.order().id, FLAG)
    held = holds.hold(office.desk, order.id, HoldReason.MATERIAL, actor=DISPATCHER)
    assert held.hold.reason is HoldReason.MATERIAL
    assert held.flag is None
    assert flagged(office) == []


@pytest.mark.parametrize("end", [Status.COMPLETE, Status.CANCELLED])
def test_an_order_that_ended_is_not_to_be_judged(office, end):
    order = office.assigned()
    office.apply(order.id, c.RaiseFlag(code=FlagCode.NO_REPAIR, fact="it will be late"))
    for status in (Status.ON_SITE, end):
        order = work_orders.step(office.desk, order.id, status, actor=DISPATCHER, note="done")
    assert order.flag is None
    assert flagged(office) == []


def test_whoever_judges_a_flag_takes_it_off_the_queue_and_says_why(office):
    order = office.apply(office.order().id, FLAG)
    judged = holds.judge(office.desk, order.id, "I call them back", actor=DISPATCHER)
    assert judged.flag is None
    assert flagged(office) == []
    with office.desk.store.read() as unit:
        (cleared,) = unit.events(streams=[f"order:{order.id}"], types=["order.flag_cleared"])
    assert (cleared.body["reason"], cleared.actor) == ("I call them back", DISPATCHER.label)
    again = holds.judge(office.desk, order.id, "and again", actor=DISPATCHER)
    assert again == judged, "without a flag nothing happens"


def test_two_who_judge_at_once_hear_of_each_other(office):
    order = office.apply(office.order().id, FLAG)
    holds.judge(office.desk, order.id, "mine", actor=DISPATCHER, expected_version=order.version)
    with pytest.raises(VersionConflict):
        holds.judge(
            office.desk, order.id, "no, mine", actor=DISPATCHER, expected_version=order.version
        )
