"""Shared tools in an upset day: one span for all ways to book them, and never two at once."""

import contextlib
import itertools
import random
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.records.technicians import Vehicle
from geo_dispatch.dispatch.repairs.proposals import Cause, ProposalState
from geo_dispatch.kernel.errors import AssignmentConflict, Conflict
from geo_dispatch.services.dispatching import bookings
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import RESOURCES
from geo_dispatch.services.repairs import emergencies, proposals
from geo_dispatch.services.repairs.emergencies import Call
from tests.support.records import DISPATCHER
from tests.support.upset import ROAD, fall_ill, propose, van

STREET = ROAD
HOIST = ("hoist",)
HAS_HOIST = Vehicle("Truck", equipment=HOIST)


@pytest.fixture
def desk(live_desk):
    return live_desk


def hoist(desk, name="Hoist 1"):
    fields = {"name": name, "provides": HOIST}
    return records.create(desk.ctx, RESOURCES, fields, actor=DISPATCHER)


def declare(desk, place, **fields):
    body = {"type": "rescue", "site_id": desk.site(place).id, "duration_s": 1800.0, **fields}
    call = Call(body, respond_by=desk.clock.now + timedelta(minutes=5))
    return emergencies.declare(desk.ctx, call, positions=desk.positions, actor=DISPATCHER)


def block(desk, resource, start_min, end_min):
    window = desk.window(start_min, end_min)
    return bookings.block(desk.ctx, resource.id, window, reason="service", actor=DISPATCHER)


def of(desk, resource):
    return [(one.order_id, one.window) for one in bookings.of_resource(desk.ctx, resource.id)]


@pytest.mark.capability("BO-055")
def test_an_emergency_has_its_tool_from_setting_out(desk):
    tool = hoist(desk)
    away = block(desk, tool, 0, 4).window
    one = van(desk, "Van 1", "A")
    declared = declare(desk, "D", required_equipment=HOIST)
    stay = declared.plan.stay
    assert stay.drive_s > timedelta(minutes=4).total_seconds(), "free again on the way"
    assert declared.order.technician_id == one.id
    assert stay.begin_at - away.end >= timedelta(seconds=stay.drive_s)
    assert stay.begin_at - away.end < timedelta(seconds=stay.drive_s + 2)
    assert of(desk, tool)[1] == (declared.order.id, stay.away)


def test_of_a_crew_whoever_leads_brings_what_others_need_not(desk):
    leads = van(desk, "Van 1", "A", vehicle=HAS_HOIST)
    van(desk, "Van 2", "B")
    declared = declare(desk, "C", required_equipment=HOIST, crew_size=2)
    assert declared.order.technician_id == leads.id
    assert len(declared.order.technician_ids) == 2


def test_work_that_a_repair_gives_to_another_has_its_tool_from_their_setting_out(desk):
    tool = hoist(desk)
    ill = van(desk, "Van 1", "A")
    van(desk, "Van 2", "D")
    order = desk.assign(desk.order("B", duration_s=1800.0, required_equipment=HOIST), ill)
    before = of(desk, tool)
    fall_ill(desk, ill)
    proposal = propose(desk, Cause.ILL, ill)
    assert of(desk, tool) == before
    proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)
    [(owner, window)] = of(desk, tool)
    assert (owner, window) == (order.id, proposal.rearrangement.away[order.id])
    assert window.end - window.start > timedelta(seconds=1800)


def test_a_repair_whose_tool_somebody_took_meanwhile_is_refused_and_nothing_changes(desk):
    tool = hoist(desk)
    ill = van(desk, "Van 1", "B")
    van(desk, "Van 2", "D")
    order = desk.assign(desk.order("B", duration_s=1800.0, required_equipment=HOIST), ill)
    fall_ill(desk, ill)
    proposal = propose(desk, Cause.ILL, ill)
    (own,) = of(desk, tool)
    away = proposal.rearrangement.away[order.id]
    assert away.end > own[1].end
    taken = bookings.block(
        desk.ctx,
        tool.id,
        type(away)(own[1].end, away.end),
        reason="service",
        actor=DISPATCHER,
    )
    with pytest.raises(AssignmentConflict, match="needs hoist"):
        proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)
    assert desk.read(order).technician_id == ill.id
    assert of(desk, tool) == [own, (None, taken.window)]
    assert proposals.get(desk.ctx, proposal.id).state is ProposalState.OPEN


@pytest.mark.parametrize("seed", range(4))
def test_however_it_is_booked_nobody_has_a_tool_twice(desk, seed):
    luck = random.Random(seed)
    tools = [hoist(desk, f"Hoist {number}") for number in range(2)]
    team = [van(desk, f"Van {n}", place) for n, place in enumerate("ABCD")]
    placed = []
    for _ in range(14):
        act = luck.choice(["assign", "assign", "move", "emergency", "block", "ill", "cancel"])
        place, who = luck.choice("ABCD"), luck.choice(team)
        if act == "assign":
            work = {"duration_s": luck.choice([900.0, 3600.0]), "required_equipment": HOIST}
            placed.append(desk.order(place, priority=luck.randint(2, 4), **work))
            attempt(lambda one=who: desk.assign(placed[-1], one))
        elif act == "move" and placed:
            order, back = luck.choice(placed), {"force": True, "reason": "swap"}
            attempt(lambda o=order, one=who, b=back: desk.assign(o, one, **b))
        elif act == "emergency":
            needs = luck.choice([(), HOIST])
            placed.append(declare(desk, place, required_equipment=needs).order)
        elif act == "block":
            start = luck.randint(0, 200)
            tool = luck.choice(tools)
            attempt(lambda t=tool, s=start: block(desk, t, s, s + 30))
        elif act == "ill" and len(team) > 2:
            team.remove(who)
            fall_ill(desk, who)
            proposal = propose(desk, Cause.ILL, who)
            if proposal.state is ProposalState.OPEN:
                attempt(lambda p=proposal: proposals.accept(desk.ctx, p.id, actor=DISPATCHER))
        elif act == "cancel" and placed:
            order = luck.choice(placed)
            attempt(lambda o=order: work_orders.step(desk.ctx, o.id, "cancelled", actor=DISPATCHER))
        for tool in tools:
            windows = sorted((window for _, window in of(desk, tool)), key=lambda one: one.start)
            assert not any(a.overlaps(b) for a, b in itertools.pairwise(windows))
    assert any(of(desk, tool) for tool in tools)


def attempt(act):
    """Do it, or be told that it can't be done."""
    with contextlib.suppress(Conflict):
        act()
