"""An emergency happens wholly or not at all: assigned, room made, everybody told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from geo_dispatch.adapters.sql import message_tables
from geo_dispatch.adapters.sql.tables import metadata
from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.records.technicians import Skill, Vehicle
from geo_dispatch.dispatch.sla.risk import risk_of
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.dispatch.work.orders import FlagCode, HoldReason, SkillRequirement, Status
from geo_dispatch.kernel.errors import Conflict
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.dispatching import bookings
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.policy import decisions
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import RESOURCES
from geo_dispatch.services.repairs import emergencies
from geo_dispatch.services.repairs.emergencies import Call
from tests.support.records import DISPATCHER
from tests.support.road_works import close

STREET = "A----------B----------C----------D"


def declare(desk, place="A", *, dry_run=False, respond_min=1, **fields):
    """An emergency of two hours at that place."""
    site = desk.site(place, customer_id=desk.office.customer("In distress").id)
    call = Call(
        {"type": "burst pipe", "site_id": site.id, "duration_s": 7200.0, **fields},
        respond_by=desk.clock.now + timedelta(minutes=respond_min),
    )
    return sent(desk, call, dry_run=dry_run)


def sent(desk, call, **options):
    return emergencies.declare(
        desk.ctx, call, positions=desk.positions, actor=DISPATCHER, **options
    )


def planned(desk):
    """Whose each open order is, and when it is planned to begin, at this moment."""
    ctx = desk.ctx
    with ctx.store.read() as unit:
        plans = load_plans(unit, unit.technicians.list(), lambda one: desk.positions.get(one.id))
    days = days_of(plans, drives_on(ctx.roads), desk.clock.now, ctx.zone)
    return {
        stay.stop.order.id: (day.plan.technician.id, stay.begin_at)
        for day in days
        for stay in day.schedule.stays
    }


def everything(desk):
    """All rows of all tables."""
    with desk.ctx.store.read() as unit:
        return {
            name: sorted(map(repr, unit.connection.execute(select(table))))
            for name, table in metadata.tables.items()
        }


def messages(desk):
    """Type and recipient of each message to a person."""
    with desk.ctx.store.read() as unit:
        rows = unit.connection.execute(select(message_tables.messages))
        return [(row.type, row.recipient_id) for row in rows if row.to != "client"]


def queued(desk, recipient_id):
    """The messages to that person, newest first."""
    with desk.ctx.store.read() as unit:
        return unit.messages.search(recipient_id=recipient_id)


@pytest.fixture
def crowded(desk):
    """Van 1 is near, but promised to a customer within the hour; Van 2 is far, and free."""
    near, far = desk.technician("Van 1", "A"), desk.technician("Van 2", "D")
    customer = desk.office.customer("Patient")
    site = desk.site("B", customer_id=customer.id)
    visit = desk.office.order(site, window=desk.window(0, 60), priority=4, duration_s=1800.0)
    desk.assign(visit, near)
    return near, far, visit, customer


@pytest.mark.capability("FA-024")
def test_who_is_near_goes_and_the_lesser_visit_goes_to_another(desk, crowded):
    near, far, visit, _ = crowded
    declared = declare(desk)
    assert declared.order.technician_id == near.id
    assert declared.order.assignment_source == "emergency"
    assert desk.read(visit).technician_id == far.id
    kinds = {one.order_id: one.kind for one in declared.plan.rearrangement.changes}
    assert kinds == {declared.order.id: "assigned", visit.id: "bumped"}
    assert len(desk.events(visit, "order.bumped")) == 1
    assert declared.plan.cost.late_min == 0


@pytest.mark.capability("FA-041")
def test_everybody_touched_hears_of_it_once(desk, crowded):
    near, far, visit, customer = crowded
    before = messages(desk)
    declared = declare(desk)
    told = messages(desk)
    for one in before:
        told.remove(one)
    people = sorted(recipient for _, recipient in told)
    assert people.count(customer.id) == 1
    assert people.count(declared.order.customer_id) == 1
    assert people.count(far.id) == 1
    assert people.count(near.id) == 1  # loses one, gets the other
    (both,) = [one for one in queued(desk, near.id) if one.data.get("also")]
    assert [(part.type, part.order_id) for part in both.parts] == [
        ("order.assigned", declared.order.id),
        ("order.bumped", visit.id),
    ]


@pytest.mark.capability("FA-041")
def test_a_failure_at_the_very_end_leaves_nothing(desk, crowded):
    site = desk.site("A")
    call = Call(
        {"type": "fallen tree", "site_id": site.id},
        respond_by=desk.clock.now + timedelta(minutes=1),
    )
    before = everything(desk)
    with desk.ctx.store.write() as unit:
        trigger = text(
            "create trigger full before insert on messages "
            "begin select raise(abort, 'no room for messages'); end"
        )
        unit.connection.execute(trigger)
        unit.commit()
    with pytest.raises(IntegrityError, match="no room for messages"):
        sent(desk, call)
    assert everything(desk) == before


def test_the_decision_is_kept_and_made_again_to_the_byte(desk, crowded):
    found = declare(desk)
    (brief,) = decisions.of_order(desk.ctx, found.order.id)
    assert (brief.kind, brief.chosen_id) == ("emergency", desk.read(found.order).technician_id)
    policy.publish(
        desk.ctx,
        "[ranking]\nwait_price = [9, 9, 9, 9, 9]\n",
        author="Ann",
        reviewed_by="Ben",
        note="dearer",
        actor=DISPATCHER,
    )
    again = decisions.again(desk.ctx, brief.id)
    assert again.same
    assert again.decision.policy_version == 0


def test_a_dry_run_answers_the_same_and_leaves_no_trace(desk, crowded):
    site = desk.site("A")
    call = Call(
        {"type": "burst pipe", "site_id": site.id, "duration_s": 7200.0},
        respond_by=desk.clock.now + timedelta(minutes=1),
    )
    before = everything(desk)
    shown = sent(desk, call, dry_run=True)
    assert everything(desk) == before
    done = sent(desk, call)
    told = [
        [
            (one.number, one.kind, one.technician_after, one.begin_after, one.why)
            for one in declared.plan.rearrangement.changes
        ]
        for declared in (shown, done)
    ]
    assert told[0] == told[1]
    assert emergencies.view(shown, dry_run=True)["dry_run"]


@pytest.mark.capability("FA-015", "FA-065")
def test_what_is_not_listed_stays_to_the_second_and_clocks_are_kept(desk):
    near, far = desk.technician("Van 1", "A"), desk.technician("Van 2", "D")
    quiet = desk.technician("Van 3", "D", skills=(Skill("gas", 1),))
    visit = desk.order("B", type="entrapment", priority=4, duration_s=600.0)
    desk.assign(visit, near)
    later = desk.order("C", window=desk.window(120, 180), priority=4)
    desk.assign(later, quiet)
    clocks = desk.read(visit).sla
    before = planned(desk)
    declared = declare(desk)
    after = planned(desk)
    listed = {one.order_id: one for one in declared.plan.rearrangement.changes}
    changed = {one for one in before if before[one] != after[one]}
    assert changed == set(listed) - {declared.order.id} == {visit.id}
    for order_id, change in listed.items():
        assert after[order_id] == (change.technician_after, change.begin_after)
    view = emergencies.view(declared, dry_run=False)
    moved = next(one for one in view["changes"] if one["order_id"] == visit.id)
    assert after[visit.id][0] == far.id
    assert desk.read(visit).sla == clocks
    assert moved["sla"]["response"]["due_at"] == as_json(clocks.response.due_at)
    assert moved["eta"] is not None
    assert 0 < moved["slack_s"] < 1800


def test_a_pinned_visit_is_not_touched_for_it(desk, crowded):
    near, far, visit, _ = crowded
    desk.office.apply(visit.id, c.Pin(pinned=True))
    before = planned(desk)
    declared = declare(desk)
    assert planned(desk)[visit.id] == before[visit.id]
    assert declared.order.technician_id == far.id
    assert declared.plan.cost.late_min > 0
    assert near.id == desk.read(visit).technician_id


def test_with_no_other_way_the_lesser_visit_waits_and_is_flagged(desk, crowded):
    _, far, visit, customer = crowded
    records.retire(desk.ctx, records.TECHNICIANS, far.id, actor=DISPATCHER, expected_version=1)
    declared = declare(desk)
    left = desk.read(visit)
    assert declared.plan.cost.broken == 1  # its window ends today
    assert left.flag.code is FlagCode.BUMPED
    assert any(recipient == customer.id for _, recipient in messages(desk))


@pytest.mark.capability("BO-058")
def test_planned_maintenance_due_today_is_not_pushed_past_its_due_time(desk):
    near, far = desk.technician("Van 1", "A"), desk.technician("Van 2", "D")
    due_at = desk.clock.now + timedelta(hours=2)
    service = desk.order(
        "B", work_class="maintenance", due_at=due_at, priority=5, duration_s=1800.0
    )
    desk.assign(service, near)
    declared = declare(desk)
    assert declared.order.technician_id == near.id
    assert desk.read(service).technician_id == far.id
    assert planned(desk)[service.id][1] + timedelta(minutes=30) <= due_at


@pytest.mark.capability("BO-058")
def test_maintenance_that_has_to_be_late_is_flagged(desk):
    near = desk.technician("Van 1", "A")
    due_at = desk.clock.now + timedelta(hours=1)
    service = desk.order(
        "B", work_class="maintenance", due_at=due_at, priority=5, duration_s=1800.0
    )
    desk.assign(service, near)
    declared = declare(desk)
    assert declared.order.technician_id == near.id
    flag = desk.read(service).flag
    assert flag.code is FlagCode.BUMPED
    assert declared.plan.flagged[service.id] == flag.fact


@pytest.mark.capability("BO-060")
def test_out_of_hours_only_who_is_on_call_goes(desk):
    desk.clock.now = desk.clock.now.replace(hour=22)
    rota = (Window(desk.clock.now - timedelta(hours=1), desk.clock.now + timedelta(hours=8)),)
    desk.technician("Van 1", "A")
    called = desk.technician("Van 2", "D", on_call=rota)
    assert declare(desk, respond_min=60).order.technician_id == called.id


def test_with_nobody_to_send_the_order_stays_flagged_and_the_answer_says_why(desk):
    desk.technician("Van 1", "A", skills=(Skill("plumbing", 2),))
    needs = (SkillRequirement("gas", 1),)
    declared = declare(desk, required_skills=needs)
    order = desk.read(declared.order)
    assert order.status is Status.NEW
    assert order.flag.code is FlagCode.NOBODY
    view = emergencies.view(declared, dry_run=False)
    assert view["technician_id"] is None
    assert [one["code"] for one in view["excluded"][0]["exclusions"]] == ["missing_skill"]


class AskedRoads(LiveRoads):
    """Roads that note for what they were asked."""

    def __init__(self, built):
        super().__init__(built)
        self.asked = []

    def cutting_off(self, source, target):
        self.asked.append((source, target))
        return super().cutting_off(source, target)


def test_a_closure_that_keeps_everybody_away_is_looked_up_once_and_named(desk):
    desk.technician("Van 1", "A")
    closure = close(desk, "BC").record
    roads = AskedRoads(desk.town.engine)
    desk.ctx = replace(desk.ctx, live_roads=roads)
    desk.ctx.follow_roads()
    declared = declare(desk, "D")
    view = emergencies.view(declared, dry_run=False)
    assert f"closed by {closure.label}" in view["told"]
    assert f"closed by {closure.label}" in view["excluded"][0]["exclusions"][0]["fact"]
    assert f"closed by {closure.label}" in desk.read(declared.order).flag.fact
    assert len(roads.asked) == len(set(roads.asked))


def test_an_order_on_hold_is_released_before_it_is_an_emergency(desk, crowded):
    waiting = desk.order("A")
    held = desk.office.apply(waiting.id, c.PutOnHold(reason=HoldReason.MATERIAL))
    with pytest.raises(Conflict, match="nobody can be sent; release it first"):
        sent(desk, Call(order_id=waiting.id))
    assert desk.read(waiting) == held


def test_an_order_that_waits_becomes_the_emergency(desk, crowded):
    near, _, _, _ = crowded
    waiting = desk.order("A", priority=3, duration_s=7200.0)
    declared = sent(
        desk, Call(order_id=waiting.id, respond_by=desk.clock.now + timedelta(minutes=1))
    )
    order = desk.read(waiting)
    assert (order.priority, order.technician_id) == (1, near.id)
    assert declared.order == order


def test_an_order_that_somebody_has_is_refused(desk, crowded):
    _, _, visit, _ = crowded
    with pytest.raises(Conflict, match="only an order that waits"):
        sent(desk, Call(order_id=visit.id))


def test_a_crew_goes_together_and_nobody_else_is_sent_away_for_it(desk):
    near, far = desk.technician("Van 1", "A"), desk.technician("Van 2", "D")
    desk.technician("Van 3", "D", shifts=())
    later = desk.order("C", priority=4)
    desk.assign(later, far)
    before = planned(desk)
    shown = declare(desk, crew_size=2, dry_run=True)
    declared = declare(desk, crew_size=2)
    order = desk.read(declared.order)
    assert sorted(order.technician_ids) == sorted([near.id, far.id])
    assert order.start_at == declared.plan.stay.begin_at
    after = planned(desk)
    listed = {one.order_id: one for one in declared.plan.rearrangement.changes}
    assert set(listed) == {order.id, later.id}
    assert {one for one in before if before[one] != after[one]} == {later.id}
    assert after[later.id] == (far.id, listed[later.id].begin_after)
    places = desk.sequences(far)
    assert places[later.id] > 1
    told = [
        [(one.number, one.kind, one.begin_after) for one in answer.plan.rearrangement.changes]
        for answer in (shown, declared)
    ]
    assert told[0] == told[1]
    people = [who for kind, who in messages(desk) if kind == "order.assigned"]
    assert people.count(near.id) == 1
    view = emergencies.view(declared, dry_run=False)
    assert [view["technician_id"], *view["crew"]] == list(order.technician_ids)


def test_a_crew_moves_nothing_that_is_pinned(desk):
    near, far, third = (
        desk.technician(name, place)
        for name, place in (("Van 1", "A"), ("Van 2", "B"), ("Van 3", "D"))
    )
    pinned = desk.order("B", priority=4, duration_s=3600.0)
    desk.assign(pinned, far)
    desk.office.apply(pinned.id, c.Pin(pinned=True))
    before = planned(desk)
    declared = declare(desk, crew_size=2)
    assert planned(desk)[pinned.id] == before[pinned.id]
    assert set(declared.order.technician_ids) <= {near.id, far.id, third.id}


def test_a_crew_that_there_is_not_is_told_with_the_order_flagged(desk, crowded):
    declared = declare(desk, crew_size=3)
    order = desk.read(declared.order)
    assert order.flag.code is FlagCode.NOBODY
    assert "3 technicians can't begin together" in order.flag.fact


@pytest.fixture
def hoist(desk):
    """The only hoist there is to be booked; it is away for two hours."""
    made = records.create(
        desk.ctx, RESOURCES, {"name": "Hoist 1", "provides": ("hoist",)}, actor=DISPATCHER
    )
    bookings.block(desk.ctx, made.id, desk.window(0, 120), reason="service", actor=DISPATCHER)
    return made


def test_what_is_booked_sends_whoever_carries_it(desk, hoist):
    desk.technician("Van 1", "A")
    carries = desk.technician("Van 2", "D", vehicle=Vehicle("Van", equipment=("hoist",)))
    declared = declare(desk, required_equipment=("hoist",))
    assert declared.order.technician_id == carries.id
    assert declared.plan.proven


def test_what_nobody_carries_is_waited_for(desk, hoist):
    van = desk.technician("Van 1", "A")
    declared = declare(desk, required_equipment=("hoist",))
    free_from = desk.clock.now + timedelta(minutes=120)
    assert declared.order.technician_id == van.id
    assert declared.plan.stay.begin_at >= free_from
    assert planned(desk)[declared.order.id] == (van.id, declared.plan.stay.begin_at)
    booked = bookings.of_order(desk.ctx, declared.order.id)
    assert [one.resource_id for one in booked] == [hoist.id]
    assert declared.plan.cost.late_min > 0


@pytest.mark.parametrize("how", ["asked for", "by the policy"])
def test_when_somebody_must_be_there_is_held_against_its_eta(desk, how):
    desk.technician("Van 1", "A")
    site = desk.site("B")
    fields = {"type": "leak", "site_id": site.id, "duration_s": 1800.0}
    asked = desk.clock.now + timedelta(minutes=20)
    call = Call(fields, respond_by=asked if how == "asked for" else None)
    declared = sent(desk, call)
    respond_by = declared.plan.respond_by
    assert (respond_by == asked) == (how == "asked for")
    order = desk.read(declared.order)
    assert order.due_at == respond_by + timedelta(minutes=30)
    late = respond_by + timedelta(minutes=1)
    assert risk_of(order, late, late + timedelta(minutes=30), desk.clock.now).limit == "due"


def test_what_the_sla_asks_for_is_left_to_its_clock(desk):
    desk.technician("Van 1", "A")
    site = desk.site("B")
    declared = sent(desk, Call({"type": "entrapment", "site_id": site.id}))
    assert desk.read(declared.order).due_at is None
    assert declared.plan.respond_by == desk.read(declared.order).sla.response.due_at


def test_what_cannot_make_room_is_told_with_the_reason(desk, crowded):
    _, far, visit, _ = crowded
    desk.office.apply(visit.id, c.Pin(pinned=True))
    records.retire(desk.ctx, records.TECHNICIANS, far.id, actor=DISPATCHER, expected_version=1)
    declared = declare(desk)
    told = emergencies.view(declared, dry_run=False)["firm"]
    assert [(one["order_id"], one["why"]) for one in told] == [(visit.id, "is pinned by a person")]


def test_the_decision_is_kept_with_the_ranking_as_it_stood(desk, crowded):
    declared = declare(desk)
    with desk.ctx.store.read() as unit:
        kept = unit.decisions.of_order(declared.order.id)
    assert [one.kind for one in kept] == ["emergency"]
    assigned = desk.events(declared.order, "order.assigned")[0]
    assert assigned["decision_id"] == kept[0].id
    assert assigned["source"] == "emergency"


def test_two_emergencies_at_once_are_both_dealt_with(desk, crowded):
    together = Barrier(2)

    def call(place):
        together.wait(10)
        return declare(desk, place)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(call, ("A", "B")))
    assert all(one.order.technician_id for one in both)
    for technician_id in {one.order.technician_id for one in both}:
        with desk.ctx.store.read() as unit:
            places = sorted(one.sequence for one in unit.orders.open([technician_id]))
        assert places == list(range(1, len(places) + 1))


def test_of_a_fleet_too_large_only_the_nearest_are_asked_and_the_answer_says_so(desk, crowded):
    near, _, _, _ = crowded
    site = desk.site("A")
    call = Call({"type": "leak", "site_id": site.id}, respond_by=desk.clock.now)
    declared = sent(desk, call, most_days=1)
    assert declared.order.technician_id == near.id
    assert not declared.plan.proven
