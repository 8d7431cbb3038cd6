"""What happens while the worker decides: it decides on what it saw, or not at all."""

from collections.abc import Callable

import pytest

from geo_dispatch.dispatch.work.orders import FlagCode, HoldReason, Status
from geo_dispatch.services.orders import holds, work_orders
from geo_dispatch.services.policy import auto_assign, decisions
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.tracking.nearest import PositionIndex
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER

BEST = '[[rules]]\nid = "all"\nthen = { margin_min = 0 }\n'
URGENT = '[[rules]]\nid = "urgent"\nwhen = { priorities = [2] }\nthen = { margin_min = 0 }\n'


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap("A----------B----------C"), tmp_path_factory.mktemp("street"))


@pytest.fixture
def desk(tmp_path, town):
    with open_dispatch_office(tmp_path, town) as office:
        office.technician("Van 01", "A")
        yield office


class Overtaken(PositionIndex):
    """Positions; when they are first asked for one, somebody does something else."""

    def __init__(self, positions: PositionIndex, meanwhile: Callable[[], object]) -> None:
        super().__init__(positions)
        self.meanwhile: Callable[[], object] | None = meanwhile

    def get(self, technician_id):
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().get(technician_id)


def publish(desk, text):
    return policy.publish(
        desk.ctx, text, author="Ann", reviewed_by="Ben", note="because", actor=DISPATCHER
    ).version.version


def follow(desk, meanwhile=None):
    positions = desk.positions if meanwhile is None else Overtaken(desk.positions, meanwhile)
    while auto_assign.follow(desk.ctx, positions):
        pass
    assert getattr(positions, "meanwhile", None) is None, "nothing happened meanwhile"


def flags(desk, order):
    return [one["code"] for one in desk.events(order, "order.flagged")]


def test_who_is_sent_under_a_policy_that_is_replaced_meanwhile_is_sent_under_that_one(desk):
    seen = publish(desk, BEST)
    order = desk.order("B")
    follow(desk, lambda: publish(desk, URGENT))
    assert desk.read(order).assignment_source == "rule:all"
    (brief,) = decisions.of_order(desk.ctx, order.id)
    assert decisions.get(desk.ctx, brief.id).policy_version == seen
    assert decisions.again(desk.ctx, brief.id).same


def test_what_is_flagged_under_a_policy_that_is_replaced_meanwhile_is_judged_again(desk):
    publish(desk, URGENT)
    order = desk.order("B")
    follow(desk, lambda: publish(desk, BEST))
    assert flags(desk, order) == [FlagCode.NO_RULE]
    assert desk.read(order).flag is None
    assert desk.read(order).assignment_source == "rule:all"


def test_an_order_that_changes_meanwhile_is_judged_as_it_is_then(desk):
    publish(desk, URGENT)
    order = desk.order("B")

    def becomes_urgent():
        work_orders.change(
            desk.ctx, order.id, {"priority": 2}, actor=DISPATCHER, expected_version=order.version
        )

    follow(desk, becomes_urgent)
    assert flags(desk, order) == []
    assert desk.read(order).assignment_source == "rule:urgent"


@pytest.mark.parametrize("text", [BEST, URGENT], ids=["assigned", "flagged"])
def test_an_order_put_on_hold_meanwhile_is_neither_assigned_nor_flagged(desk, text):
    publish(desk, text)
    order = desk.order("B")
    follow(desk, lambda: holds.hold(desk.ctx, order.id, HoldReason.CUSTOMER, actor=DISPATCHER))
    held = desk.read(order)
    assert (held.status, held.flag) == (Status.NEW, None)
    assert desk.events(order, "order.assigned", "order.flagged") == []


def test_an_order_that_a_person_gives_away_meanwhile_stays_theirs(desk):
    publish(desk, BEST)
    other, order = desk.technician("Van 02", "C"), desk.order("A")
    follow(desk, lambda: desk.assign(order, other))
    assert desk.read(order).technician_id == other.id
    assert desk.read(order).assignment_source == "manual"
    assert len(desk.events(order, "order.assigned")) == 1


def test_flags_that_come_and_go_stand_in_the_record_once_each(desk):
    publish(desk, URGENT)
    order = desk.order("B")
    for _ in range(3):
        follow(desk)
        assert desk.read(order).flag.code is FlagCode.NO_RULE
        holds.hold(desk.ctx, order.id, HoldReason.CUSTOMER, actor=DISPATCHER)
        follow(desk)
        assert desk.read(order).flag is None
        holds.release(desk.ctx, order.id, actor=DISPATCHER)
    follow(desk)
    follow(desk)
    with desk.ctx.store.read() as unit:
        logged = unit.events(
            streams=[f"order:{order.id}"], types=["order.flagged", "order.flag_cleared"]
        )
    told = [one.type for one in logged]
    assert told == ["order.flagged", "order.flag_cleared"] * 3 + ["order.flagged"]
