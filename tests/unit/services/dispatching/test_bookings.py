"""Shared vehicles and tools: one order at a time has them, for as long as it needs them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.days.plan import Basis, Stop
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.records.technicians import Vehicle
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.errors import AssignmentConflict, Conflict, InvalidInput, NotFound
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.dispatching import bookings
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import RESOURCES
from tests.support.records import DISPATCHER, NOW, VADUZ, open_office

NOWHERE = Stay(None, None, 0.0, 0.0, None, None, None, 0.0, None, Basis.POSITION)


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def window(start_min, end_min):
    return Window(NOW + timedelta(minutes=start_min), NOW + timedelta(minutes=end_min))


def hoist(office, name="Hoist 1", **fields):
    fields = {"name": name, "provides": ("hoist",), **fields}
    return records.create(office.desk, RESOURCES, fields, actor=DISPATCHER)


def needing_a_hoist(office, **vehicle):
    van = office.technician(f"Van {office.desk.new_id('n')}", **vehicle)
    return office.assigned(van, required_equipment=("hoist",))


def book(office, order, span, **options):
    with office.desk.store.write() as unit:
        booked = bookings.book_for(office.desk, unit, order, span, actor=DISPATCHER, **options)
        unit.commit()
    return booked


def of(office, resource):
    found = bookings.of_resource(office.desk, resource.id)
    return [(one.order_id, one.window) for one in found]


@pytest.mark.capability("BO-055")
def test_what_is_not_aboard_is_booked_for_the_visit_and_nobody_else_can_have_it_then(office):
    resource, first, second = hoist(office), needing_a_hoist(office), needing_a_hoist(office)
    book(office, first, window(60, 120))
    assert of(office, resource) == [(first.id, window(60, 120))]
    with pytest.raises(AssignmentConflict, match="needs hoist, which nobody can have") as refusal:
        book(office, second, window(90, 150))
    (conflict,) = refusal.value.conflicts
    assert str(conflict) == (
        f"equipment_missing: no hoist free: Hoist 1 is booked for {first.number} until 11:00; "
        "lifted by: free from 11:00"
    )
    book(office, second, window(120, 180))
    assert len(of(office, resource)) == 2


def test_what_the_vehicle_has_is_not_booked(office):
    resource = hoist(office)
    order = needing_a_hoist(office, vehicle=Vehicle("Truck", equipment=("hoist",)))
    assert book(office, order, window(0, 60)) == ()
    assert of(office, resource) == []


def test_what_nothing_provides_is_said(office):
    order = needing_a_hoist(office)
    with pytest.raises(AssignmentConflict) as refusal:
        book(office, order, window(0, 60))
    (fault,) = refusal.value.conflicts
    assert fault.message == "nobody has hoist aboard, and no resource provides it"
    assert book(office, order, window(0, 60), force=True) == ()


def test_a_booking_moves_with_its_visit_and_the_time_before_is_free_again(office):
    resource, order, other = hoist(office), needing_a_hoist(office), needing_a_hoist(office)
    book(office, order, window(0, 60))
    moved = book(office, order, window(30, 90))
    assert of(office, resource) == [(order.id, window(30, 90))]
    assert book(office, order, window(30, 90)) == moved
    book(office, other, window(0, 30))


def test_a_visit_that_moves_into_another_one_gets_another_resource(office):
    first, second = hoist(office), hoist(office, "Hoist 2")
    order, other = needing_a_hoist(office), needing_a_hoist(office)
    book(office, order, window(0, 60))
    book(office, other, window(60, 120))
    book(office, order, window(30, 90))
    assert of(office, first) == [(other.id, window(60, 120))]
    assert of(office, second) == [(order.id, window(30, 90))]


def stay(order, start_min, end_min):
    span = window(start_min, end_min)
    return replace(NOWHERE, stop=Stop(order, VADUZ), begin_at=span.start, finish_at=span.end)


def test_visits_that_push_each_other_push_their_bookings_too(office):
    resource = hoist(office)
    first, second = needing_a_hoist(office), needing_a_hoist(office)
    book(office, first, window(0, 60))
    book(office, second, window(60, 120))
    stays = [stay(first, 60, 120), stay(second, 120, 180)]
    with office.desk.store.write() as unit:
        bookings.move_along(office.desk, unit, stays, actor=DISPATCHER)
        unit.commit()
    assert of(office, resource) == [(first.id, window(60, 120)), (second.id, window(120, 180))]


def test_a_visit_that_moves_by_seconds_keeps_its_booking(office):
    hoist(office)
    order = needing_a_hoist(office)
    book(office, order, window(0, 60))
    with office.desk.store.write() as unit:
        before = unit.last_seq()
        bookings.move_along(office.desk, unit, [stay(order, 0.5, 60.5)], actor=DISPATCHER)
        assert unit.last_seq() == before


def test_a_visit_that_is_pushed_to_where_another_has_the_resource_is_refused(office):
    hoist(office)
    first, second = needing_a_hoist(office), needing_a_hoist(office)
    book(office, first, window(0, 60))
    book(office, second, window(60, 120))
    with (
        office.desk.store.write() as unit,
        pytest.raises(AssignmentConflict, match=f"{first.number} needs hoist"),
    ):
        bookings.move_along(office.desk, unit, [stay(first, 30, 90)], actor=DISPATCHER)


@pytest.mark.parametrize(
    "end", [c.Unassign(), c.Cancel(), c.PutOnHold(reason="weather")], ids=["taken", "off", "hold"]
)
def test_an_order_that_nobody_has_any_more_lets_go_of_what_it_booked(office, end):
    resource, order = hoist(office), needing_a_hoist(office)
    book(office, order, window(60, 120))
    office.apply(order.id, end)
    assert of(office, resource) == []


def test_an_order_that_ends_early_gives_back_the_rest(office):
    resource, order = hoist(office), needing_a_hoist(office)
    book(office, order, window(0, 120))
    work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    office.clock.go_on(minutes=30)
    work_orders.step(office.desk, order.id, Status.COMPLETE, actor=DISPATCHER, note="done")
    assert of(office, resource) == [(order.id, window(0, 30))]
    assert bookings.of_resource(office.desk, resource.id, since=office.clock.now) == []


def test_a_resource_can_be_blocked_with_a_reason_where_nobody_has_it(office):
    resource, order = hoist(office), needing_a_hoist(office)
    book(office, order, window(60, 120))
    with pytest.raises(Conflict, match="Hoist 1 is taken") as refusal:
        bookings.block(office.desk, resource.id, window(0, 90), reason="service", actor=DISPATCHER)
    assert [fault.message for fault in refusal.value.conflicts] == [
        f"Hoist 1 is booked for {order.number} until 11:00"
    ]
    with pytest.raises(InvalidInput, match="needs a reason"):
        bookings.block(office.desk, resource.id, window(0, 60), reason=" ", actor=DISPATCHER)
    blocked = bookings.block(
        office.desk, resource.id, window(0, 60), reason="service", actor=DISPATCHER
    )
    with pytest.raises(AssignmentConflict) as refusal:
        book(office, needing_a_hoist(office), window(30, 45))
    assert "out of reach until 10:00 (service)" in refusal.value.conflicts[0].message
    bookings.unblock(office.desk, resource.id, blocked.id, actor=DISPATCHER)
    assert len(of(office, resource)) == 1


def test_what_an_order_has_is_not_taken_away_by_unblocking(office):
    resource, order = hoist(office), needing_a_hoist(office)
    (booked,) = book(office, order, window(0, 60))
    with pytest.raises(Conflict, match=f"booked for {order.number}; unassign or move"):
        bookings.unblock(office.desk, resource.id, booked.id, actor=DISPATCHER)
    with pytest.raises(NotFound, match="no booking 'bk_none'"):
        bookings.unblock(office.desk, resource.id, "bk_none", actor=DISPATCHER)


def test_a_resource_that_an_open_order_has_cannot_retire(office):
    resource, order = hoist(office), needing_a_hoist(office)
    book(office, order, window(0, 60))
    with pytest.raises(Conflict, match=f"still needed by {order.number}"):
        records.retire(office.desk, RESOURCES, resource.id, actor=DISPATCHER, expected_version=None)
