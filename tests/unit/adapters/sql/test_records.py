"""Records that a unit has at hand are as the table has them."""

from dataclasses import replace

import pytest

from geo_dispatch.dispatch.records.sites import Customer
from geo_dispatch.kernel.errors import Conflict, VersionConflict
from geo_dispatch.kernel.ids import CustomerId
from tests.support.records import open_office


@pytest.fixture
def unit(tmp_path):
    with open_office(tmp_path) as office, office.desk.store.write() as unit:
        unit.customers.add(customer("a"))
        unit.customers.keep_at_hand(["a", "b"])
        yield unit


def customer(name):
    return Customer(id=CustomerId(f"cu_{name}"), name=name, external_id=name)


def test_what_is_added_and_changed_is_found(unit):
    assert unit.customers.by_external_id("b") is None
    unit.customers.add(customer("b"))
    assert unit.customers.by_external_id("b") == unit.customers.find("cu_b") == customer("b")
    saved = unit.customers.save(replace(customer("b"), name="Bakery"))
    assert unit.customers.by_external_id("b") == unit.customers.find("cu_b") == saved


def test_an_external_id_given_away_is_free_again(unit):
    unit.customers.save(replace(customer("a"), external_id="other"))
    assert unit.customers.by_external_id("a") is None
    assert unit.customers.by_external_id("other").id == "cu_a"
    assert unit.customers.add(replace(customer("b"), external_id="a")).id == "cu_b"


def test_it_hides_no_conflict(unit):
    with pytest.raises(Conflict, match="belongs to customer 'cu_a'"):
        unit.customers.add(replace(customer("b"), external_id="a"))
    with pytest.raises(VersionConflict):
        unit.customers.save(replace(customer("a"), version=7))
