"""What is at risk, when it no longer is, and what was announced."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.sla.risk import announced, contract_risk, open_deadlines, risk_of
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.events import EtaPublished, OrderAssigned, OrderBumped, OrderDelayed
from geo_dispatch.dispatch.work.orders import Risk
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import NOW, an_order, minutes, on_site_since

IN_AN_HOUR = NOW + minutes(60)


def promised(**due_min):
    clocks = {name: SlaClock(3600, NOW + minutes(due)) for name, due in due_min.items()}
    return an_order(sla=Sla("gold", 1, **clocks))


def test_an_order_without_limits_is_never_at_risk():
    assert risk_of(an_order(), NOW + minutes(9999), NOW + minutes(9999), NOW) is None


@pytest.mark.parametrize(
    ("order", "limit", "late_min"),
    [
        (an_order(window=Window(NOW, IN_AN_HOUR)), "window", 10),
        (an_order(due_at=IN_AN_HOUR), "due", 40),
        (promised(response=60), "sla_response", 10),
        (promised(completion=60), "sla_completion", 40),
        (replace(promised(response=60), due_at=IN_AN_HOUR), "due", 40),
    ],
)
def test_arrivals_are_held_to_windows_and_responses_and_ends_to_the_rest(order, limit, late_min):
    risk = risk_of(order, NOW + minutes(70), NOW + minutes(100), NOW)
    assert risk == Risk(limit, late_min * 60, NOW)
    assert risk_of(order, NOW + minutes(20), NOW + minutes(60), NOW) is None


def test_limits_of_the_arrival_end_with_it():
    order = an_order(window=Window(NOW, IN_AN_HOUR), **on_site_since(NOW))
    assert open_deadlines(order) == []


def test_paused_and_stopped_clocks_put_nothing_at_risk():
    order = promised(response=60)
    for change in ({"paused_at": NOW}, {"stopped_at": NOW}):
        still = replace(order.sla, response=replace(order.sla.response, **change))
        assert open_deadlines(replace(order, sla=still)) == []


def test_risks_do_not_flap():
    """Arrivals that jitter around the limit raise the risk once; it clears with a margin."""
    order = an_order(window=Window(NOW, IN_AN_HOUR))
    told = []
    for arrives_min in (58, 61, 59, 61, 58, 60.5, 59, 57, 59, 61):
        risk = risk_of(order, NOW + minutes(arrives_min), None, NOW)
        if risk != order.risk:
            told.append((arrives_min, risk is not None))
        order = replace(order, risk=risk)
    assert told == [(61, True), (57, False), (61, True)]


def test_who_came_late_is_not_in_time_again():
    window = Window(NOW - minutes(60), NOW)
    risk = Risk("window", 600, NOW - minutes(20))
    late = an_order(window=window, risk=risk, **on_site_since(NOW + minutes(10)))
    later = NOW + minutes(15)
    assert risk_of(late, NOW + minutes(10), NOW + minutes(40), later) == risk
    in_time = replace(late, arrival=replace(late.arrival, at=NOW - minutes(1)))
    assert risk_of(in_time, NOW - minutes(1), NOW + minutes(40), later) is None
    agreed_anew = replace(late, window=Window(NOW, NOW + minutes(30)))
    assert risk_of(agreed_anew, NOW + minutes(10), NOW + minutes(40), later) is None
    clock = SlaClock(3600, NOW, stopped_at=NOW + minutes(10))
    answered_late = replace(late, window=None, sla=Sla("gold", 1, response=clock))
    assert risk_of(answered_late, NOW + minutes(10), NOW + minutes(40), later) == risk


def test_who_came_late_may_still_miss_another_limit():
    order = an_order(
        window=Window(NOW - minutes(60), NOW),
        due_at=NOW + minutes(30),
        risk=Risk("window", 600, NOW),
        **on_site_since(NOW + minutes(10)),
    )
    risk = risk_of(order, NOW + minutes(10), NOW + minutes(35), NOW)
    assert risk == Risk("due", 300, NOW)


def test_an_arrival_that_is_contested_is_none():
    order = an_order(window=Window(NOW, IN_AN_HOUR), **on_site_since(NOW))
    contested = replace(order, arrival=replace(order.arrival, review=Review.CONTESTED))
    assert risk_of(contested, NOW + minutes(61), None, NOW) == Risk("window", 60, NOW)


def test_a_clock_that_is_paused_solves_nothing():
    risk = Risk("sla_response", 60, NOW)
    order = replace(promised(response=60), risk=risk)
    clock = replace(order.sla.response, paused_at=NOW)
    paused = replace(order, sla=replace(order.sla, response=clock))
    assert risk_of(paused, NOW + minutes(61), None, NOW) == risk
    moved = replace(clock, paused_at=None, due_at=NOW + minutes(90))
    resumed = replace(order, sla=replace(order.sla, response=moved))
    assert risk_of(resumed, NOW + minutes(61), None, NOW) is None


def test_while_nobody_can_tell_a_risk_stays():
    risk = Risk("window", 60, NOW)
    order = an_order(window=Window(NOW, IN_AN_HOUR), risk=risk)
    assert risk_of(order, None, None, NOW) == risk


def test_a_limit_that_was_lifted_is_no_risk_any_more():
    assert risk_of(an_order(risk=Risk("window", 60, NOW)), IN_AN_HOUR, IN_AN_HOUR, NOW) is None


@pytest.mark.parametrize(
    ("fields", "risk"),
    [
        ({}, 0),
        ({"due_at": NOW + minutes(1)}, 0),
        ({"due_at": NOW}, 0),
        ({"due_at": NOW - timedelta(days=1)}, 2),
        ({"due_at": NOW - timedelta(days=9)}, 10),
        ({"due_at": NOW - timedelta(days=9), "contract_critical": True}, 20),
        ({"due_at": NOW - timedelta(days=9), "work_class": "reactive"}, 0),
    ],
)
def test_overdue_maintenance_rises_with_each_day(fields, risk):
    assert contract_risk(an_order(**{"work_class": "maintenance", **fields}), NOW) == risk


def eta(minute):
    return EtaPublished(
        order_id="wo_1",
        technician_id="tc_1",
        eta=None if minute is None else NOW + minutes(minute),
        drive_s=0,
        position_at=NOW,
        basis="position",
    )


def test_what_was_announced_follows_assignments_delays_and_much_earlier_arrivals():
    assigned = OrderAssigned(
        order_id="wo_1", assignment_id="as_1", technician_id="tc_1", sequence=1, source="manual",
        occurred_at=NOW,
    )  # fmt: skip
    delayed = OrderDelayed(
        order_id="wo_1", technician_id="tc_1", eta_before=NOW, eta=NOW + minutes(50), by_s=1200,
        occurred_at=NOW,
    )  # fmt: skip
    history = [
        (assigned, None),
        (eta(None), None),
        (eta(30), 30),
        (eta(40), 30),
        (eta(50), 30),
        (delayed, 50),
        (eta(36), 50),
        (eta(34), 34),
        (assigned, None),
        (eta(70), 70),
    ]
    for number, (_, minute) in enumerate(history, start=1):
        told = announced([event for event, _ in history[:number]], 900)
        assert told == (None if minute is None else NOW + minutes(minute))


def test_a_bump_announces_when_work_begins_now():
    bumped = OrderBumped(
        order_id="wo_1", technician_before="tc_1", technician_after="tc_1", by_order_id=None,
        begin_before=NOW, begin_after=NOW + minutes(90), occurred_at=NOW,
    )  # fmt: skip
    assert announced([eta(30), bumped], 900) == NOW + minutes(90)
    assert announced([eta(30), replace(bumped, begin_after=None)], 900) is None
