"""Who goes to an emergency, what makes room for it, and how each change is told."""

from datetime import timedelta

import pytest

from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.policy.document import EmergencyParams
from geo_dispatch.dispatch.repairs.emergency import (
    Emergency,
    plan_emergency,
    respond_by_of,
    why_firm,
)
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    ZONE,
    FlatLand,
    a_case,
    a_plan,
    a_site,
    a_stop,
    a_technician,
    an_order,
    at,
    minutes,
)

PARAMS = EmergencyParams(respond_within_s=1800.0)
URGENT = an_order("wo_9", priority=1, duration_s=3600.0)


def answer(*plans, respond_min=20, params=PARAMS, fits=True, **options):
    """The plan for an emergency with everybody of the plans as a host."""
    drives = FlatLand().drives
    return plan_emergency(
        Emergency(
            a_case(URGENT, a_site(at(0))),
            {plan.technician.id: 0.0 for plan in plans},
            NOW + minutes(respond_min),
        ),
        days_of(plans, drives, NOW, ZONE),
        drives,
        lambda _stop, _technician_id: fits,
        params,
        **options,
    )


def told(plan):
    return {one.order_id: one for one in plan.rearrangement.changes}


def test_whoever_is_free_and_near_goes_and_nothing_else_changes():
    busy = a_plan(a_technician("busy"), at(0), [a_stop("wo_1", at(600))])
    free = a_plan(a_technician("free"), at(3000))
    plan = answer(busy, free)
    assert plan.technician_id == "free"
    assert list(told(plan)) == ["wo_9"]
    assert told(plan)["wo_9"].why == "somebody must be there by 10:20"
    assert plan.rearrangement.sequences == {"free": ("wo_9",)}


def test_a_visit_that_can_wait_behind_it_is_moved_and_told_by_how_much():
    plan = answer(a_plan(a_technician("anna"), at(0), [a_stop("wo_1", at(600))]))
    moved = told(plan)["wo_1"]
    assert (moved.kind, moved.technician_after) == ("moved", "anna")
    assert moved.why == "begins 11:01, 60 min later, because of emergency WO-9"
    assert moved.begin_after - moved.begin_before == timedelta(minutes=60)


def test_a_promised_visit_goes_to_another_who_has_room():
    window = Window(NOW, NOW + minutes(40))
    near = a_plan(a_technician("near"), at(0), [a_stop("wo_1", at(600), window=window)])
    far = a_plan(a_technician("far"), at(15_000))
    plan = answer(near, far)
    bumped = told(plan)["wo_1"]
    assert (plan.technician_id, bumped.kind, bumped.technician_after) == ("near", "bumped", "far")
    assert bumped.why.startswith("makes room for emergency WO-9; begins 10:")
    assert bumped.slack_s == pytest.approx((40 * 60) - 14_400 / 10, abs=1)
    assert plan.flagged == {}


def test_with_nobody_else_the_visit_waits_in_the_backlog_and_is_flagged():
    long = a_stop("wo_1", at(600), duration_s=6.5 * 3600)  # the shift ends in seven hours
    plan = answer(a_plan(a_technician("anna"), at(0), [long]))
    left = told(plan)["wo_1"]
    assert (left.kind, left.technician_after, left.begin_after) == ("unassigned", None, None)
    assert (plan.cost.broken, plan.cost.unassigned) == (0, 1)
    assert plan.flagged == {"wo_1": left.why}
    assert "nobody else has room" in left.why


def test_a_visit_with_a_promise_for_today_breaks_it_in_the_backlog():
    due_at = NOW + minutes(8 * 60)
    long = a_stop("wo_1", at(600), duration_s=6.5 * 3600, due_at=due_at)
    plan = answer(a_plan(a_technician("anna"), at(0), [long]))
    assert plan.cost.late_min == 0
    assert (plan.cost.broken, plan.cost.unassigned) == (1, 1)
    assert told(plan)["wo_1"].breaks == ("due 18:00",)


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": 1},
        {"pinned": True},
        {"contract_critical": True},
        {"crew": (TechnicianId("bert"),)},
        {"required_equipment": ("crane",)},
        {"after": (OrderId("wo_8"),)},
    ],
)
def test_some_visits_make_room_for_nothing(fields):
    order = an_order("wo_1", **fields)
    assert why_firm(order, URGENT, frozenset())
    plan = answer(
        a_plan(a_technician("anna"), at(0), [a_stop("wo_1", at(600), **fields)]),
        respond_min=5,
    )
    assert list(told(plan)) == ["wo_9"]
    assert plan.cost.late_min > 0
    urgent = order.priority <= URGENT.priority
    assert [one.why for one in plan.firm if not urgent] == (
        [] if urgent else [why_firm(order, URGENT, frozenset())]
    )


def test_a_visit_that_others_wait_for_makes_no_room():
    order = an_order("wo_1")
    assert not why_firm(order, URGENT, frozenset())
    assert why_firm(order, URGENT, frozenset({order.id}))


def test_what_has_begun_goes_on():
    under_way = a_stop("wo_1", at(6000), status=Status.EN_ROUTE)
    plan = answer(a_plan(a_technician("anna"), at(0), [under_way]))
    assert plan.rearrangement.sequences == {"anna": ("wo_1", "wo_9")}
    assert list(told(plan)) == ["wo_9"]


def test_no_more_visits_change_than_the_policy_lets():
    stops = [a_stop(f"wo_{n}", at(600), n, duration_s=600.0) for n in (1, 2, 3)]
    day = a_plan(a_technician("anna"), at(0), stops)
    wide = answer(day, respond_min=1)
    narrow = answer(day, respond_min=1, params=EmergencyParams(max_changes=2))
    assert (wide.cost.late_min, wide.cost.changes) == (0, 4)
    assert narrow.cost.late_min > 0
    assert narrow.cost.changes <= 3


def test_a_search_that_is_cut_short_says_so():
    stops = [a_stop(f"wo_{n}", at(600 * n), n) for n in (1, 2, 3)]
    plan = answer(a_plan(a_technician("anna"), at(0), stops), max_walks=2)
    assert not plan.proven


def test_nobody_who_can_be_there_is_an_answer():
    lost = a_plan(a_technician("lost"), place=None)
    plan = answer(lost)
    assert (plan.technician_id, plan.cost, plan.proven) == (None, None, True)
    assert plan.rearrangement.changes == ()


def test_when_somebody_must_be_there_comes_from_the_sla_the_window_or_the_policy():
    sla = Sla("gold", 1, SlaClock(3600.0, NOW + minutes(60)))
    window = Window(NOW, NOW + minutes(90))
    assert respond_by_of(an_order(sla=sla, window=window), NOW, PARAMS) == NOW + minutes(60)
    assert respond_by_of(an_order(window=window), NOW, PARAMS) == NOW + minutes(90)
    assert respond_by_of(an_order(), NOW, PARAMS) == NOW + minutes(30)
    stopped = Sla("gold", 1, SlaClock(3600.0, NOW + minutes(60), stopped_at=NOW))
    assert respond_by_of(an_order(sla=stopped), NOW, PARAMS) == NOW + minutes(30)
