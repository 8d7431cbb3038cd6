"""Automatic assignment: rules carried out as orders come in, a person's hand before all."""

import math
from datetime import time, timedelta

import pytest
import shapely

from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import Leave, Skill
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import FlagCode, HoldReason, SkillRequirement, Status
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.geo import METRES_PER_DEGREE, LonLat
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.dispatching import assignments
from geo_dispatch.services.orders import holds
from geo_dispatch.services.policy import auto_assign, decisions
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.records import contracts
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import EQUIPMENT
from geo_dispatch.territory.model import Territory
from tests.support.dispatching import NOW, an_order
from tests.support.records import DISPATCHER
from tests.support.road_works import close

STREET = "A----------B----------C----------D----------E----------F"
BEST = '[[rules]]\nid = "all"\nthen = { assign = "best", margin_min = 0 }\n'
HVAC = (SkillRequirement("hvac", 1),)


def publish(desk, text):
    policy.publish(
        desk.ctx, text, author="Ann", reviewed_by="Ben", note="because", actor=DISPATCHER
    )


def tick(desk, order=None):
    """Deal with all that is in the log; the order as it stands then."""
    while auto_assign.follow(desk.ctx, desk.positions):
        pass
    return None if order is None else desk.read(order)


def flags(desk, order):
    return [(one["code"], one["fact"]) for one in desk.events(order, "order.flagged")]


@pytest.mark.capability("FA-003")
def test_an_order_that_a_rule_is_for_is_assigned_within_a_tick_of_placing(desk):
    near = desk.technician("Van 01", "A")
    desk.technician("Van 02", "F")
    publish(desk, BEST)
    order = tick(desk, desk.order("B"))
    assert order.status is Status.ASSIGNED
    assert order.technician_id == near.id
    assert order.assignment_source == "rule:all"
    (event,) = desk.events(order, "order.assigned")
    assert event["source"] == "rule:all"
    assert [one["call_sign"] for one in event["ranking"]] == ["Van 01", "Van 02"]


def test_without_rules_nothing_is_assigned_or_flagged(desk):
    desk.technician("Van 01", "A")
    order = tick(desk, desk.order("B"))
    assert (order.status, order.flag) == (Status.NEW, None)


@pytest.mark.capability("FA-021")
def test_a_rule_with_skill_and_place_alone_takes_the_nearest_skilled_by_road(desk):
    territory(desk, "t1", west="A", east="F")
    desk.technician("Van 01", "B")
    skilled = desk.technician("Van 02", "D", skills=(Skill("hvac", 1),))
    desk.technician("Van 03", "F", skills=(Skill("hvac", 1),))
    publish(
        desk,
        '[[rules]]\nid = "hvac"\nwhen = { skills = ["hvac"], territories = ["t1"] }\n'
        'then = { assign = "best", margin_min = 0 }\n',
    )
    order = tick(desk, desk.order("C", required_skills=HVAC))
    assert (order.technician_id, order.assignment_source) == (skilled.id, "rule:hvac")


@pytest.mark.parametrize("count", [0, 1, 100, 101, 200, 201, 555])
def test_every_flag_gets_its_turn_and_the_most_urgent_every_time(count):
    orders = [an_order(f"wo_{n:03}", priority=2 + (n > 120) + (n > 300)) for n in range(count)]
    turns = [auto_assign.whose_turn(orders, NOW, turn) for turn in range(5)]
    assert {order.id for turn in turns for order in turn} == {order.id for order in orders}
    for turn in turns:
        assert turn[:100] == orders[:100]
        assert len(turn) == len(set(turn)) <= auto_assign.LOOK_MOST


def test_maintenance_that_is_long_overdue_is_not_buried_under_flags_of_repairs():
    repairs = [an_order(f"wo_{n:03}", priority=2) for n in range(500)]
    overdue = an_order(
        "wo_pm",
        priority=4,
        work_class="maintenance",
        contract_critical=True,
        due_at=NOW - timedelta(days=10),
    )
    assert overdue in auto_assign.whose_turn([*repairs, overdue], NOW, turn=0)[:1]


@pytest.mark.capability("FA-026")
def test_a_rule_for_a_territory_is_for_its_sites_and_for_none_ten_metres_outside(desk):
    edge = territory(desk, "t3", west="A", east="C")
    desk.technician("Van 01", "A")
    publish(
        desk,
        '[[job_types]]\nname = "plumbing"\n[[rules]]\nid = "t3"\n'
        'when = { job_types = ["plumbing"], territories = ["t3"] }\nthen = { margin_min = 0 }\n',
    )
    inside = tick(desk, desk.order(metres_east(edge, -10), type="plumbing"))
    outside = tick(desk, desk.order(metres_east(edge, 10), type="plumbing"))
    other = tick(desk, desk.order(metres_east(edge, -10), type="painting"))
    assert inside.assignment_source == "rule:t3"
    assert (outside.status, outside.flag.code) == (Status.NEW, FlagCode.NO_RULE)
    assert outside.flag.fact.startswith("no rule is for 'plumbing'")
    assert other.flag.code is FlagCode.NO_RULE
    assert other.flag.fact.startswith("no rule is for 'painting' in The t3")


@pytest.mark.capability("FA-028")
def test_a_repeat_customer_gets_whom_they_prefer_and_the_next_best_while_they_are_away(desk):
    preferred = desk.technician("Van 01", "F")
    near = desk.technician("Van 02", "A")
    customer = desk.office.customer(preferred_technician_id=preferred.id)
    publish(desk, '[[rules]]\nid = "repeat"\nthen = { assign = "preferred", margin_min = 0 }\n')
    site = desk.site("A", customer_id=customer.id)
    first = tick(desk, desk.office.order(site))
    assert (first.technician_id, first.assignment_source) == (preferred.id, "rule:repeat")
    away = Leave(Window(desk.clock.now, desk.clock.now + timedelta(days=2)), "holiday")
    records.change(
        desk.ctx,
        records.TECHNICIANS,
        preferred.id,
        {"leave": (away,)},
        actor=DISPATCHER,
        expected_version=None,
    )
    second = tick(desk, desk.office.order(site))
    assert second.technician_id == near.id
    (event,) = desk.events(second, "order.assigned")
    assert event["reason"].startswith("Van 01 is preferred, but on leave")
    assert event["reason"].endswith("next best")


@pytest.mark.capability("FA-039")
def test_rules_know_tiers_and_sites_with_access_restrictions(desk):
    desk.technician("Van 01", "A")
    publish(
        desk,
        '[[rules]]\nid = "vip"\nwhen = { tiers = ["vip"] }\nthen = { margin_min = 0 }\n'
        '[[rules]]\nid = "gated"\nwhen = { access = "restricted" }\nthen = { margin_min = 0 }\n',
    )
    vip = desk.office.customer("Palace", tier="vip")
    open_all_day = tuple(Hours(day, time(0), time(23)) for day in range(7))
    of_vip = tick(desk, desk.office.order(desk.site("B", customer_id=vip.id)))
    gated = tick(desk, desk.office.order(desk.site("B", access_windows=open_all_day)))
    other = tick(desk, desk.order("B"))
    assert of_vip.assignment_source == "rule:vip"
    assert gated.assignment_source == "rule:gated"
    assert other.flag.code is FlagCode.NO_RULE


def test_the_tier_that_rules_know_is_that_of_the_contract_in_force(desk):
    desk.technician("Van 01", "A")
    publish(
        desk, '[[rules]]\nid = "gold"\nwhen = { tiers = ["gold"] }\nthen = { margin_min = 0 }\n'
    )
    customer = desk.office.customer("Bakery", tier="standard")
    records.create(
        desk.ctx,
        contracts.CONTRACTS,
        {
            "customer_id": customer.id,
            "name": "Full service",
            "tier": "gold",
            "starts_on": desk.clock.now.date(),
        },
        actor=DISPATCHER,
    )
    order = tick(desk, desk.office.order(desk.site("B", customer_id=customer.id)))
    assert order.assignment_source == "rule:gold"


@pytest.mark.capability("FA-007")
def test_orders_that_are_left_to_a_dispatcher_wait_in_the_review_queue_with_the_reason(desk):
    desk.technician("Van 01", "C")
    desk.technician("Van 02", "C")
    publish(desk, '[[rules]]\nid = "all"\nwhen = { priorities = [2, 3] }\n')
    close = tick(desk, desk.order("C"))
    nobody = tick(desk, desk.order("C", required_skills=HVAC))
    no_rule = tick(desk, desk.order("C", priority=5))
    assert [one.flag.code for one in (close, nobody, no_rule)] == [
        FlagCode.TOO_CLOSE,
        FlagCode.NOBODY,
        FlagCode.NO_RULE,
    ]
    assert close.flag.fact.endswith("are as good, and rule all asks for a lead of 2 min")
    assert "hvac" in nobody.flag.fact
    with desk.ctx.store.read() as unit:
        queue = unit.orders.search(flagged=True)
        calm = unit.orders.search(flagged=False)
    assert [one.id for one in queue] == [close.id, nobody.id, no_rule.id]
    assert calm == []


@pytest.mark.capability("FA-031")
def test_what_a_person_assigned_pinned_took_away_held_or_judged_is_not_touched(desk):
    publish(desk, BEST)
    near, far = desk.technician("Van 01", "A"), desk.technician("Van 02", "F")
    by_hand = desk.assign(desk.order("A"), far)
    pinned = desk.assign(desk.order("A"), far)
    pinned = desk.office.apply(pinned.id, c.Pin(pinned=True))
    taken = desk.assign(desk.order("A"), near)
    taken = assignments.unassign(desk.ctx, taken.id, actor=DISPATCHER, reason="call first")
    held = desk.office.apply(desk.order("A").id, c.PutOnHold(reason=HoldReason.CUSTOMER))
    flagged = desk.office.apply(
        desk.order("A").id, c.RaiseFlag(code=FlagCode.BUMPED, fact="made room for WO-1")
    )
    judged = desk.office.apply(
        desk.order("A").id, c.RaiseFlag(code=FlagCode.NOBODY, fact="on leave, all of them")
    )
    judged = holds.judge(desk.ctx, judged.id, "I call them back", actor=DISPATCHER)
    stood = [desk.read(order) for order in (by_hand, pinned, taken, held, flagged, judged)]
    tick(desk)
    auto_assign.look_again(desk.ctx, desk.positions)
    assert [desk.read(order) for order in stood] == stood
    later = assignments.unassign(desk.ctx, by_hand.id, actor=DISPATCHER)
    assert tick(desk, later) == later
    desk.office.apply(taken.id, c.ChangeOrder(changes={"notes": "they called"}))
    assert tick(desk, taken).assignment_source == "rule:all"


def test_who_took_an_order_away_while_the_rules_looked_at_others_is_heard(desk):
    publish(desk, BEST)
    van = desk.technician("Van 01", "A")
    order = desk.assign(desk.order("A"), van)
    taken = assignments.unassign(desk.ctx, order.id, actor=DISPATCHER)
    assert auto_assign.decide(desk.ctx, order.id, desk.positions) == taken


def test_work_for_more_than_there_are_is_left_to_a_dispatcher(desk):
    desk.technician("Van 01", "A")
    publish(desk, BEST)
    order = tick(desk, desk.order("B", crew_size=2))
    assert (order.status, order.flag.code) == (Status.NEW, FlagCode.NOBODY)
    assert "the work takes 2" in order.flag.fact
    desk.technician("Van 02", "C")
    order = tick(desk, order)
    assert (order.assignment_source, len(order.crew)) == ("rule:all", 1)


@pytest.mark.capability("FA-027")
def test_who_knows_the_equipment_wins_a_tie_and_rules_know_that_somebody_does(desk):
    desk.technician("Van 01", "C")
    knows = desk.technician("Van 02", "C")
    site = desk.site("C")
    boiler, other = (
        records.create(
            desk.ctx,
            EQUIPMENT,
            {"site_id": site.id, "type": "boiler", "name": name},
            actor=DISPATCHER,
        )
        for name in ("Boiler 1", "Boiler 2")
    )
    done = desk.assign(desk.office.order(site, equipment_id=boiler.id), knows)
    for step in (
        c.SetOut(source="person"),
        c.ConfirmArrival(visit_id="vi_1", source="person"),
        c.Start(),
        c.Complete(),
    ):
        desk.clock.go_on(seconds=1)
        desk.office.apply(done.id, step)
    publish(
        desk,
        '[[rules]]\nid = "known"\nwhen = { known_equipment = true }\nthen = { margin_min = 0.1 }\n',
    )
    known = tick(desk, desk.office.order(site, equipment_id=boiler.id))
    assert (known.technician_id, known.assignment_source) == (knows.id, "rule:known")
    (event,) = desk.events(known, "order.assigned")
    terms = {term["name"]: term["minutes"] for term in event["ranking"][0]["terms"]}
    assert terms["familiarity"] < 0
    unknown = tick(desk, desk.office.order(site, equipment_id=other.id))
    assert unknown.flag.code is FlagCode.NO_RULE


def test_a_reason_that_still_holds_is_not_repeated_and_one_that_is_lifted_assigns(desk):
    van = desk.technician("Van 01", "A")
    publish(desk, BEST)
    order = tick(desk, desk.order("B", required_skills=HVAC))
    assert order.flag.code is FlagCode.NOBODY
    for minute in range(3):
        desk.clock.go_on(minutes=minute)
        desk.see(van, "B")
        desk.technician(f"Van 1{minute}", "C")
        tick(desk)
        auto_assign.look_again(desk.ctx, desk.positions)
    assert len(flags(desk, order)) == 1
    records.change(
        desk.ctx,
        records.TECHNICIANS,
        van.id,
        {"skills": (Skill("hvac", 2),)},
        actor=DISPATCHER,
        expected_version=None,
    )
    order = tick(desk, order)
    assert (order.technician_id, order.assignment_source) == (van.id, "rule:all")
    assert order.flag is None


def test_an_end_of_a_closure_has_what_it_cut_off_assigned_and_its_flag_names_it(desk):
    desk.technician("Van 01", "A")
    publish(desk, BEST)
    closure = close(desk, "CD").record
    order = tick(desk, desk.order("F"))
    assert order.technician_id is None
    ((code, fact),) = flags(desk, order)
    assert code == FlagCode.NOBODY
    assert f"no way by road to the site: closed by {closure.label}" in fact
    road_changes.undo(desk.ctx, closure.id, actor=DISPATCHER)
    assert tick(desk, order).technician_id is not None


def test_a_changed_order_is_judged_anew(desk):
    desk.technician("Van 01", "A")
    publish(desk, BEST)
    order = tick(desk, desk.order("B", required_skills=HVAC))
    assert order.flag.code is FlagCode.NOBODY
    desk.office.apply(order.id, c.ChangeOrder(changes={"required_skills": ()}))
    assert tick(desk, order).status is Status.ASSIGNED


def test_a_new_policy_is_tried_on_what_waits_for_a_judgment(desk):
    desk.technician("Van 01", "A")
    publish(desk, '[[rules]]\nid = "urgent"\nwhen = { priorities = [1] }\n')
    order = tick(desk, desk.order("B"))
    assert order.flag.code is FlagCode.NO_RULE
    publish(desk, BEST)
    assert tick(desk, order).assignment_source == "rule:all"


def test_events_that_come_twice_change_nothing(desk):
    desk.technician("Van 01", "A")
    publish(desk, BEST)
    order = tick(desk, desk.order("B"))
    auto_assign.consider_all(desk.ctx, [order.id], desk.positions, changed=True)
    assert desk.read(order) == order


def test_the_most_urgent_of_many_goes_first(desk):
    desk.technician("Van 01", "A")
    publish(desk, BEST)
    orders = [desk.order("B", priority=priority) for priority in (4, 1, 3)]
    tick(desk)
    with desk.ctx.store.read() as unit:
        given = [event.body["order_id"] for event in unit.events(types=["order.assigned"])]
    assert given == [orders[1].id, orders[2].id, orders[0].id]


@pytest.mark.capability("FA-046")
def test_by_rule_and_by_hand_an_assignment_looks_the_same(desk):
    van = desk.technician("Van 01", "A")
    by_hand = desk.assign(desk.order("B"), van)
    publish(desk, BEST)
    by_rule = tick(desk, desk.order("B"))
    (one,), (two,) = (desk.events(order, "order.assigned") for order in (by_hand, by_rule))
    assert one.keys() == two.keys()
    assert (one["source"], two["source"]) == ("manual", "rule:all")
    assert one["ranking"][0].keys() == two["ranking"][0].keys()
    assert by_hand.assignment_id != by_rule.assignment_id


@pytest.mark.capability("FA-032")
def test_every_decision_is_kept_and_made_again_to_the_byte(desk):
    desk.technician("Van 01", "A")
    desk.technician("Van 02", "D", skills=(Skill("hvac", 3),))
    publish(desk, BEST)
    orders = [
        desk.order("B"),
        desk.order("C", required_skills=HVAC, window=desk.window(30, 90)),
        desk.order("E", required_skills=(SkillRequirement("gas"),)),
    ]
    tick(desk)
    desk.technician("Van 03", "B")
    desk.clock.go_on(hours=3)
    publish(desk, BEST + "[ranking]\nterritory_min = 99\n")
    for order in orders:
        for brief in decisions.of_order(desk.ctx, order.id):
            again = decisions.again(desk.ctx, brief.id)
            assert again.same
            assert brief.policy_version == 1
            assert brief.chosen_id == desk.read(order).technician_id
    assert [len(decisions.of_order(desk.ctx, order.id)) for order in orders] == [1, 1, 1]


@pytest.mark.capability("FA-033")
def test_overriding_a_rule_needs_a_reason_that_stands_beside_the_machines_ranking(desk):
    near, far = desk.technician("Van 01", "A"), desk.technician("Van 02", "F")
    publish(desk, BEST)
    order = tick(desk, desk.order("A"))
    with pytest.raises(InvalidInput, match="rule all had assigned WO-1001; say why another goes"):
        desk.assign(order, far)
    assert desk.read(order).technician_id == near.id
    order = desk.assign(order, far, reason="knows the building")
    assert (order.technician_id, order.assignment_source) == (far.id, "manual")
    event = desk.events(order, "order.assigned")[-1]
    assert event["reason"] == "knows the building"
    assert [one["call_sign"] for one in event["ranking"]] == ["Van 01", "Van 02"]
    desk.assign(desk.order("B"), near)
    start, end = desk.clock.now - timedelta(days=1), desk.clock.now + timedelta(days=1)
    report = decisions.override_report(desk.ctx, start, end)
    assert (report.automatic, report.manual, report.overridden, report.rate) == (1, 2, 1, 0.5)
    assert report.by_actor == {DISPATCHER.label: 1}
    (override,) = report.overrides
    assert (override.suggested_id, override.chosen_id) == (near.id, far.id)
    assert override.reason == "knows the building"


@pytest.mark.capability("FA-033")
def test_sending_the_first_of_the_ranking_overrides_a_rule_that_named_another(desk):
    near, named = desk.technician("Van 01", "A"), desk.technician("Van 02", "F")
    publish(desk, f'[[rules]]\nid = "named"\nthen = {{ assign = "{named.id}" }}\n')
    order = tick(desk, desk.order("A"))
    assert order.technician_id == named.id
    with pytest.raises(InvalidInput, match="rule named had assigned WO-1001"):
        desk.assign(order, near)
    desk.assign(order, near, reason="next door")
    (override,) = overrides(desk)
    assert (override.suggested_id, override.chosen_id) == (named.id, near.id)


@pytest.mark.capability("FA-033")
def test_taking_an_order_away_first_is_no_way_around_the_reason(desk):
    near, far = desk.technician("Van 01", "A"), desk.technician("Van 02", "F")
    publish(desk, BEST)
    order = tick(desk, desk.order("A"))
    order = assignments.unassign(desk.ctx, order.id, actor=DISPATCHER)
    with pytest.raises(InvalidInput, match="rule all had assigned WO-1001"):
        desk.assign(order, far)
    desk.assign(order, far, reason="knows the building")
    (override,) = overrides(desk)
    assert (override.suggested_id, override.chosen_id) == (near.id, far.id)


def overrides(desk):
    start, end = desk.clock.now - timedelta(days=1), desk.clock.now + timedelta(days=1)
    return decisions.override_report(desk.ctx, start, end).overrides


def test_a_policy_may_ask_for_the_reason_of_every_override(desk):
    near, far = desk.technician("Van 01", "A"), desk.technician("Van 02", "F")
    publish(desk, "[review]\noverride_needs_reason = true\n")
    order = desk.order("A")
    with pytest.raises(InvalidInput, match="Van 01 ranks first for WO-1001"):
        desk.assign(order, far)
    assert desk.assign(order, near).technician_id == near.id


def territory(desk, name, west, east):
    """A territory from one letter to another; its eastern edge, on the street."""
    from_, to = desk.town.at(west), desk.town.at(east)
    area = shapely.MultiPolygon(
        [shapely.box(from_.lon - 0.01, from_.lat - 0.01, to.lon, to.lat + 0.01)]
    )
    with desk.ctx.store.write() as unit:
        unit.territories.replace(
            desk.ctx.settings.area,
            [Territory(TerritoryId(name), f"The {name}", area)],
            desk.clock.now,
        )
        unit.commit()
    return to


def metres_east(place, metres):
    return LonLat(
        place.lon + metres / (METRES_PER_DEGREE * math.cos(math.radians(place.lat))), place.lat
    )
