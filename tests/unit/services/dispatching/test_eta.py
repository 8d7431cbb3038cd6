"""ETAs follow the technician, are told when they changed enough, and never oftener than useful."""

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.errors import NotFound, RedisUnavailable
from geo_dispatch.kernel.ids import VisitId
from geo_dispatch.services.dispatching import assignments, eta
from geo_dispatch.services.dispatching.placing import Wish
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER
from tests.support.upset import ROAD

STREET = ROAD


@pytest.fixture
def desk(live_desk):
    return live_desk


def seen(desk, call_sign, place):
    technician = desk.technician(call_sign, place)
    desk.ping(technician, place)
    return technician


def ahead_s(desk, order):
    return (eta.eta_of(desk.ctx, order.id).eta - desk.clock.now).total_seconds()


def test_the_first_time_every_open_order_is_told_in_the_log(desk):
    technician = seen(desk, "Van 01", "A")
    orders = [desk.assign(desk.order(place, duration_s=600.0), technician) for place in "BD"]
    told = eta.refresh(desk.ctx, [technician.id])
    assert [event.order_id for event in told] == [order.id for order in orders]
    for order, event in zip(orders, told, strict=True):
        (logged,) = desk.events(order, "order.eta")
        assert logged["basis"] == event.basis == "position"
        assert eta.eta_of(desk.ctx, order.id).eta == event.eta
    assert ahead_s(desk, orders[0]) == pytest.approx(desk.town.seconds("A", "B"), abs=0.01)
    rest_s = desk.town.seconds("A", "B") + 600 + desk.town.seconds("B", "D")
    assert ahead_s(desk, orders[1]) == pytest.approx(rest_s, abs=0.01)


def test_an_eta_that_holds_is_not_told_again(desk):
    technician = seen(desk, "Van 01", "A")
    order = desk.assign(desk.order("C"), technician)
    eta.refresh(desk.ctx, [technician.id])
    before = eta.eta_of(desk.ctx, order.id)
    drive_s = desk.town.seconds("A", "AB")
    desk.clock.go_on(seconds=drive_s + 30)
    desk.ping(technician, "AB")
    assert eta.refresh(desk.ctx, [technician.id]) == []
    after = eta.eta_of(desk.ctx, order.id)
    assert after.eta == before.eta
    assert after.computed_at == after.position_at == desk.clock.now
    assert after.drive_s == pytest.approx(desk.town.seconds("AB", "C"), abs=0.01)


def test_a_move_of_more_than_a_minute_is_told(desk):
    technician = seen(desk, "Van 01", "A")
    order = desk.assign(desk.order("C"), technician)
    eta.refresh(desk.ctx, [technician.id])
    desk.clock.go_on(seconds=61)
    desk.ping(technician, "A")
    (event,) = eta.refresh(desk.ctx, [technician.id])
    assert event.order_id == order.id
    assert len(desk.events(order, "order.eta")) == 2


def test_small_moves_add_up_until_they_are_told(desk):
    technician = seen(desk, "Van 01", "A")
    desk.assign(desk.order("C"), technician)
    eta.refresh(desk.ctx, [technician.id])
    told = []
    for _ in range(4):
        desk.clock.go_on(seconds=20)
        desk.ping(technician, "A")
        told.append(len(eta.refresh(desk.ctx, [technician.id])))
    assert told == [0, 0, 0, 1]


def test_within_15_seconds_nothing_is_worked_out_again(desk):
    technician = seen(desk, "Van 01", "A")
    order = desk.assign(desk.order("C"), technician)
    eta.refresh(desk.ctx, [technician.id])
    computed_at = desk.clock.now
    desk.clock.go_on(seconds=14)
    desk.ping(technician, "D")
    assert eta.refresh(desk.ctx, [technician.id]) == []
    assert eta.eta_of(desk.ctx, order.id).computed_at == computed_at
    desk.clock.go_on(seconds=1)
    assert len(eta.refresh(desk.ctx, [technician.id])) == 1


def test_a_new_order_is_worked_out_at_once(desk):
    technician = seen(desk, "Van 01", "A")
    desk.assign(desk.order("B"), technician)
    eta.refresh(desk.ctx, [technician.id])
    order = desk.assign(desk.order("C"), technician, wish=Wish(position=1))
    assert [event.order_id for event in eta.refresh(desk.ctx, [technician.id])] == [order.id]


def test_a_position_that_went_stale_is_told_as_such(desk):
    technician = seen(desk, "Van 01", "A")
    desk.assign(desk.order("C"), technician)
    eta.refresh(desk.ctx, [technician.id])
    desk.clock.go_on(minutes=16)
    (event,) = eta.refresh(desk.ctx)
    assert event.basis == "stale_position"


def test_the_range_of_an_eta_widens_while_nothing_is_heard_and_ends_with_the_arrival(desk):
    technician = seen(desk, "Van 01", "A")
    order = desk.assign(desk.order("C"), technician)
    widths = []
    for _ in range(3):
        eta.refresh(desk.ctx)
        found = eta.eta_of(desk.ctx, order.id)
        assert desk.clock.now <= found.between.start <= found.eta < found.between.end
        widths.append(found.between.end - found.between.start)
        desk.clock.go_on(minutes=8)
    assert widths == sorted(set(widths))
    desk.office.apply(order.id, c.ConfirmArrival(visit_id=VisitId("vi_9"), source="person"))
    assert eta.eta_of(desk.ctx, order.id).between is None


def test_without_technicians_named_everybody_with_open_orders_is_refreshed(desk):
    vans = [seen(desk, f"Van 0{number}", "A") for number in (1, 2, 3)]
    orders = [desk.assign(desk.order("B"), van) for van in vans[:2]]
    told = eta.refresh(desk.ctx)
    assert {event.order_id for event in told} == {order.id for order in orders}


def test_nobody_with_open_orders_is_nothing_to_do(desk):
    assert eta.refresh(desk.ctx, [seen(desk, "Van 01", "A").id]) == []


def test_no_position_is_an_answer(desk):
    technician = desk.technician("Van 01")
    order = desk.assign(desk.order("C"), technician, force=True, reason="new phone on its way")
    (event,) = eta.refresh(desk.ctx)
    assert (event.eta, event.basis) == (None, "no_position")
    assert eta.eta_of(desk.ctx, order.id).eta is None


def test_before_it_was_ever_told_an_eta_is_worked_out_when_asked(desk):
    technician = seen(desk, "Van 01", "A")
    order = desk.assign(desk.order("C"), technician)
    assert ahead_s(desk, order) == pytest.approx(desk.town.seconds("A", "C"), abs=0.01)
    assert desk.events(order, "order.eta") == []


def test_nobody_is_expected_at_an_order_that_nobody_has(desk):
    technician = seen(desk, "Van 01", "A")
    order = desk.assign(desk.order("C"), technician)
    eta.refresh(desk.ctx)
    assignments.unassign(desk.ctx, order.id, actor=DISPATCHER)
    view = eta.eta_of(desk.ctx, order.id)
    assert (view.basis, view.eta, view.technician_id) == ("unassigned", None, None)


def test_on_site_the_eta_is_the_arrival_and_stays_so_when_the_work_is_done(desk):
    technician = seen(desk, "Van 01", "C")
    order = desk.assign(desk.order("C"), technician)
    desk.office.apply(order.id, c.ConfirmArrival(visit_id=VisitId("vi_9"), source="person"))
    arrived_at = desk.clock.now
    eta.refresh(desk.ctx)
    desk.clock.go_on(minutes=20)
    there = eta.eta_of(desk.ctx, order.id)
    desk.office.apply(order.id, c.Complete())
    done = eta.eta_of(desk.ctx, order.id)
    assert (there.basis, there.eta) == (done.basis, done.eta) == ("arrived", arrived_at)


def test_a_cancelled_order_expects_nobody(desk):
    order = desk.order("C")
    desk.office.apply(order.id, c.Cancel(reason="sold the house"))
    assert eta.eta_of(desk.ctx, order.id).basis == "ended"


@pytest.mark.capability("FA-064")
def test_lateness_against_the_window_is_told_with_the_eta(desk):
    technician = seen(desk, "Van 01", "A")
    window = desk.window(0, 2)
    order = desk.assign(
        desk.order("D", window=window), technician, force=True, reason="they will wait"
    )
    (event,) = eta.refresh(desk.ctx)
    late_s = desk.town.seconds("A", "D") - 120
    assert late_s > 0
    assert event.late_by_s == pytest.approx(late_s, abs=0.01)
    view = eta.eta_of(desk.ctx, order.id)
    assert (view.late_by_s, view.window) == (event.late_by_s, window)


def test_telling_an_eta_does_not_change_the_order(desk):
    technician = seen(desk, "Van 01", "A")
    order = desk.assign(desk.order("C"), technician)
    eta.refresh(desk.ctx)
    assert desk.read(order) == order


def test_an_unknown_order_is_not_found(desk):
    with pytest.raises(NotFound):
        eta.eta_of(desk.ctx, "wo_none")


def test_without_redis_nothing_is_told(tmp_path, town):
    with open_dispatch_office(tmp_path, town) as desk:
        technician = desk.technician("Van 01", "A")
        order = desk.assign(desk.order("C"), technician)
        with pytest.raises(RedisUnavailable):
            eta.refresh(desk.ctx)
        assert desk.events(order, "order.eta") == []
