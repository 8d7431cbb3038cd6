"""Equipment, resources and crews as records: what they refer to is there."""

import pytest

from geo_dispatch.kernel.errors import Conflict, InvalidInput
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records import registers
from geo_dispatch.services.records.registers import CREWS, EQUIPMENT, RESOURCES
from tests.support.records import DISPATCHER, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def enter(office, kind, **fields):
    return records.create(office.desk, kind, fields, actor=DISPATCHER)


def faults(office, kind, **fields):
    with pytest.raises(InvalidInput) as refusal:
        enter(office, kind, **fields)
    return [str(fault) for fault in refusal.value.faults]


def test_equipment_stands_at_a_site_and_is_listed_there(office):
    site, other = office.site("Bakery"), office.site("School")
    boiler = enter(office, EQUIPMENT, site_id=site.id, type="boiler", name="Boiler 2, cellar")
    enter(office, EQUIPMENT, site_id=other.id, type="lift", name="Lift")
    assert registers.equipment_at(office.desk, site.id) == [boiler]


def test_equipment_at_no_site_and_without_a_type_is_refused_with_both_faults(office):
    assert faults(office, EQUIPMENT, site_id="st_9", type=" ", name="Boiler") == [
        "type: is empty; say what it is, such as 'heat pump'",
        "site_id: no site 'st_9'; enter it first",
    ]


def test_equipment_does_not_move_while_an_open_order_is_to_work_on_it(office):
    site, other = office.site("Bakery"), office.site("School")
    boiler = enter(office, EQUIPMENT, site_id=site.id, type="boiler", name="Boiler")
    order = office.order(site, equipment_id=boiler.id)
    with pytest.raises(InvalidInput) as refusal:
        records.change(
            office.desk,
            EQUIPMENT,
            boiler.id,
            {"site_id": other.id},
            actor=DISPATCHER,
            expected_version=None,
        )
    assert [fault.message for fault in refusal.value.faults] == [
        f"{order.number} is to work on it where it was; end it first"
    ]
    with pytest.raises(Conflict, match=f"still needed by {order.number}"):
        records.retire(office.desk, EQUIPMENT, boiler.id, actor=DISPATCHER, expected_version=None)


def test_a_crew_is_made_of_technicians_in_service(office):
    lead = office.technician("Van 01")
    gone = office.technician("Van 02")
    records.retire(
        office.desk, records.TECHNICIANS, gone.id, actor=DISPATCHER, expected_version=None
    )
    assert faults(
        office, CREWS, name="Roof", lead_id=lead.id, member_ids=(lead.id, gone.id, "tc_9")
    ) == [
        "member_ids: names somebody twice; each goes once",
        f"member_ids[1]: Van 02 ({gone.id}) is retired; name another",
        "member_ids[2]: no technician 'tc_9'; enter them first",
    ]


def test_a_technician_of_a_crew_cannot_retire_before_the_crew_goes_on_without(office):
    lead, member = office.technician("Van 01"), office.technician("Van 02")
    crew = enter(office, CREWS, name="Roof", lead_id=lead.id, member_ids=(member.id,))
    for technician, how in ((lead, "is led by them"), (member, "counts on them")):
        with pytest.raises(Conflict, match="still needed by crew Roof") as refusal:
            records.retire(
                office.desk,
                records.TECHNICIANS,
                technician.id,
                actor=DISPATCHER,
                expected_version=None,
            )
        assert [fault.message for fault in refusal.value.conflicts] == [how]
    records.retire(office.desk, CREWS, crew.id, actor=DISPATCHER, expected_version=None)
    records.retire(
        office.desk, records.TECHNICIANS, lead.id, actor=DISPATCHER, expected_version=None
    )


def test_a_resource_says_what_it_provides(office):
    assert faults(office, RESOURCES, name="Hoist", provides=()) == [
        "provides: is empty; say what orders ask for, such as 'hoist'"
    ]


def test_what_must_be_given_is_named_all_at_once(office):
    assert faults(office, CREWS) == [
        "name: is missing",
        "lead_id: is missing",
        "member_ids: is missing",
    ]


def test_a_customer_prefers_somebody_who_is_there(office):
    with pytest.raises(InvalidInput, match="customer cannot be entered") as refusal:
        office.customer(preferred_technician_id="tc_9")
    assert [fault.where for fault in refusal.value.faults] == ["preferred_technician_id"]
