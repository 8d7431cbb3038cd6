"""Service contracts: the tier they give, and when somebody should see to them."""

from datetime import date, timedelta

import pytest

from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.services.records import contracts
from tests.support.records import NOW, open_office

TODAY = NOW.date()


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.mark.capability("BO-054")
def test_renewals_are_due_60_30_and_7_days_before(office):
    customer = office.customer()
    for days in (61, 60, 31, 30, 8, 7, 0, -3):
        office.contract(
            customer,
            name=str(days),
            tier="gold",
            starts_on=date(2025, 1, 1),
            renews_on=TODAY + timedelta(days=days),
        )
    due = [(one.days_left, one.within_days) for one in contracts.renewals(office.desk)]
    assert due == [(-3, 7), (0, 7), (7, 7), (8, 30), (30, 30), (31, 60), (60, 60)]


def test_what_renews_itself_and_has_done_so_is_not_due(office):
    office.contract(
        office.customer(),
        tier="gold",
        starts_on=date(2025, 1, 1),
        renews_on=TODAY - timedelta(days=1),
        renews_itself=True,
    )
    assert contracts.renewals(office.desk) == []


@pytest.mark.parametrize(
    ("fields", "tier"),
    [
        ({"starts_on": TODAY}, "gold"),
        ({"starts_on": TODAY + timedelta(days=1)}, "standard"),
        ({"starts_on": date(2025, 1, 1), "renews_on": TODAY}, "standard"),
        ({"starts_on": date(2025, 1, 1), "renews_on": TODAY, "renews_itself": True}, "gold"),
        ({"starts_on": date(2025, 1, 1), "renews_on": TODAY + timedelta(days=1)}, "gold"),
    ],
)
def test_the_tier_is_that_of_the_contract_while_it_holds(office, fields, tier):
    customer = office.customer()
    office.contract(customer, tier="gold", **fields)
    with office.desk.store.read() as unit:
        assert contracts.tier_of(unit, customer.id, TODAY) == tier


def test_of_two_contracts_the_one_that_started_last_counts(office):
    customer = office.customer()
    for name, start in (("old", date(2024, 1, 1)), ("new", date(2025, 1, 1))):
        office.contract(customer, name=name, tier=name, starts_on=start)
    with office.desk.store.read() as unit:
        assert contracts.tier_of(unit, customer.id, TODAY) == "new"


def test_every_fault_of_a_contract_is_told(office):
    with pytest.raises(InvalidInput) as refused:
        office.contract(
            office.customer(),
            name=" ",
            tier="",
            starts_on=TODAY,
            renews_on=TODAY,
        )
    assert {fault.where for fault in refused.value.faults} == {"name", "tier", "renews_on"}
