"""Repairs proposed by themselves: which events upset a day, and what makes no event."""

import threading
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.records.technicians import Leave
from geo_dispatch.dispatch.repairs.proposals import Cause, ProposalState
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import HoldReason
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.dispatching import eta
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.repairs import proposals
from geo_dispatch.services.repairs.repairer import follow, follower, look
from tests.support.records import DISPATCHER
from tests.support.upset import ROAD
from tests.support.waiting import until

STREET = ROAD


@pytest.fixture
def desk(live_desk):
    return live_desk


@pytest.fixture
def first(desk):
    return van(desk, "Van 1", "B")


@pytest.fixture
def second(desk):
    return van(desk, "Van 2", "D")


def van(desk, call_sign, place):
    technician = desk.technician(call_sign, place)
    desk.ping(technician, place)
    return technician


def given(desk, technician, place, sequence=1, **fields):
    order = desk.order(place, **fields)
    command = c.Assign(
        assignment_id=desk.ctx.new_id("as"), technician_id=technician.id, sequence=sequence
    )
    return desk.office.apply(order.id, command)


def all_follow(desk):
    while follow(desk.ctx):
        pass
    return {one.cause: one for one in proposals.search(desk.ctx)}


@pytest.mark.capability("FA-029")
def test_an_overrun_moves_etas_flags_what_is_at_risk_and_proposes_a_repair(desk, first, second):
    there = given(desk, first, "B", duration_s=600.0)
    desk.office.apply(there.id, c.ConfirmArrival(visit_id="vi_1", source="person"))
    late = given(desk, first, "C", 2, window=desk.window(0, 20), duration_s=600.0)
    eta.refresh(desk.ctx)
    planned = eta.eta_of(desk.ctx, late.id).eta
    assert planned < late.window.end
    desk.clock.go_on(minutes=18)
    for one, place in ((first, "B"), (second, "C")):
        desk.ping(one, place)
    eta.refresh(desk.ctx)
    moved = eta.eta_of(desk.ctx, late.id).eta
    assert moved - planned >= timedelta(minutes=8)
    assert desk.read(late).risk.limit == "window"
    found = all_follow(desk)
    assert found.keys() == {Cause.LATE}
    look(desk.ctx)
    found = {one.cause: one for one in proposals.search(desk.ctx)}
    assert found[Cause.OVERRUN].subject == there.id
    for proposal in found.values():
        (change,) = proposal.rearrangement.changes
        assert (change.order_id, change.technician_after) == (late.id, second.id)
    look(desk.ctx)
    assert len(proposals.search(desk.ctx)) == 2, "an overrun is proposed for once"


def test_each_kind_of_upset_is_looked_at_once(desk, first, second):
    gone, blocked, shut, other, stuck = (
        given(desk, first, place, n) for n, place in enumerate("BCDBC", start=1)
    )
    desk.office.apply(gone.id, c.Cancel())
    desk.office.apply(blocked.id, c.PutOnHold(reason=HoldReason.MATERIAL))
    desk.office.apply(shut.id, c.PutOnHold(reason=HoldReason.NO_ACCESS))
    desk.office.apply(other.id, c.PutOnHold(reason=HoldReason.WEATHER))
    desk.office.apply(stuck.id, c.AskForHelp())
    away = Leave(Window(desk.clock.now, desk.clock.now + timedelta(hours=5)), "ill")
    records.change(
        desk.ctx, records.TECHNICIANS, second.id, {"leave": (away,)}, actor=DISPATCHER,
        expected_version=None,
    )  # fmt: skip
    found = all_follow(desk)
    assert {cause: one.subject for cause, one in found.items()} == {
        Cause.CANCELLED: gone.id,
        Cause.MATERIAL: blocked.id,
        Cause.NO_ACCESS: shut.id,
        Cause.HELD: other.id,
        Cause.STUCK: stuck.id,
        Cause.ILL: second.id,
    }
    assert all(one.fact for one in found.values())
    assert follow(desk.ctx) == 0


def test_what_upsets_nobody_is_left_alone(desk, first):
    order = desk.order("C")
    desk.office.apply(order.id, c.PutOnHold(reason=HoldReason.MATERIAL))
    desk.office.apply(order.id, c.Cancel())
    records.change(
        desk.ctx, records.TECHNICIANS, first.id, {"phone": "1"}, actor=DISPATCHER,
        expected_version=None,
    )  # fmt: skip
    assert all_follow(desk) == {}


def test_what_is_long_past_is_not_repaired_any_more(desk, first):
    desk.office.apply(given(desk, first, "C").id, c.Cancel())
    desk.clock.go_on(hours=1)
    assert all_follow(desk) == {}


def test_it_runs_beside_other_work_until_stopped(desk, first):
    stopping = threading.Event()
    thread = threading.Thread(target=follower(desk.ctx, lambda: True, stopping).run)
    thread.start()
    try:
        desk.office.apply(given(desk, first, "C").id, c.Cancel())
        until(lambda: proposals.search(desk.ctx), 20, "a proposal")
    finally:
        stopping.set()
        thread.join(10)
    (proposal,) = proposals.search(desk.ctx)
    assert (proposal.cause, proposal.state) == (Cause.CANCELLED, ProposalState.NO_OP)
