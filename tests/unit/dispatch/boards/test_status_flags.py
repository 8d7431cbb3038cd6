"""What wants a dispatcher's look: flags, urgency, and orders that don't get on."""

from dataclasses import replace

import pytest

from geo_dispatch.dispatch.boards.status_flags import (
    StatusFlag,
    flags_of,
    limit_slack_s,
    stalled,
    urgency,
)
from geo_dispatch.dispatch.work.orders import Flag, FlagCode, Hold, HoldReason, Risk, Status
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import NOW, an_order, minutes, on_site_since

DAY = minutes(24 * 60)


@pytest.mark.capability("ZU-005")
@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"risk": Risk("window", 600.0, NOW)}, StatusFlag.AT_RISK),
        ({"due_at": NOW + minutes(30)}, StatusFlag.LATE),
        ({"status": Status.NEEDS_HELP}, StatusFlag.NEEDS_HELP),
        ({"flag": Flag(FlagCode.NOBODY, "nobody", NOW)}, StatusFlag.NEEDS_JUDGMENT),
        ({"hold": Hold(HoldReason.WEATHER, NOW)}, StatusFlag.ON_HOLD),
        ({"hold": Hold(HoldReason.MATERIAL, NOW)}, StatusFlag.WAITING_PARTS),
        ({"hold": Hold(HoldReason.NO_ACCESS, NOW)}, StatusFlag.NO_ACCESS),
        ({"hold": Hold(HoldReason.PERMIT, NOW)}, StatusFlag.WAITING_PERMIT),
        ({"hold": Hold(HoldReason.CUSTOMER, NOW)}, StatusFlag.WAITING_CUSTOMER),
        ({"placed_at": NOW - 2 * DAY}, StatusFlag.STALLED),
    ],
)
def test_each_state_that_wants_a_look_has_its_flag(fields, flag):
    assert flag in flags_of(an_order(**fields), NOW)
    assert flags_of(an_order(), NOW) == ()


@pytest.mark.capability("FA-067")
@pytest.mark.parametrize("status", [one for one in Status if one.value != "new"])
def test_every_open_order_ends_or_is_listed_as_stalled_with_its_age(status):
    order = an_order(status=status, status_at=NOW)
    assert stalled(order, NOW) is None
    later = NOW + 2 * DAY
    found = stalled(order, later)
    if status in {Status.COMPLETE, Status.CANCELLED}:
        assert found is None
    else:
        assert found.age_s(later) == 2 * 86400
        assert status.value.replace("_", " ") in found.why


def test_an_order_promised_for_later_or_on_hold_is_given_until_then():
    later = an_order(window=Window(NOW + 3 * DAY, NOW + 4 * DAY))
    assert stalled(later, NOW + 2 * DAY) is None
    assert stalled(later, NOW + 5 * DAY) is not None
    held = an_order(hold=Hold(HoldReason.MATERIAL, NOW))
    assert stalled(held, NOW + 6 * DAY) is None
    assert stalled(held, NOW + 8 * DAY).why == "on hold for 8 d, more than 7 d"


@pytest.mark.capability("BO-006")
def test_urgency_is_priority_then_time_left_then_overdue_contracts_then_age():
    urgent = an_order("wo_1", priority=1)
    tight = an_order("wo_2", due_at=NOW + minutes(90))
    overdue = an_order("wo_3", work_class="maintenance", due_at=NOW - DAY)
    old = an_order("wo_4", placed_at=NOW - minutes(5))
    young = an_order("wo_5")
    orders = sorted([young, old, tight, overdue, urgent], key=lambda one: urgency(one, NOW))
    assert [one.id for one in orders] == ["wo_1", "wo_3", "wo_2", "wo_4", "wo_5"]


def test_overdue_maintenance_rises_with_its_contract_risk_and_is_not_buried():
    def visit(name, days, *, critical=False):
        due_at = NOW - days * DAY
        return an_order(name, work_class="maintenance", due_at=due_at, contract_critical=critical)

    emergency = an_order("emergency", priority=1)
    reactive = an_order("reactive", priority=2, due_at=NOW - DAY)
    orders = [
        visit("just due", 1),
        reactive,
        visit("long due", 10),
        visit("critical", 9, critical=True),
        emergency,
        visit("not due", -1),
    ]
    ranked = sorted(orders, key=lambda one: urgency(one, NOW))
    assert [one.id for one in ranked] == [
        "emergency",
        "critical",
        "long due",
        "reactive",
        "just due",
        "not due",
    ]


def test_time_left_counts_the_work_that_has_to_be_done_by_then():
    order = an_order(due_at=NOW + minutes(90), duration_s=3600.0)
    assert limit_slack_s(order, NOW) == 1800.0
    window = replace(order, window=Window(NOW, NOW + minutes(20)))
    assert limit_slack_s(window, NOW) == 1200.0
    there = replace(window, **on_site_since(NOW))
    assert limit_slack_s(there, NOW) == 1800.0
    assert limit_slack_s(an_order(), NOW) is None
