"""The clocks of orders in the records: started, paused and stopped with the events that do it."""

from datetime import timedelta

import pytest
import shapely

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.orders import HoldReason, Status
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.contracts import CONTRACTS
from geo_dispatch.territory.model import Territory
from tests.support.policies import OFFICE_HOURS, publish
from tests.support.records import DISPATCHER, NOW, open_office

SLA = """
[[sla]]
name = "gold"
tiers = ["gold"]
response_s = 14400
completion_s = 28800
calendar = "office"
pauses = ["no_access"]

[[sla]]
name = "emergency"
priorities = [1]
response_s = 3600
"""
HOUR = timedelta(hours=1)


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        publish(office.desk, OFFICE_HOURS + SLA)
        yield office


@pytest.fixture
def gold(office):
    customer = office.customer(tier="gold")
    return office.order(office.site(customer_id=customer.id))


def moved(office, order):
    with office.desk.store.read() as unit:
        return [one for one in unit.stream(f"order:{order.id}") if one.type == "order.sla"]


def fold(office, order):
    with office.desk.store.read() as unit:
        return evolve_all(None, [one.event for one in unit.stream(f"order:{order.id}")])


def test_placing_starts_the_clocks_of_the_policy_that_covers_the_order(office, gold):
    # 8:00 UTC is 9:00 in Vaduz, whose offices close at 17:00
    assert (gold.sla.policy, gold.sla.policy_version) == ("gold", 1)
    assert gold.sla.response.due_at == NOW + 4 * HOUR
    assert gold.sla.completion.due_at == NOW + 8 * HOUR
    (event,) = moved(office, gold)
    assert event.body["why"] == "gold: response due 13:00, completion due 17:00"
    assert event.at == gold.placed_at
    assert fold(office, gold).sla == gold.sla


def test_a_holiday_of_one_region_is_a_working_day_in_another(office):
    feast = OFFICE_HOURS.replace('"office"', '"feast"') + f"holidays = [{NOW.date()}]\n"
    north = '[[sla]]\nname = "north"\nterritories = ["north"]\nresponse_s = 14400\n'
    rest = '[[sla]]\nname = "rest"\nresponse_s = 14400\ncalendar = "office"\n'
    with office.desk.store.write() as unit:
        shape = shapely.MultiPolygon([shapely.box(9.0, 47.5, 10.0, 48.0)])
        north_of_it = Territory(TerritoryId("north"), "North", shape)
        unit.territories.replace(office.desk.settings.area, [north_of_it], NOW)
        unit.commit()
    publish(office.desk, feast + OFFICE_HOURS + north + 'calendar = "feast"\n' + rest)
    here, there = office.site(), office.site("Mill", location=LonLat(9.5, 47.7))
    first, second = office.order(here), office.order(there)
    assert (first.sla.policy, first.sla.response.due_at) == ("rest", NOW + 4 * HOUR)
    assert (second.sla.policy, second.sla.response.due_at) == ("north", NOW + 27 * HOUR)
    moved_to = work_orders.change(
        office.desk,
        first.id,
        {"site_id": there.id},
        actor=DISPATCHER,
        expected_version=first.version,
    )
    assert moved_to.sla.policy == "north"


def test_an_order_that_no_policy_covers_has_no_clocks(office):
    order = office.order()
    assert order.sla is None
    assert moved(office, order) == []


def test_the_policy_asks_for_the_tier_of_the_contract_before_that_of_the_customer(office):
    customer = office.customer(tier="standard")
    site = office.site(customer_id=customer.id)
    assert office.order(site).sla is None
    contract = office.contract(customer, tier="gold", starts_on=NOW.date())
    assert office.order(site).sla.policy == "gold"
    records.retire(office.desk, CONTRACTS, contract.id, actor=DISPATCHER, expected_version=None)
    assert office.order(site).sla is None


@pytest.mark.capability("FA-040")
def test_clocks_stop_with_the_events_of_the_record(office, gold):
    van = office.technician()
    office.clock.go_on(hours=1)
    assign(office, gold, van)
    office.clock.go_on(hours=1)
    arrived = step(office, gold, Status.ON_SITE)
    assert arrived.sla.response.stopped_at == NOW + 2 * HOUR
    assert arrived.sla.completion.runs
    step(office, gold, Status.ON_THE_TOOLS)
    office.clock.go_on(hours=7)
    done = step(office, gold, Status.COMPLETE)
    assert done.sla.completion.stopped_at == NOW + 9 * HOUR
    assert done.sla.completion.breached
    assert not done.sla.response.breached
    assert [event.body["why"] for event in moved(office, gold)][1:] == [
        "response kept, 120 min early",
        "completion missed by 60 min",
    ]
    assert fold(office, gold).sla == done.sla


def test_moving_an_order_between_technicians_leaves_its_clocks_alone(office, gold):
    for call_sign in ("Van 1", "Van 2", "Van 1"):
        office.clock.go_on(minutes=10)
        with office.desk.store.read() as unit:
            van = unit.technicians.by_call_sign(call_sign)
        order = assign(office, gold, van or office.technician(call_sign))
    assert order.sla == gold.sla
    assert len(moved(office, gold)) == 1


def test_only_holds_that_the_policy_names_pause(office, gold):
    office.clock.go_on(hours=1)
    assert office.apply(gold.id, c.PutOnHold(reason=HoldReason.MATERIAL)).sla == gold.sla
    held = office.apply(gold.id, c.PutOnHold(reason=HoldReason.NO_ACCESS))
    assert held.sla.response.paused_at == held.sla.completion.paused_at == NOW + HOUR
    office.clock.go_on(hours=3)
    released = office.apply(gold.id, c.Release())
    assert released.sla.response.due_at == NOW + 7 * HOUR
    assert released.sla.completion.due_at == NOW + 26 * HOUR  # tomorrow, 11:00 in Vaduz
    assert [event.body["why"] for event in moved(office, gold)][1:] == [
        "response stands still, was due 13:00, completion stands still, was due 17:00",
        "response runs again, due 16:00, completion runs again, due 11:00 on Tue 03 Mar",
    ]


def test_completion_stops_with_the_order_and_a_follow_up_has_clocks_of_its_own(office):
    publish(office.desk, OFFICE_HOURS + SLA.replace('["no_access"]', '["draft"]'))
    customer = office.customer(tier="gold")
    order = office.assigned(site=office.site(customer_id=customer.id))
    work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    office.clock.now += HOUR
    told = {"note": "valve leaks", "follow_ups": [{"type": "fit the new valve"}]}
    closed = work_orders.step(office.desk, order.id, Status.COMPLETE, actor=DISPATCHER, **told)
    assert closed.sla.completion.stopped_at == NOW + HOUR
    (draft,) = work_orders.page(office.desk, parent_id=order.id)
    assert (draft.sla.policy, draft.sla.completion.paused_at) == ("gold", NOW + HOUR)
    office.clock.now += 2 * HOUR
    released = office.apply(draft.id, c.Release())
    assert released.sla.response.due_at == NOW + (1 + 2 + 4) * HOUR
    assert work_orders.get(office.desk, order.id).sla == closed.sla


def test_cancelling_on_hold_stops_clocks_that_were_in_time(office, gold):
    office.apply(gold.id, c.PutOnHold(reason=HoldReason.NO_ACCESS))
    office.clock.go_on(days=3)
    cancelled = office.apply(gold.id, c.Cancel())
    assert cancelled.sla.response.stopped_at == NOW + timedelta(days=3)
    assert not cancelled.sla.response.breached


def test_a_contested_arrival_starts_the_response_again(office, gold):
    assign(office, gold, office.technician())
    order = office.apply(gold.id, c.ConfirmArrival(visit_id="vi_1", source="gps"))
    assert order.sla.response.stopped_at == NOW
    order = office.apply(
        gold.id, c.ReviewArrival(visit_id="vi_1", verdict="contested", reason="next door")
    )
    assert order.sla == gold.sla


def test_a_late_fix_that_moves_the_arrival_moves_the_response(office, gold):
    assign(office, gold, office.technician())
    office.clock.go_on(hours=1)
    office.apply(gold.id, c.ConfirmArrival(visit_id="vi_1", source="gps"))
    earlier = NOW + timedelta(minutes=50)
    revise = c.ReviseVisit(
        visit_id="vi_1", technician_id="tc_x", arrived_at=earlier, departed_at=None
    )
    assert office.apply(gold.id, revise).sla.response.stopped_at == earlier


def test_raising_the_priority_counts_the_clocks_of_the_other_policy_from_the_record(office):
    order = office.order()
    office.clock.go_on(minutes=10)
    changed = work_orders.change(
        office.desk, order.id, {"priority": 1}, actor=DISPATCHER, expected_version=None
    )
    assert changed.sla.policy == "emergency"
    assert changed.sla.response.due_at == NOW + HOUR
    assert changed.version == order.version + 1
    back = work_orders.change(
        office.desk, order.id, {"priority": 2}, actor=DISPATCHER, expected_version=None
    )
    assert back.sla is None
    assert moved(office, order)[-1].body["why"] == "nothing is promised any more"
    assert fold(office, order).sla is None


@pytest.mark.capability("ZU-002")
def test_a_promise_stays_that_of_the_policy_under_which_it_was_made(office, gold):
    publish(office.desk, OFFICE_HOURS + SLA.replace('"no_access"', '"weather"'))
    held = office.apply(gold.id, c.PutOnHold(reason=HoldReason.NO_ACCESS))
    assert held.sla.response.paused_at == NOW
    later = office.order(office.site(customer_id=gold.customer_id))
    assert later.sla.policy_version == 2
    assert office.apply(later.id, c.PutOnHold(reason=HoldReason.NO_ACCESS)).sla == later.sla


@pytest.mark.capability("FA-056")
def test_people_who_are_trapped_have_the_shortest_promise(tmp_path):
    with open_office(tmp_path) as office:
        trapped = office.order(type="entrapment")
        with office.desk.store.read() as unit:
            policies = unit.policies.in_force().policy.sla
    assert trapped.sla.policy == "life_safety"
    assert trapped.sla.response.due_at - NOW == timedelta(
        seconds=min(one.response_s for one in policies if one.response_s)
    )


def assign(office, order, technician):
    command = c.Assign(
        assignment_id=office.desk.new_id("as"), technician_id=technician.id, sequence=1
    )
    return office.apply(order.id, command)


def step(office, order, status):
    return work_orders.step(office.desk, order.id, status, actor=DISPATCHER, note="done")
