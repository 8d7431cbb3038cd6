"""Orders that take several technicians are in the day of each of them, with one beginning."""

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Forbidden, InvalidInput, NotFound, TransitionNotAllowed
from geo_dispatch.services.dispatching import crews, sequences
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import CREWS
from tests.support.records import DISPATCHER, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def vans(office):
    return [office.technician(f"Van 0{number}") for number in range(1, 5)]


def sent(office, lead, *members, **fields):
    order = office.order(crew_size=1 + len(members), **fields)
    command = c.Assign(
        assignment_id=office.desk.new_id("as"),
        technician_id=lead.id,
        sequence=1,
        crew=tuple(member.id for member in members),
        start_at=office.clock.now,
    )
    return office.apply(order.id, command)


def day(office, technician):
    """The numbers of the technician's stops, in order."""
    with office.desk.store.read() as unit:
        plan = load_plans(unit, [unit.technicians.get(technician.id)], lambda _: None)[0]
    return [stop.order.id for stop in plan.stops]


def assigned(office, order, *, open_only=True):
    with office.desk.store.read() as unit:
        found = unit.assignments.of_order(order.id)
    return sorted(one.technician_id for one in found if one.released_at is None or not open_only)


def change(office, order, *members, **options):
    ids = [member.id for member in members]
    return crews.change(office.desk, order.id, ids, actor=DISPATCHER, **options)


@pytest.mark.capability("BO-067")
def test_an_order_for_a_crew_is_in_the_day_of_each_of_them(office, vans):
    lead, member, other, _ = vans
    own = office.assigned(member)
    order = sent(office, lead, member, other)
    assert order.crew == (member.id, other.id)
    assert [day(office, van) for van in vans] == [
        [order.id], [own.id, order.id], [order.id], [],
    ]  # fmt: skip
    assert assigned(office, order) == [lead.id, member.id, other.id]
    with office.desk.store.read() as unit:
        plans = load_plans(unit, [lead, member], lambda _: None)
    joins = [stop.joins_at for plan in plans for stop in plan.stops if stop.order.id == order.id]
    assert joins == [order.start_at, order.start_at]


def test_a_member_has_an_own_place_for_it_and_the_lead_keeps_theirs(office, vans):
    lead, member, *_ = vans
    own = office.assigned(member)
    order = sent(office, lead, member)
    with office.desk.store.write() as unit:
        sequences.number(office.desk, unit, member.id, [order.id, own.id], actor=DISPATCHER)
        unit.commit()
    assert day(office, member) == [order.id, own.id]
    assert work_orders.get(office.desk, order.id).sequence == 1
    with office.desk.store.write() as unit:
        before = unit.last_seq()
        sequences.number(office.desk, unit, member.id, [order.id, own.id], actor=DISPATCHER)
        assert unit.last_seq() == before


@pytest.mark.capability("BO-067")
def test_somebody_is_replaced_and_somebody_is_left_out(office, vans):
    lead, member, other, third = vans
    order = sent(office, lead, member, other)
    behind = office.assigned(other)
    changed = change(office, order, member, third, reason="Van 03 is ill")
    assert changed.crew == (member.id, third.id)
    assert day(office, other) == [behind.id]
    assert day(office, third) == [order.id]
    assert assigned(office, order) == [lead.id, member.id, third.id]
    assert change(office, order).crew == ()
    assert assigned(office, order) == [lead.id]
    assert assigned(office, order, open_only=False) == [lead.id, member.id, other.id, third.id]
    again = change(office, order, other)
    assert (again.crew, day(office, other)) == ((other.id,), [order.id, behind.id][::-1])


def test_a_crew_that_cannot_be_is_refused_with_every_fault(office, vans):
    lead, member, gone, _ = vans
    order = sent(office, lead, member)
    records.retire(
        office.desk, records.TECHNICIANS, gone.id, actor=DISPATCHER, expected_version=None
    )
    with pytest.raises(InvalidInput) as refusal:
        crews.change(office.desk, order.id, [gone.id, "tc_9"], actor=DISPATCHER)
    assert [fault.where for fault in refusal.value.faults] == ["crew[0]", "crew[1]"]
    with pytest.raises(InvalidInput, match="this crew cannot be sent"):
        change(office, order, lead)
    with pytest.raises(TransitionNotAllowed, match="is new: cannot change the crew"):
        change(office, office.order(), member)


def test_each_of_a_crew_may_tell_how_it_stands_and_nobody_else(office, vans):
    lead, member, other, _ = vans
    order = sent(office, lead, member)
    stranger = Actor("token:x", Role.TECHNICIAN, other.id)
    with pytest.raises(Forbidden, match="is not yours"):
        work_orders.step(office.desk, order.id, Status.EN_ROUTE, actor=stranger)
    told = Actor("token:y", Role.TECHNICIAN, member.id)
    assert work_orders.step(office.desk, order.id, Status.EN_ROUTE, actor=told).status == "en_route"


@pytest.mark.parametrize("end", [c.Unassign(), c.Cancel()])
def test_all_of_them_are_free_once_it_is_taken_from_them_or_ends(office, vans, end):
    lead, member, *_ = vans
    order = sent(office, lead, member)
    office.apply(order.id, end)
    assert (day(office, lead), day(office, member), assigned(office, order)) == ([], [], [])


def test_who_is_needed_in_a_crew_of_an_open_order_cannot_retire(office, vans):
    lead, member, *_ = vans
    order = sent(office, lead, member)
    with pytest.raises(Exception, match=f"still needed by {order.number}"):
        records.retire(
            office.desk, records.TECHNICIANS, member.id, actor=DISPATCHER, expected_version=None
        )


@pytest.mark.capability("BO-076")
def test_a_crew_is_a_lead_with_members_until_it_retires(office, vans):
    lead, member, *_ = vans
    fields = {"name": "Roof", "lead_id": lead.id, "member_ids": (member.id,)}
    crew = records.create(office.desk, CREWS, fields, actor=DISPATCHER)
    with office.desk.store.read() as unit:
        assert crews.resolve(unit, crew.id) == (lead.id, (member.id,))
        with pytest.raises(NotFound):
            crews.resolve(unit, "cw_none")
    records.retire(office.desk, CREWS, crew.id, actor=DISPATCHER, expected_version=None)
    with office.desk.store.read() as unit, pytest.raises(InvalidInput, match="Roof"):
        crews.resolve(unit, crew.id)
