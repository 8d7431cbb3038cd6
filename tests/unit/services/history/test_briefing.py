"""Whoever is sent knows what was there before, and the record keeps what they were told."""

from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.services.history import briefing
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER, NOW, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def candidate(technician, rank, **terms):
    return {
        "technician_id": technician.id,
        "rank": rank,
        "score_min": sum(terms.values()),
        "terms": [
            {"name": name, "minutes": minutes, "text": f"{name} {minutes}"}
            for name, minutes in terms.items()
        ],
    }


def sent_with(office, order):
    with office.desk.store.read() as unit:
        (event,) = unit.events(types=["order.briefed"], streams=[f"order:{order.id}"])
    return event


def done_before(office, site, notes, **fields):
    order = office.assigned(site=site, **fields)
    work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    office.clock.go_on(hours=1)
    return work_orders.step(office.desk, order.id, Status.COMPLETE, actor=DISPATCHER, note=notes)


def test_the_briefing_goes_out_with_the_assignment_and_stays_as_it_was(office):
    site = office.site(access_notes="Ring twice", safety_notes="Asbestos in the cellar")
    order = office.assigned(site=site)
    sent = sent_with(office, order)
    assert sent.body["assignment_id"] == order.assignment_id
    assert sent.body["briefing"]["site"]["safety_notes"] == "Asbestos in the cellar"
    done_before(office, site, "new gasket")
    told = briefing.of_order(office.desk, order.id)
    assert told["sent"]["briefing"]["site_history"] == []
    assert [past["notes"] for past in told["site_history"]] == ["new gasket"]


def test_it_tells_the_last_visits_at_the_site_latest_first(office):
    site = office.site()
    for number in range(7):
        done_before(office, site, f"visit {number}")
    told = briefing.of_order(office.desk, office.assigned(site=site).id)
    assert [past["notes"] for past in told["site_history"]] == [
        f"visit {number}" for number in (6, 5, 4, 3, 2)
    ]
    assert told["site_history"][0]["visits"][0]["call_sign"] == "Van 07"


def test_it_says_why_this_technician_against_the_next_best(office):
    near, far = office.technician("Near"), office.technician("Far")
    order = office.order()
    assign = c.Assign(
        assignment_id="as_1",
        technician_id=near.id,
        sequence=1,
        source="auto",
        ranking=(
            candidate(near, 1, drive=5.0, territory=0.0),
            candidate(far, 2, drive=12.0, territory=10.0),
        ),
    )
    office.apply(order.id, assign)
    why = sent_with(office, order).body["briefing"]["explanation"]
    assert (why["source"], why["rank"], why["of"], why["score_min"]) == ("auto", 1, 2, 5.0)
    assert [(one["factor"], one["minutes"], one["behind_next_min"]) for one in why["reasons"]] == [
        ("drive", 5.0, -7.0),
        ("territory", 0.0, -10.0),
    ]


def test_an_override_is_part_of_the_explanation(office):
    order = office.order()
    assign = c.Assign(
        assignment_id="as_1",
        technician_id=office.technician().id,
        sequence=1,
        reason="knows the customer",
        conflicts=({"code": "off_shift", "fact": "off shift until Monday"},),
    )
    office.apply(order.id, assign)
    why = sent_with(office, order).body["briefing"]["explanation"]
    assert (why["rank"], why["reason"]) == (None, "knows the customer")
    assert why["overridden"] == ["off shift until Monday"]


def test_a_follow_up_tells_what_it_goes_on_with(office):
    parent = done_before(office, office.site(), "valve leaks")
    child = office.order(office.site(), parent_id=parent.id)
    assert briefing.of_order(office.desk, child.id)["follows_up"]["notes"] == "valve leaks"


def test_nobody_is_explained_before_somebody_has_it_or_after_it_was_taken_back(office):
    order = office.assigned()
    assert briefing.of_order(office.desk, order.id)["sent"] is not None
    office.apply(order.id, c.Unassign())
    told = briefing.of_order(office.desk, order.id)
    assert (told["explanation"], told["sent"]) == (None, None)


@pytest.mark.parametrize(
    ("clock", "remaining_s", "paused", "breached"),
    [
        (SlaClock(3600, NOW + timedelta(hours=1)), 3600, False, False),
        (SlaClock(3600, NOW - timedelta(minutes=1)), -60, False, True),
        (
            SlaClock(3600, NOW + timedelta(hours=1), paused_at=NOW - timedelta(hours=1)),
            7200,
            True,
            False,
        ),
        (SlaClock(3600, NOW, stopped_at=NOW + timedelta(seconds=1)), None, False, True),
    ],
)
def test_clocks_tell_how_they_stand(clock, remaining_s, paused, breached):
    state = briefing.sla_state(Sla("gold", 1, response=clock), NOW)
    assert state.completion is None
    assert (state.response.remaining_s, state.response.paused, state.response.breached) == (
        remaining_s,
        paused,
        breached,
    )
