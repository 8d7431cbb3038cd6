"""Nearly there is told once for each assignment, whatever positions jitter."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.sla.risk import announced
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import EtaPublished, OrderAssigned, OrderDelayed
from geo_dispatch.services.dispatching import assignments, eta
from tests.support.messages import AT
from tests.support.policies import publish
from tests.support.records import DISPATCHER
from tests.support.upset import ROAD, van

STREET = ROAD
KIND = "technician.arriving"


@pytest.fixture
def desk(live_desk):
    publish(live_desk.ctx, "[messages]\narriving_s = 120.0\n")
    return live_desk


def on_the_way(desk, technician, place, **fields):
    order = desk.assign(desk.order(place, **fields), technician, force=True, reason="who is free")
    desk.office.apply(order.id, c.SetOut(source="person"))
    return order


def seen(desk, technician, place, after_s=60):
    """The van is there, as long after as the drive may take; ETAs follow."""
    desk.clock.go_on(seconds=after_s)
    desk.ping(technician, place)
    eta.refresh(desk.ctx, [technician.id])


def test_who_is_nearly_there_is_told_once(desk):
    technician = van(desk, "Van 01", "A")
    order = on_the_way(desk, technician, "D")
    assert desk.town.seconds("A", "D") > 120 > desk.town.seconds("CD", "D")
    eta.refresh(desk.ctx)
    assert desk.events(order, KIND) == []
    seen(desk, technician, "CD", after_s=desk.town.seconds("A", "CD"))
    (told,) = desk.events(order, KIND)
    assert told["drive_s"] == pytest.approx(desk.town.seconds("CD", "D"), abs=0.01)
    for place in ("BC", "CD", "D", "CD", "B", "CD"):
        seen(desk, technician, place, after_s=200)
    assert len(desk.events(order, KIND)) == 1


def test_who_drives_by_on_the_way_to_another_is_not_arriving(desk):
    technician = van(desk, "Van 01", "A")
    first = on_the_way(desk, technician, "D")
    passed = desk.assign(desk.order("B"), technician)
    seen(desk, technician, "AB", after_s=200)
    assert desk.events(passed, KIND) == desk.events(first, KIND) == []


def test_a_stale_position_tells_nothing(desk):
    technician = van(desk, "Van 01", "CD")
    order = desk.assign(desk.order("D"), technician)
    desk.clock.go_on(minutes=16)
    desk.office.apply(order.id, c.SetOut(source="person"))
    eta.refresh(desk.ctx)
    assert desk.events(order, "order.eta")[-1]["basis"] == "stale_position"
    assert desk.events(order, KIND) == []


def test_after_it_was_given_to_another_it_is_told_anew(desk):
    vans = [van(desk, "Van 01", "CD"), van(desk, "Van 02", "CD")]
    order = on_the_way(desk, vans[0], "D")
    eta.refresh(desk.ctx)
    assignments.unassign(
        desk.ctx, order.id, actor=DISPATCHER, force=True, reason="the first van broke down"
    )
    order = desk.assign(order, vans[1])
    desk.office.apply(order.id, c.SetOut(source="person"))
    eta.refresh(desk.ctx)
    assert [one["technician_id"] for one in desk.events(order, KIND)] == [one.id for one in vans]


def test_the_policy_can_keep_it_quiet(desk):
    publish(desk.ctx, "[messages]\narriving_s = 0.0\n")
    technician = van(desk, "Van 01", "CD")
    order = on_the_way(desk, technician, "D")
    eta.refresh(desk.ctx)
    assert desk.events(order, KIND) == []


def test_the_customer_hears_of_it_with_the_time(desk):
    customer = desk.office.customer("Bakery")
    technician = van(desk, "Van 01", "CD")
    site = desk.site("D", customer_id=customer.id)
    order = desk.assign(desk.office.order(site), technician)
    desk.office.apply(order.id, c.SetOut(source="person"))
    eta.refresh(desk.ctx)
    queued = desk.events(order, "message.queued")
    (said,) = [one for one in queued if one["message_type"] == KIND]
    assert said["recipient_id"] == customer.id
    assert "nearly there" in said["text"]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(places=st.lists(st.sampled_from(["BC", "C", "CD", "D", "B"]), max_size=12))
def test_whatever_places_follow_each_other_it_is_told_at_most_once(desk, places):
    technician = van(desk, f"Van {desk.ctx.new_id('v')}", "A")
    order = on_the_way(desk, technician, "D")
    for place in places:
        seen(desk, technician, place, after_s=200)
    near = any(desk.town.seconds(place, "D") <= 120 and place != "D" for place in places)
    assert len(desk.events(order, KIND)) in ((1,) if near else (0, 1))
    desk.office.apply(order.id, c.Cancel(reason="next"))


MOVED_S = 900.0


def delays(etas_s):
    """What is told of ETAs one after another, by the rule of `order.delayed`."""
    ids = {"order_id": "wo_1", "technician_id": "tc_1"}
    history = [
        OrderAssigned(**ids, assignment_id="as_1", sequence=1, source="manual", occurred_at=AT)
    ]
    found = []
    for eta_s in etas_s:
        at = AT + timedelta(seconds=eta_s)
        history.append(EtaPublished(**ids, eta=at, drive_s=60.0, position_at=AT, basis="position"))
        told = announced(history, MOVED_S)
        if (at - told).total_seconds() > MOVED_S:
            by_s = (at - told).total_seconds()
            delayed = OrderDelayed(**ids, eta_before=told, eta=at, by_s=by_s, occurred_at=AT)
            history.append(delayed)
            found.append(delayed)
    return found


@given(st.lists(st.floats(-MOVED_S / 2, MOVED_S / 2), min_size=1, max_size=60))
def test_etas_that_jitter_within_the_threshold_slip_never(etas_s):
    assert delays([10_000 + one for one in etas_s]) == []


@given(st.lists(st.floats(0, 30_000), min_size=1, max_size=40))
def test_each_slip_is_measured_from_what_was_told_last(etas_s):
    told = delays(etas_s)
    assert all(one.by_s > MOVED_S for one in told)
    climbed_s = sum(max(0.0, b - a) for a, b in itertools.pairwise(etas_s))
    assert len(told) * MOVED_S <= climbed_s + 1e-3
