"""Somebody of a crew falls ill: who goes instead, and what stays as it was."""

from datetime import timedelta

import pytest

from geo_dispatch.dispatch.records.technicians import Skill
from geo_dispatch.dispatch.repairs.proposals import Cause, ProposalState
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.errors import Conflict
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.policy import decisions
from geo_dispatch.services.repairs import proposals
from tests.support.dispatching import needs
from tests.support.records import DISPATCHER
from tests.support.upset import ROAD, fall_ill, given, propose, told, van

STREET = ROAD
GAS = (Skill("gas"),)


@pytest.fixture
def desk(live_desk):
    return live_desk


def lift(desk, lead, *crew, sequence=1):
    """Work for two or more in an hour, which takes somebody who knows gas."""
    return given(
        desk,
        lead,
        "C",
        sequence,
        crew=crew,
        begins_min=60,
        required_skills=needs(gas=1),
        duration_s=1800.0,
    )


def accepted(desk, proposal):
    return proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)


def day(desk, technician):
    with desk.ctx.store.read() as unit:
        [plan] = load_plans(unit, [unit.technicians.get(technician.id)], lambda _: None)
    return [stop.order.id for stop in plan.stops]


@pytest.mark.capability("BO-003")
@pytest.mark.capability("BO-067")
def test_when_the_lead_is_ill_a_member_who_can_leads_and_somebody_joins(desk):
    lead, helper = van(desk, "Van 1", "A"), van(desk, "Van 2", "B", skills=GAS)
    free = van(desk, "Van 3", "D")
    order = lift(desk, lead, helper)
    behind = given(desk, helper, "B", 2)
    fall_ill(desk, lead)
    proposal = propose(desk, Cause.ILL, lead)
    change, carried = proposal.rearrangement.changes
    assert (change.team_before, change.team_after) == (
        (lead.id, helper.id),
        (helper.id, free.id),
    )
    assert change.begin_before > change.begin_after == order.start_at
    assert (carried.order_id, carried.technician_after) == (behind.id, helper.id)
    assert carried.begin_after < carried.begin_before, "nobody waits for the lead any more"
    assert change.why == "Van 1 is away; another leads who can do the work and be there then"
    accepted(desk, proposal)
    now = desk.read(order)
    assert (now.technician_ids, now.start_at) == ((helper.id, free.id), order.start_at)
    assert (day(desk, lead), day(desk, free)) == ([], [order.id])
    assert day(desk, helper) == [order.id, behind.id]
    assert desk.sequences(helper) == {order.id: 1, behind.id: 2}


def test_when_no_member_can_lead_somebody_new_does_and_the_members_stay(desk):
    lead, helper = van(desk, "Van 1", "A", skills=GAS), van(desk, "Van 2", "B")
    van(desk, "Van 3", "C")
    fitter = van(desk, "Van 4", "D", skills=GAS)
    order = lift(desk, lead, helper)
    fall_ill(desk, lead)
    proposal = propose(desk, Cause.ILL, lead)
    assert told(proposal) == [(order.number, lead.id, fitter.id)]
    accepted(desk, proposal)
    assert desk.read(order).technician_ids == (fitter.id, helper.id)


def test_when_a_member_is_ill_somebody_else_comes_along_and_the_lead_stays(desk):
    lead, helper = van(desk, "Van 1", "A", skills=GAS), van(desk, "Van 2", "B")
    free = van(desk, "Van 3", "C")
    order = lift(desk, lead, helper)
    own = given(desk, helper, "B", 2, duration_s=600.0)
    fall_ill(desk, helper)
    proposal = propose(desk, Cause.ILL, helper)
    first, second = proposal.rearrangement.changes
    assert (first.team_before, first.team_after) == ((lead.id, helper.id), (lead.id, free.id))
    assert first.kind == "moved"
    assert (second.order_id, second.technician_before) == (own.id, helper.id)
    accepted(desk, proposal)
    assert desk.read(order).technician_ids == (lead.id, free.id)
    assert (day(desk, helper), desk.read(own).technician_id) == ([], second.technician_after)


@pytest.mark.parametrize("reason", ["busy", "unskilled"])
def test_when_nobody_can_go_instead_the_order_waits_again_and_says_why(desk, reason):
    lead, helper = van(desk, "Van 1", "A", skills=GAS), van(desk, "Van 2", "B")
    other = van(desk, "Van 3", "D", skills=GAS if reason == "busy" else ())
    if reason == "busy":
        given(desk, other, "D", window=desk.window(30, 45), duration_s=7200.0)
    order = lift(desk, lead, helper)
    behind = given(desk, helper, "B", 2)
    fall_ill(desk, lead)
    proposal = propose(desk, Cause.ILL, lead)
    change, *others = proposal.rearrangement.changes
    assert (change.kind, change.team_after) == ("unassigned", ())
    assert change.why == "Van 1 is away; nobody else can lead it then"
    assert [(one.order_id, one.kind) for one in others] == [(behind.id, "moved")]
    assert others[0].begin_after < others[0].begin_before
    accepted(desk, proposal)
    assert (desk.read(order).status, desk.read(order).technician_ids) == (Status.NEW, ())
    assert desk.sequences(helper) == {behind.id: 1}


def test_who_is_ill_too_joins_nobody(desk):
    lead, first = van(desk, "Van 1", "A", skills=GAS), van(desk, "Van 2", "B")
    second = van(desk, "Van 3", "C")
    order = lift(desk, lead, first)
    fall_ill(desk, first)
    fall_ill(desk, second)
    assert told(propose(desk, Cause.ILL, first)) == [(order.number, lead.id, None)]


def test_a_crew_of_which_somebody_changed_meanwhile_is_not_overwritten(desk):
    lead, helper = van(desk, "Van 1", "A", skills=GAS), van(desk, "Van 2", "B")
    free = van(desk, "Van 3", "C")
    lift(desk, lead, helper)
    fall_ill(desk, helper)
    proposal = propose(desk, Cause.ILL, helper)
    given(desk, free, "C")
    with pytest.raises(Conflict, match="not as it was"):
        accepted(desk, proposal)
    assert proposals.get(desk.ctx, proposal.id).state is ProposalState.STALE


def test_each_order_that_a_repair_gives_has_a_decision_that_can_be_made_again(desk):
    lead, helper = van(desk, "Van 1", "A", skills=GAS), van(desk, "Van 2", "B")
    van(desk, "Van 3", "C", skills=GAS)
    orders = [lift(desk, lead, helper), given(desk, lead, "B", 2, required_skills=needs(gas=1))]
    fall_ill(desk, lead)
    proposal = propose(desk, Cause.ILL, lead)
    assert decisions.of_order(desk.ctx, orders[0].id) == []
    accepted(desk, proposal)
    desk.clock.now += timedelta(hours=1)
    for order in orders:
        (brief,) = decisions.of_order(desk.ctx, order.id)
        assert (brief.kind, brief.chosen_id) == ("repair", desk.read(order).technician_id)
        assert desk.events(order, "order.assigned")[-1]["decision_id"] == brief.id
        again = decisions.again(desk.ctx, brief.id)
        assert again.same
        assert again.changes == proposal.rearrangement.changes
