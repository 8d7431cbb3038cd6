"""Crews, shared things, licences and parts where they are decided on: in an assignment."""

from datetime import date, timedelta

import pytest

from geo_dispatch.dispatch.records.technicians import Certificate, Part, Skill, Vehicle
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import SkillRequirement
from geo_dispatch.kernel.errors import AssignmentConflict, InvalidInput, NotFound
from geo_dispatch.services.dispatching import assignments, bookings
from geo_dispatch.services.dispatching.placing import Wish
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import CREWS, RESOURCES
from tests.support.records import DISPATCHER

STREET = "A----------B----------C----------D"


def register(desk, kind, **fields):
    return records.create(desk.ctx, kind, fields, actor=DISPATCHER)


def booked(desk, resource):
    return bookings.of_resource(desk.ctx, resource.id)


def codes(refusal):
    return {fault.where for fault in refusal.value.conflicts}


@pytest.mark.capability("BO-076")
def test_a_crew_is_assigned_as_one_and_begins_when_the_last_is_there(desk):
    lead, member = desk.technician("Van 01", "A"), desk.technician("Van 02", "D")
    crew = register(desk, CREWS, name="Roof", lead_id=lead.id, member_ids=(member.id,))
    order = desk.order("B", crew_size=2)
    given = desk.assign(order, None, wish=Wish(crew_id=crew.id))
    assert (given.technician_id, given.crew) == (lead.id, (member.id,))
    alone = desk.assign(desk.order("B"), member)
    assert given.start_at > desk.clock.now
    assert set(desk.sequences(member)) == {given.id, alone.id}


def test_the_same_lead_with_another_crew_brings_that_along(desk):
    lead, lost, near = (desk.technician(f"Van 0{n}", place) for n, place in enumerate("BDB", 1))
    order = desk.assign(desk.order("B", crew_size=2), lead, wish=Wish(crew=(lost.id,)))
    other = desk.assign(desk.order("D"), near)
    desk.clock.go_on(minutes=30)
    desk.see(lead, "B")
    desk.see(near, "B")
    given = desk.assign(order, None)
    assert {given.technician_id, *given.crew} == {lead.id, near.id}
    assert desk.sequences(lost) == {}
    with desk.ctx.store.read() as unit:
        plans = load_plans(unit, [lead, near], lambda _: None)
    days = [{stop.order.id: stop.order.sequence for stop in plan.stops} for plan in plans]
    assert [sorted(day.values()) for day in days] == [[1], [1, 2]]
    assert [set(day) for day in days] == [{order.id}, {order.id, other.id}]


def test_a_crew_that_is_none_is_refused(desk):
    lead = desk.technician("Van 01", "A")
    order = desk.order("B", crew_size=2)
    with pytest.raises(NotFound, match="no crew 'cw_9'"):
        desk.assign(order, None, wish=Wish(crew_id="cw_9"))
    with pytest.raises(InvalidInput, match="this crew cannot be sent") as refusal:
        desk.assign(order, lead, wish=Wish(crew=("tc_9", lead.id)))
    assert [fault.where for fault in refusal.value.faults] == ["crew[0]", "crew"]


@pytest.mark.capability("BO-055")
def test_what_no_van_carries_is_booked_with_the_assignment_and_given_back_with_it(desk):
    first, second = desk.technician("Van 01", "A"), desk.technician("Van 02", "A")
    hoist = register(desk, RESOURCES, name="Hoist 1", provides=("hoist",))
    one = desk.order("B", required_equipment=("hoist",))
    desk.assign(one, first)
    (booking,) = booked(desk, hoist)
    assert (booking.order_id, booking.window.start) == (one.id, desk.clock.now)
    assert booking.window.end > desk.clock.now + timedelta(seconds=one.duration_s)
    other = desk.order("C", required_equipment=("hoist",))
    with pytest.raises(AssignmentConflict) as refusal:
        desk.assign(other, second)
    assert "equipment_missing" in codes(refusal)
    assert one.number in str(refusal.value.conflicts[0])
    desk.office.apply(one.id, c.Unassign())
    assert booked(desk, hoist) == []
    assert desk.assign(other, second).technician_id == second.id


@pytest.mark.capability("BO-059")
def test_a_refrigerated_vehicle_is_an_attribute_that_work_asks_for(desk):
    desk.technician("Van 01", "B", vehicle=Vehicle("Caddy"))
    cold = desk.technician("Van 02", "D", vehicle=Vehicle("Cool", equipment=("refrigerated",)))
    order = desk.order("A", required_equipment=("refrigerated",))
    assert [one.technician_id for one in desk.rank(order).candidates] == [cold.id]
    assert desk.assign(order, None).technician_id == cold.id


@pytest.mark.capability("BO-001")
def test_a_missing_part_blocks_the_release_unless_it_is_forced(desk):
    bare = desk.technician("Van 01", "A")
    stocked = desk.technician(
        "Van 02", "D", parts=(Part("VALVE", 2),), certificates=(Certificate("gas", "licence"),)
    )
    order = desk.order(
        "B", required_parts=(Part("VALVE", 2),), required_certificates=("gas",), duration_s=600.0
    )
    (candidate,) = desk.rank(order).candidates
    assert candidate.technician_id == stocked.id
    assert candidate.drive_s > 0
    assert any("gas" in one for one in candidate.met)
    assert any("VALVE" in one for one in candidate.met)
    with pytest.raises(AssignmentConflict) as refusal:
        desk.assign(order, bare)
    assert {"part_missing", "cert_missing"} <= codes(refusal)
    forced = desk.assign(order, bare, force=True, reason="the valve is at the site")
    assert forced.technician_id == bare.id


@pytest.mark.capability("BO-062")
def test_each_stage_goes_to_who_has_the_licence_for_it(desk):
    until = date(2027, 1, 31)
    digger = desk.technician("Van 01", "A", certificates=(Certificate("digging", "licence"),))
    welder = desk.technician(
        "Van 02", "D", certificates=(Certificate("welding", "licence", until),)
    )
    first = desk.order("B", required_certificates=("digging",), duration_s=600.0)
    second = desk.order("B", required_certificates=("welding",), after=(first.id,))
    assert [one.technician_id for one in desk.rank(first).candidates] == [digger.id]
    desk.assign(first, None)
    assert welder.id not in {
        one.technician_id
        for one in desk.rank(second).excluded
        if any(exclusion.code.startswith("cert") for exclusion in one.exclusions)
    }
    assert {
        exclusion.code
        for one in desk.rank(second).excluded
        if one.technician_id == digger.id
        for exclusion in one.exclusions
    } >= {"cert_missing"}


@pytest.mark.capability("FA-053")
def test_reactive_work_projects_and_inspections_share_technicians_and_their_licences(desk):
    plain = desk.technician("Van 01", "A", skills=(Skill("hvac", 3),))
    inspector = desk.technician("Van 02", "D", certificates=(Certificate("inspector", "licence"),))
    project = desk.order("B", work_class="project", duration_s=20 * 3600.0)
    reactive = desk.order("C", required_skills=(SkillRequirement("hvac", 2),), duration_s=1800.0)
    inspection = desk.order(
        "C", work_class="inspection", required_certificates=("inspector",), duration_s=1800.0
    )
    assert desk.assign(reactive, None).technician_id == plain.id
    assert desk.assign(inspection, None).technician_id == inspector.id
    desk.assign(project, plain)
    later = desk.order("D", duration_s=1800.0)
    behind = assignments.preview(
        desk.ctx, later.id, plain.id, positions=desk.positions, wish=Wish(position=2)
    )
    assert behind.begin_at > desk.clock.now + timedelta(days=2)
