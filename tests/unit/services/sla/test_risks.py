"""Risks and delays in the records: told once, before the limit, and cleared."""

from datetime import timedelta

import pytest

from geo_dispatch.dispatch.sla.risk import CLEAR_MARGIN_S
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.ids import VisitId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.dispatching import eta
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.sla import risks
from tests.support.policies import publish
from tests.support.records import DISPATCHER, NOW
from tests.support.upset import ROAD

STREET = ROAD
RISKS = ("order.at_risk", "order.risk_cleared")
EMERGENCIES = """
[[sla]]
name = "emergency"
priorities = [1]
response_s = 3600
"""


@pytest.fixture
def desk(live_desk):
    return live_desk


@pytest.fixture
def van(desk):
    technician = desk.technician("Van 01", "A")
    desk.ping(technician, "A")
    return technician


def wait(desk, van, place="A", **delta):
    """Time goes on, and the van is there then."""
    desk.clock.go_on(**delta)
    desk.ping(van, place)
    eta.refresh(desk.ctx, [van.id])


def given(desk, order, van):
    """The order in the van's hands, whatever speaks against it."""
    command = c.Assign(
        assignment_id=desk.ctx.new_id("as"), technician_id=van.id, sequence=1, source="manual"
    )
    return desk.office.apply(order.id, command)


def logged(desk, order, *types):
    with desk.ctx.store.read() as unit:
        return unit.events(streams=[f"order:{order.id}"], types=types)


@pytest.mark.capability("FA-064")
def test_a_van_that_stands_still_puts_its_order_at_risk_once_and_before_the_window_ends(desk, van):
    drive_s = desk.town.seconds("A", "D")
    window = desk.window(0, drive_s / 60 + 10)
    order = given(desk, desk.order("D", window=window), van)
    for _ in range(14):
        wait(desk, van, minutes=1)
    (told,) = logged(desk, order, *RISKS)
    assert told.body["limit"] == "window"
    assert told.at == window.end - timedelta(seconds=drive_s) + timedelta(
        seconds=desk.read(order).risk.late_by_s
    )
    assert told.at < window.end
    assert 0 < told.body["late_by_s"] <= 60


def test_a_risk_clears_when_the_van_is_quicker_than_feared(desk, van):
    drive_s = desk.town.seconds("A", "D")
    order = given(desk, desk.order("D", window=desk.window(0, drive_s / 60 + 1)), van)
    wait(desk, van, minutes=2)
    assert desk.read(order).risk.limit == "window"
    wait(desk, van, "C", minutes=1)
    assert desk.read(order).risk is None
    assert [one.type for one in logged(desk, order, *RISKS)] == list(RISKS)


@pytest.mark.capability("FA-040")
def test_a_breach_of_the_response_is_predicted_from_the_eta(desk, van):
    publish(desk.ctx, EMERGENCIES)
    order = given(desk, desk.order("D", priority=1), van)
    due_at = order.sla.response.due_at
    left = due_at - desk.clock.now - timedelta(seconds=desk.town.seconds("A", "D"))
    wait(desk, van, seconds=left.total_seconds() + 30)
    (told,) = logged(desk, order, *RISKS)
    assert told.body["limit"] == "sla_response"
    assert told.at < due_at


def test_what_nobody_has_is_at_risk_while_somebody_could_still_be_sent(desk):
    publish(desk.ctx, EMERGENCIES)
    order = desk.order("D", priority=1)
    assert risks.watch_waiting(desk.ctx) == []
    desk.clock.go_on(minutes=46)
    (told,) = risks.watch_waiting(desk.ctx)
    assert (told.id, told.risk.limit) == (order.id, "sla_response")
    desk.clock.go_on(minutes=5)
    assert risks.watch_waiting(desk.ctx) == []


def test_a_risk_outlives_who_had_the_order_and_is_not_told_anew_with_the_next(desk, van):
    other = desk.technician("Van 02", "A")
    drive_s = desk.town.seconds("A", "D")
    order = given(desk, desk.order("D", window=desk.window(0, drive_s / 60 + 1)), van)
    wait(desk, van, minutes=2)
    given(desk, order, other)
    wait(desk, other, minutes=1)
    assert [one.type for one in logged(desk, order, *RISKS)] == ["order.at_risk"]
    desk.office.apply(order.id, c.Unassign())
    risks.watch_waiting(desk.ctx)
    assert [one.type for one in logged(desk, order, *RISKS)] == ["order.at_risk"]
    work_orders.change(
        desk.ctx, order.id, {"window": desk.window(0, 60)}, actor=DISPATCHER, expected_version=None
    )
    risks.watch_waiting(desk.ctx)
    assert [one.type for one in logged(desk, order, *RISKS)] == list(RISKS)


@pytest.mark.capability("FA-064")
def test_the_eta_that_is_told_crosses_a_limit_when_the_risk_does_and_does_not_flap(desk, van):
    drive_s = desk.town.seconds("A", "D")
    window = desk.window(0, drive_s / 60 + 20)
    order = given(desk, desk.order("D", window=window), van)
    wait(desk, van, seconds=20 * 60 - 40)
    assert eta.eta_of(desk.ctx, order.id).late_by_s == pytest.approx(-40, abs=0.1)
    wait(desk, van, seconds=50)  # moved by less than is told
    assert eta.eta_of(desk.ctx, order.id).late_by_s == pytest.approx(10, abs=0.1)
    assert desk.read(order).risk.late_by_s == pytest.approx(10, abs=0.1)
    told = len(logged(desk, order, "order.eta"))
    for place in ("A", "AB", "A"):
        wait(desk, van, place, seconds=15)
        assert desk.read(order).risk is not None
        assert eta.eta_of(desk.ctx, order.id).late_by_s > -CLEAR_MARGIN_S
    wait(desk, van, "C", seconds=15)
    assert desk.read(order).risk is None
    assert eta.eta_of(desk.ctx, order.id).late_by_s < -CLEAR_MARGIN_S
    assert [one.type for one in logged(desk, order, *RISKS)] == list(RISKS)
    assert len(logged(desk, order, "order.eta")) > told


def test_a_window_that_a_person_moves_is_told_with_the_eta_though_that_stays(desk, van):
    drive_s = desk.town.seconds("A", "D")
    order = given(desk, desk.order("D", window=desk.window(0, drive_s / 60 + 30)), van)
    wait(desk, van, seconds=20)
    window = desk.window(0, drive_s / 60 - 10)
    work_orders.change(
        desk.ctx, order.id, {"window": window}, actor=DISPATCHER, expected_version=None
    )
    wait(desk, van, seconds=20)
    assert desk.read(order).risk.limit == "window"
    view = eta.eta_of(desk.ctx, order.id)
    assert view.late_by_s == (view.eta - window.end).total_seconds() > 0


@pytest.mark.capability("FA-064")
@pytest.mark.parametrize("how", ["has not left", "stands on the way", "is not heard of"])
def test_the_arrivals_of_who_gets_nowhere_move_with_time_alone(desk, van, how):
    drive_s = desk.town.seconds("A", "C")
    near = given(desk, desk.order("C", duration_s=600.0), van)
    window = desk.window(0, drive_s / 30 + 60)
    far = given(desk, desk.order("D", window=window), van)
    desk.office.apply(far.id, c.Resequence(sequence=2))
    if how == "stands on the way":
        desk.office.apply(near.id, c.SetOut(source="person"))
    eta.refresh(desk.ctx)
    before = {one.id: eta.eta_of(desk.ctx, one.id).eta for one in (near, far)}
    for _ in range(200):
        desk.clock.go_on(seconds=30)
        if how != "is not heard of":
            desk.ping(van, "A")
        eta.refresh(desk.ctx)
    known = ("position", desk.clock.now)
    if how == "is not heard of":
        known = ("stale_position", NOW)
    for order in (near, far):
        view = eta.eta_of(desk.ctx, order.id)
        moved = view.eta - before[order.id]
        assert moved.total_seconds() == pytest.approx(100 * 60, abs=60)
        assert (view.basis, view.position_at) == known
    (told,) = logged(desk, far, *RISKS)
    assert told.at < window.end


@pytest.mark.capability("FA-029")
def test_work_that_goes_on_too_long_puts_its_own_end_and_what_follows_at_risk(desk, van):
    now = desk.clock.now
    here = desk.order("A", duration_s=1200.0, due_at=now + timedelta(minutes=40))
    here = given(desk, here, van)
    window = desk.window(0, desk.town.seconds("A", "C") / 60 + 30)
    then = given(desk, desk.order("C", window=window), van)
    desk.office.apply(then.id, c.Resequence(sequence=2))
    desk.office.apply(here.id, c.ConfirmArrival(visit_id=VisitId("vi_9"), source="person"))
    for _ in range(90):
        wait(desk, van, seconds=30)
    for order, limit, at in ((here, "due", here.due_at), (then, "window", window.end)):
        (told,) = logged(desk, order, *RISKS)
        assert told.body["limit"] == limit
        assert told.at < at


def test_who_cannot_be_located_puts_at_risk_what_nobody_could_reach_in_time(desk):
    nowhere = desk.technician("Van 09")
    window = desk.window(0, 30)
    order = given(desk, desk.order("D", window=window), nowhere)
    for _ in range(30):
        desk.clock.go_on(minutes=1)
        eta.refresh(desk.ctx)
    (told,) = logged(desk, order, *RISKS)
    assert window.end - told.at == timedelta(minutes=14)
    assert eta.eta_of(desk.ctx, order.id).basis == "no_position"


def test_a_delay_is_told_each_time_the_arrival_is_later_than_told_by_the_policys_measure(desk, van):
    order = given(desk, desk.order("D"), van)
    wait(desk, van, seconds=20)
    announced = eta.eta_of(desk.ctx, order.id).eta
    for _ in range(40):
        wait(desk, van, minutes=1)
    told = logged(desk, order, "order.delayed")
    assert [one.body["by_s"] for one in told] == pytest.approx([960, 960], abs=60.1)
    assert told[0].event.eta_before == announced
    assert told[1].event.eta_before == told[0].event.eta


def test_a_delay_that_another_technician_makes_up_for_is_measured_anew(desk, van):
    order = given(desk, desk.order("D"), van)
    wait(desk, van, seconds=20)
    desk.office.apply(order.id, c.Unassign())
    for _ in range(20):
        desk.clock.go_on(minutes=1)
    given(desk, order, van)
    wait(desk, van, seconds=20)
    assert logged(desk, order, "order.delayed") == []


def test_a_window_in_the_past_is_told_as_missed_when_it_is_first_looked_at(desk, van):
    ended = Window(desk.clock.now - timedelta(hours=2), desk.clock.now - timedelta(hours=1))
    order = given(desk, desk.order("D", window=ended), van)
    wait(desk, van, seconds=20)
    assert desk.read(order).risk.late_by_s > 3600
