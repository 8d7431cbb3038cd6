"""A tracking server's devices are found by the names that its people gave them."""

import pytest

from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.tracking import fleet
from tests.support.records import DISPATCHER, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def test_a_name_is_an_id_else_an_external_id_else_a_call_sign(office):
    van = office.technician("Van 07", external_id="356938035643809")
    other = office.technician("356938035643809")
    found = fleet.ids_of(office.desk, [van.id, "356938035643809", "Van 07", other.id])
    assert found == {
        van.id: van.id,
        "356938035643809": van.id,
        "Van 07": van.id,
        other.id: other.id,
    }


def test_a_call_sign_of_several_is_nobodys(office):
    first = office.technician("Van 07")
    assert fleet.ids_of(office.desk, ["Van 07"]) == {"Van 07": first.id}
    office.technician("Van 07")
    assert fleet.ids_of(office.desk, ["Van 07"]) == {}


def test_a_call_sign_of_somebody_retired_is_free_again(office):
    old = office.technician("Van 07")
    records.retire(office.desk, records.TECHNICIANS, old.id, actor=DISPATCHER, expected_version=1)
    new = office.technician("Van 07")
    assert fleet.ids_of(office.desk, ["Van 07"]) == {"Van 07": new.id}


@pytest.mark.parametrize("name", ["", "te_\0", "te_\ud800", "x" * 256, "nobody"])
def test_a_name_that_nobody_can_have_is_left_out(office, name):
    assert fleet.ids_of(office.desk, [name]) == {}
