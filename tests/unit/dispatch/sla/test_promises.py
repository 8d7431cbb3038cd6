"""Policies: which order they cover, and what is wrong with them."""

from datetime import date, time

import pytest

from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.sla.promises import Calendar, SlaPolicy, policy_for, sla_faults
from tests.support.dispatching import an_order

GOLD = SlaPolicy("gold", tiers=("gold", "platinum"), response_s=3600)
LIFTS = SlaPolicy("lifts", job_types=("lift",), priorities=(1, 2), response_s=900)
REST = SlaPolicy("rest", work_classes=("reactive",), completion_s=86400)


@pytest.mark.parametrize(
    ("order", "tier", "policy"),
    [
        (an_order(type="lift", priority=2), None, LIFTS),
        (an_order(type="lift", priority=3), None, REST),
        (an_order(type="lift", priority=1), "gold", LIFTS),
        (an_order(type="Lift ", priority=1), None, LIFTS),
        (an_order(priority=1), "Gold", GOLD),
        (an_order(priority=1), "platinum", GOLD),
        (an_order(work_class="maintenance"), "silver", None),
    ],
)
def test_the_first_policy_whose_lists_all_name_the_order_covers_it(order, tier, policy):
    assert policy_for((LIFTS, GOLD, REST), order, tier) is policy


def test_a_promise_to_a_region_covers_the_orders_of_its_sites():
    north = SlaPolicy("north", territories=("north", "far-north"), response_s=3600)
    assert policy_for((north, REST), an_order(), None, "far-north") is north
    assert policy_for((north, REST), an_order(), None, "south") is REST
    assert policy_for((north, REST), an_order(), None) is REST


def test_every_fault_is_told_with_its_place():
    calendars = (
        Calendar("office", (Hours(7, time(8), time(17)),)),
        Calendar("office", always=True, holidays=(date(2026, 12, 25),)),
        Calendar("never"),
    )
    policies = (
        SlaPolicy("", response_s=0),
        SlaPolicy("gold", response_s=3600, calendar="offices", priorities=(0, 1)),
        SlaPolicy("gold"),
    )
    faults = [(fault.where, fault.message) for fault in sla_faults(policies, calendars)]
    assert faults == [
        ("calendars[0].hours[0].weekday", "7 is not 0 (Monday) to 6 (Sunday)"),
        ("calendars[1].always", "counts day and night: leave out hours and holidays"),
        (
            "calendars[2].hours",
            "open for 0 min a week; give at least 60 min, or always = true",
        ),
        ("calendars[1].name", "'office' is there twice; names tell them apart"),
        ("sla[2].name", "'gold' is there twice; names tell them apart"),
        ("sla[0].name", "is empty; name the promise"),
        ("sla[0].response_s", "0 is not above 0 and at most 7776000 seconds (90 days)"),
        ("sla[1].calendar", "no calendar 'offices'; there are always, never, office"),
        ("sla[1].priorities", "0 is not between 1 and 5"),
        ("sla[2]", "'gold' promises nothing; give response_s or completion_s"),
    ]


def test_a_fault_free_document_has_none():
    office = Calendar("office", tuple(Hours(day, time(8), time(17)) for day in range(5)))
    assert sla_faults((GOLD, LIFTS, REST), (office,)) == []
