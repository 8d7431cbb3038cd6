"""Parts that a job took are no longer in the van."""

import pytest

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from tests.support.records import DISPATCHER, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def completed(office, order, *parts, actor=DISPATCHER):
    for status in (Status.ON_SITE, Status.COMPLETE):
        used = parts if status is Status.COMPLETE else ()
        order = work_orders.step(
            office.desk, order.id, status, actor=actor, parts_used=used, note="done"
        )
    return order


def stock(office, technician):
    return records.get(office.desk, records.TECHNICIANS, technician.id).parts


def test_what_was_used_is_taken_out_of_the_van_and_told(office):
    van = office.technician(parts=(Part("VALVE", 3), Part("SEAL", 2), Part("PUMP")))
    order = office.assigned(van)
    own = Actor("token:t", Role.TECHNICIAN, van.id)
    completed(office, order, Part("VALVE", 2), Part("SEAL", 5), Part("WIRE"), actor=own)
    assert stock(office, van) == (Part("VALVE", 1), Part("PUMP"))
    with office.desk.store.read() as unit:
        done = unit.stream(f"order:{order.id}")[-1].event
        told = unit.stream(f"technician:{van.id}")[-1]
    assert done.parts_used == (Part("VALVE", 2), Part("SEAL", 5), Part("WIRE"))
    assert (told.type, told.actor) == ("record.changed", own.label)


def test_without_parts_the_van_stays_as_it_is(office):
    van = office.technician(parts=(Part("VALVE", 3),))
    completed(office, office.assigned(van))
    assert stock(office, van) == (Part("VALVE", 3),)


def test_parts_are_counted_from_one_and_only_when_the_work_is_done(office):
    order = office.assigned(office.technician(parts=(Part("VALVE", 3),)))
    with pytest.raises(InvalidInput) as refusal:
        work_orders.step(
            office.desk, order.id, Status.ON_SITE, actor=DISPATCHER, parts_used=[Part("VALVE")]
        )
    assert [fault.where for fault in refusal.value.faults] == ["parts_used"]
    work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    with pytest.raises(InvalidInput, match="cannot be closed like that"):
        work_orders.step(
            office.desk,
            order.id,
            Status.COMPLETE,
            actor=DISPATCHER,
            parts_used=[Part("VALVE", 0)],
        )
