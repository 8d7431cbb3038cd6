"""Shared vehicles and tools: what is free, and who has what is not."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from geo_dispatch.dispatch.ranking.booking import allocate, free_from, not_aboard
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.technicians import Vehicle
from geo_dispatch.kernel.ids import BookingId, OrderId, ResourceId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import NOW, a_technician, an_order, minutes


def window(start_min, end_min):
    return Window(NOW + minutes(start_min), NOW + minutes(end_min))


def resource(name, *provides, **fields):
    return Resource(ResourceId(name), name, provides=provides, **fields)


def booking(name, start_min, end_min, order="wo_9"):
    key = BookingId(f"{name}{start_min}")
    return Booking(key, ResourceId(name), window(start_min, end_min), OrderId(order))


def test_what_any_of_the_technicians_has_aboard_need_not_be_booked():
    van = a_technician(vehicle=Vehicle("Caddy", equipment=("ladder",)))
    order = an_order(required_equipment=("hoist", "ladder", "hoist"))
    assert not_aboard(order, [van, a_technician("van-2")]) == ("hoist",)
    assert not_aboard(order, []) == ("hoist", "ladder")


def test_a_free_resource_is_taken_and_a_busy_one_is_not():
    hoists = [resource("h1", "hoist"), resource("h2", "hoist")]
    found = allocate(["hoist"], hoists, [booking("h1", 0, 60)], window(30, 90))
    assert (found.resources, found.lacks) == ((hoists[1],), ())


def test_one_that_provides_several_is_taken_before_several():
    truck = resource("truck", "hoist", "crane")
    found = allocate(["hoist", "crane"], [resource("a", "hoist"), truck], [], window(0, 60))
    assert found.resources == (truck,)


def test_what_nobody_can_have_says_who_has_it_and_from_when_it_is_free():
    hoist = resource("h1", "hoist")
    bookings = [booking("h1", 0, 60), booking("h1", 80, 100)]
    found = allocate(["hoist"], [hoist], bookings, window(30, 60))
    (lack,) = found.lacks
    assert lack.taken == ((hoist, bookings[0]),)
    assert lack.free_from == NOW + minutes(100)
    assert allocate(["crane"], [hoist], [], window(0, 1)).lacks[0].free_from is None


def test_an_order_keeps_what_it_had():
    hoists = [resource("h1", "hoist"), resource("h2", "hoist")]
    mine = [booking("h2", 0, 60, "wo_1")]
    found = allocate(["hoist"], hoists, mine, window(30, 90), order_id=OrderId("wo_1"))
    assert found.resources == (hoists[1],)


def test_what_is_retired_is_never_taken():
    assert allocate(["hoist"], [resource("h", "hoist", retired=True)], [], window(0, 1)).lacks


spans = st.tuples(st.integers(0, 200), st.integers(1, 60))


@given(st.lists(spans, max_size=8), st.integers(1, 60), st.integers(0, 100))
def test_free_from_is_the_first_minute_at_which_nothing_is_in_the_way(taken, length, start):
    bookings = [booking("h", at, at + long) for at, long in taken]
    found = free_from(bookings, window(start, start + length))
    minute = next(
        minute
        for minute in range(start, 1000)
        if not any(one.window.overlaps(window(minute, minute + length)) for one in bookings)
    )
    assert found - NOW == timedelta(minutes=minute)
