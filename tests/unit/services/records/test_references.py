"""What an order says of other records is true, and never goes round in a circle."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.references import reference_faults
from geo_dispatch.services.records.registers import EQUIPMENT
from tests.support.records import DISPATCHER, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def change(office, order, **fields):
    return work_orders.change(
        office.desk, order.id, fields, actor=DISPATCHER, expected_version=None
    )


def faults(action):
    with pytest.raises(InvalidInput) as refusal:
        action()
    return [str(fault) for fault in refusal.value.faults]


def test_equipment_stands_at_the_orders_site(office):
    site, other = office.site("Bakery"), office.site("School")
    lift = records.create(
        office.desk,
        EQUIPMENT,
        {"site_id": other.id, "type": "lift", "name": "Lift"},
        actor=DISPATCHER,
    )
    assert faults(lambda: office.order(site, equipment_id=lift.id)) == [
        "equipment_id: Lift stands at School, not at Bakery; Bakery has none entered"
    ]
    order = office.order(other, equipment_id=lift.id)
    assert faults(lambda: change(office, order, site_id=site.id)) == [
        "equipment_id: Lift stands at School, not at Bakery; Bakery has none entered"
    ]
    assert faults(lambda: office.order(site, equipment_id="eq_9")) == [
        "equipment_id: no equipment 'eq_9'; enter it first"
    ]


def test_all_that_an_order_names_is_looked_up_at_once(office):
    site = office.site()
    fields = {
        "customer_id": "cu_9",
        "parent_id": "wo_9",
        "preferred_technician_id": "tc_9",
        "after": ("wo_8", "wo_7"),
    }
    assert faults(lambda: office.order(site, **fields)) == [
        "customer_id: no customer 'cu_9'; enter it first",
        "parent_id: no work order 'wo_9'",
        "preferred_technician_id: no technician 'tc_9'; enter them first",
        "after[0]: no work order 'wo_8'",
        "after[1]: no work order 'wo_7'",
    ]


def test_a_preferred_technician_who_retires_holds_no_later_change_up(office):
    technician = office.technician()
    order = office.order(preferred_technician_id=technician.id)
    records.retire(
        office.desk, records.TECHNICIANS, technician.id, actor=DISPATCHER, expected_version=None
    )
    assert change(office, order, notes="ring twice").notes == "ring twice"
    assert (
        "is retired; name another"
        in faults(lambda: office.order(preferred_technician_id=technician.id))[0]
    )


def test_a_circle_of_dependencies_is_named(office):
    site = office.site()
    first = office.order(site)
    second = office.order(site, after=(first.id,))
    third = office.order(site, after=(second.id,))
    numbers = f"{first.number} after {third.number} after {second.number} after {first.number}"
    assert faults(lambda: change(office, first, after=(third.id,))) == [
        f"after: goes round in a circle: {numbers}; cut it somewhere"
    ]


def test_what_is_cancelled_or_named_twice_is_not_waited_for(office):
    site = office.site()
    gone, first = office.order(site), office.order(site)
    office.apply(gone.id, c.Cancel())
    assert faults(lambda: office.order(site, after=(gone.id, first.id, first.id))) == [
        f"after[0]: {gone.number} is cancelled and will never be done; leave it out",
        f"after[2]: {first.number} is there twice; keep one",
    ]


def has_circle(links):
    """The slow way: follow every path as far as there are orders."""
    ends = {(start, start) for start in range(len(links))}
    for _ in links:
        ends = {(start, later) for start, end in ends for later in links[end]}
        if any(start == end for start, end in ends):
            return True
    return False


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=10))
def test_a_circle_is_found_whenever_there_is_one(office, wanted):
    site = office.site("Somewhere")
    placed = [office.order(site, due_at=office.clock.now + timedelta(days=1)) for _ in range(6)]
    links = [[] for _ in placed]
    for later, earlier in wanted:
        if earlier in links[later]:
            continue
        links[later].append(earlier)
        after = tuple(placed[key].id for key in links[later])
        try:
            change(office, placed[later], after=after)
        except InvalidInput:
            assert has_circle(links)
            links[later].pop()
        else:
            assert not has_circle(links)
    with office.desk.store.read() as unit:
        for order in placed:
            assert reference_faults(unit, unit.orders.get(order.id), None) == []
