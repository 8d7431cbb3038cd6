"""Orders are given and taken back whole, refused with all reasons, and kept with the decision."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.records.technicians import Skill
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import HoldReason, SkillRequirement, Status
from geo_dispatch.kernel.errors import (
    AssignmentConflict,
    InvalidInput,
    NotFound,
    TransitionNotAllowed,
    VersionConflict,
)
from geo_dispatch.kernel.ids import TechnicianId, VisitId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.dispatching import assignments, placing
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.orders import holds, work_orders
from geo_dispatch.services.records import keeping as records
from tests.support.records import DISPATCHER
from tests.support.road_works import close

STREET = "A----------B----------C----------D"
NEEDS_HVAC = (SkillRequirement("HVAC", 2),)


def unassign(desk, order, **options):
    return assignments.unassign(desk.ctx, order.id, actor=DISPATCHER, **options)


def in_turn(desk, technician):
    """The technician's orders, which are numbered from one without a gap."""
    sequences = desk.sequences(technician)
    assert sorted(sequences.values()) == list(range(1, len(sequences) + 1))
    return set(sequences)


def open_assignments(desk, order):
    with desk.ctx.store.read() as unit:
        rows = unit.assignments.of_order(order.id)
    return [row.technician_id for row in rows if row.released_at is None]


def test_by_hand_the_order_goes_to_whom_the_dispatcher_names(desk):
    desk.technician("Van 01", "A")
    far = desk.technician("Van 02", "D")
    order = desk.assign(desk.order("A"), far)
    assert (order.status, order.technician_id, order.sequence) == (Status.ASSIGNED, far.id, 1)
    assert order == desk.read(order)
    (event,) = desk.events(order, "order.assigned")
    assert (event["source"], event["conflicts"]) == ("manual", [])


@pytest.mark.capability("FA-019")
def test_the_ranking_as_it_stood_is_kept_with_the_decision(desk):
    near = desk.technician("Van 01", "A")
    far = desk.technician("Van 02", "D")
    order = desk.order("A")
    ranking = desk.rank(order)
    (event,) = desk.events(desk.assign(order, far), "order.assigned")
    assert [one["technician_id"] for one in event["ranking"]] == [near.id, far.id]
    for kept, shown in zip(event["ranking"], ranking.candidates, strict=True):
        assert kept["score_min"] == shown.score_min
        assert [term["text"] for term in kept["terms"]] == [term.text for term in shown.terms]


def test_auto_takes_the_first_of_the_ranking(desk):
    desk.technician("Van 01", "D")
    near = desk.technician("Van 02", "B")
    order = desk.assign(desk.order("A"), None)
    assert order.technician_id == near.id
    (event,) = desk.events(order, "order.assigned")
    assert event["source"] == "auto"


def test_auto_with_nobody_to_send_says_why_for_each(desk):
    desk.technician("Van 01", "A")
    desk.technician("Van 02")
    order = desk.order("A", required_skills=NEEDS_HVAC)
    with pytest.raises(AssignmentConflict, match="nobody can be sent to WO-1001") as caught:
        desk.assign(order, None)
    said = [(fault.where, fault.message.partition(";")[0]) for fault in caught.value.conflicts]
    assert said == [
        ("Van 01", "has no skill HVAC"),
        ("Van 02", "has no skill HVAC"),
        ("Van 02", "has never sent a position"),
    ]
    assert desk.read(order) == order


def test_auto_names_the_closure_that_keeps_everybody_from_the_site(desk):
    desk.technician("Van 01", "A")
    closure = close(desk, "BC").record
    order = desk.order("D")
    pair = desk.order("D", crew_size=2)
    for one in (order, pair):
        with pytest.raises(AssignmentConflict) as caught:
            desk.assign(one, None)
        assert f"closed by {closure.label}" in caught.value.conflicts[0].message
    with pytest.raises(AssignmentConflict) as caught:
        assignments.preview(desk.ctx, order.id, None, positions=desk.positions)
    assert f"closed by {closure.label}" in caught.value.conflicts[0].message


def test_auto_without_any_technician_says_so(desk):
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(desk.order("A"), None)
    assert caught.value.conflicts[0].message == "there are none in service"


@pytest.mark.capability("FA-037")
def test_an_excluded_technician_is_refused_with_every_code(desk):
    expired = (Skill("HVAC", 2, date(2026, 2, 28)),)
    technician = desk.technician("Van 01", skills=expired)
    order = desk.order("A", required_skills=NEEDS_HVAC)
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(order, technician)
    assert [fault.where for fault in caught.value.conflicts] == ["skill_expired", "no_position"]
    assert "ended 2026-02-28" in caught.value.conflicts[0].message
    assert desk.read(order).status is Status.NEW


def test_missing_the_window_is_a_conflict(desk):
    technician = desk.technician("Van 01", "A")
    window = desk.window(0, 60)
    desk.assign(desk.order("B", duration_s=7200.0, window=window), technician)
    order = desk.order("C", window=window, duration_s=7200.0)
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(order, technician)
    assert caught.value.conflicts[0].where in {"outside_window", "would_be_late_for"}


def test_force_needs_a_reason(desk):
    technician = desk.technician("Van 01")
    with pytest.raises(InvalidInput) as caught:
        desk.assign(desk.order("A"), technician, force=True, reason="  ")
    assert [fault.where for fault in caught.value.faults] == ["reason"]


def test_force_needs_a_technician(desk):
    with pytest.raises(InvalidInput) as caught:
        desk.assign(desk.order("A"), None, force=True, reason="hurry")
    assert [fault.where for fault in caught.value.faults] == ["technician_id"]


def test_force_keeps_what_was_overridden_and_why(desk):
    technician = desk.technician("Van 01")
    order = desk.assign(desk.order("A"), technician, force=True, reason="phone is broken")
    (event,) = desk.events(order, "order.assigned")
    assert event["reason"] == "phone is broken"
    assert [conflict["code"] for conflict in event["conflicts"]] == ["no_position"]


def test_no_reason_sends_who_is_retired(desk):
    technician = desk.technician("Van 01", "A")
    records.retire(
        desk.ctx, records.TECHNICIANS, technician.id, actor=DISPATCHER, expected_version=None
    )
    with pytest.raises(AssignmentConflict, match="can't be forced") as caught:
        desk.assign(desk.order("A"), technician, force=True, reason="one last time")
    assert [fault.where for fault in caught.value.conflicts] == ["retired"]


def test_reassigning_closes_the_old_assignment_and_both_sequences(desk):
    first, second = desk.technician("Van 01", "A"), desk.technician("Van 02", "B")
    orders = [desk.assign(desk.order(place), first) for place in "ABC"]
    other = desk.assign(desk.order("D"), second)
    moved = desk.assign(orders[1], second)
    assert moved.technician_id == second.id
    assert open_assignments(desk, moved) == [second.id]
    assert in_turn(desk, first) == {orders[0].id, orders[2].id}
    assert in_turn(desk, second) == {other.id, moved.id}
    assert desk.events(moved, "order.unassigned")[0]["technician_id"] == first.id


def test_giving_it_to_who_has_it_changes_nothing(desk):
    technician = desk.technician("Van 01", "A")
    order = desk.assign(desk.order("A"), technician)
    assert desk.assign(order, technician) == order
    assert len(desk.events(order, "order.assigned")) == 1


def test_unassigning_closes_the_gap(desk):
    technician = desk.technician("Van 01", "A")
    orders = [desk.assign(desk.order(place), technician) for place in "ABC"]
    waiting = unassign(desk, orders[0], reason="customer asked for Friday")
    assert (waiting.status, waiting.technician_id, waiting.sequence) == (Status.NEW, None, 0)
    assert in_turn(desk, technician) == {orders[1].id, orders[2].id}
    assert open_assignments(desk, waiting) == []
    (event,) = desk.events(waiting, "order.unassigned")
    assert event["reason"] == "customer asked for Friday"


def test_work_for_today_goes_before_what_is_promised_for_tomorrow(desk):
    technician = desk.technician("Van 01", "A")
    tomorrow = desk.assign(desk.order("C", window=desk.window(24 * 60, 25 * 60)), technician)
    today = desk.assign(desk.order("B"), technician)
    assert desk.sequences(technician) == {today.id: 1, tomorrow.id: 2}


def test_after_one_ended_those_that_are_left_and_a_new_one_are_numbered_from_one(desk):
    technician = desk.technician("Van 01", "A")
    orders = [desk.assign(desk.order(place), technician) for place in "AB"]
    desk.office.apply(orders[0].id, c.Cancel(reason="twice entered"))
    third = desk.assign(desk.order("C"), technician)
    assert in_turn(desk, technician) == {orders[1].id, third.id}


def test_a_stale_version_is_refused(desk):
    technician = desk.technician("Van 01", "A")
    order = desk.order("A")
    with pytest.raises(VersionConflict):
        desk.assign(order, technician, expected_version=order.version + 1)
    desk.assign(order, technician, expected_version=order.version)
    with pytest.raises(VersionConflict):
        unassign(desk, order, expected_version=order.version)


def test_of_two_dispatchers_at_once_one_wins_and_the_other_is_told(desk):
    both = [desk.technician("Van 01", "A"), desk.technician("Van 02", "B")]
    order = desk.order("C")
    start = Barrier(2)

    def give(technician):
        start.wait(10)
        try:
            return desk.assign(order, technician, expected_version=order.version)
        except VersionConflict as conflict:
            return conflict

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(give, both))
    told = [outcome for outcome in outcomes if isinstance(outcome, VersionConflict)]
    won = [outcome for outcome in outcomes if not isinstance(outcome, VersionConflict)]
    assert (len(told), len(won)) == (1, 1)
    assert desk.read(order) == won[0]
    assert open_assignments(desk, order) == [won[0].technician_id]
    assert len(desk.events(order, "order.assigned")) == 1


def test_an_order_that_is_worked_on_does_not_change_hands(desk):
    first, second = desk.technician("Van 01", "A"), desk.technician("Van 02", "B")
    order = desk.assign(desk.order("A"), first)
    desk.office.apply(order.id, c.ConfirmArrival(visit_id=VisitId("vi_9"), source="person"))
    for refused in (lambda: desk.assign(order, second), lambda: unassign(desk, order)):
        with pytest.raises(AssignmentConflict, match="can't be forced") as caught:
            refused()
        assert [one.where for one in caught.value.conflicts] == ["at_work"]
    assert open_assignments(desk, order) == [first.id]


def test_an_unknown_technician_is_not_found(desk):
    with pytest.raises(NotFound, match="tc_none"):
        assignments.assign(
            desk.ctx,
            desk.order("A").id,
            TechnicianId("tc_none"),
            positions=desk.positions,
            actor=DISPATCHER,
        )


def wish(**fields):
    return placing.Wish(**fields)


def preview(desk, order, technician, **fields):
    return assignments.preview(
        desk.ctx, order.id, technician.id, positions=desk.positions, wish=wish(**fields)
    )


def snapshot(desk):
    with desk.ctx.store.read() as unit:
        return unit.orders.open(), unit.last_seq()


@pytest.mark.capability("BO-041")
def test_a_preview_tells_each_visit_that_moves_and_leaves_no_trace(desk):
    technician, other = desk.technician("Van 01", "A"), desk.technician("Van 02", "D")
    first = desk.assign(desk.order("B", duration_s=1800.0), technician)
    second = desk.assign(desk.order("C", duration_s=1800.0), technician)
    theirs = desk.assign(desk.order("D", duration_s=600.0), other)
    behind = desk.assign(desk.order("C", duration_s=600.0), other, wish=wish(position=1))
    before = snapshot(desk)
    told = preview(desk, theirs, technician, position=0)
    assert snapshot(desk) == before
    assert told.position == 0
    assert {one.order_id for one in told.moved} == {first.id, second.id, behind.id}
    assert all(
        one.begin_after > one.begin_before for one in told.moved if one.order_id != behind.id
    )
    given = desk.assign(theirs, technician, wish=wish(position=0))
    assert desk.sequences(technician) == {given.id: 1, first.id: 2, second.id: 3} or (
        desk.sequences(technician) == {given.id: 1, second.id: 2, first.id: 3}
    )
    again = preview(desk, given, technician, position=0)
    assert (again.begin_at, again.moved) == (told.begin_at, ())


@pytest.mark.capability("FA-004")
def test_a_dispatcher_says_where_in_the_day_and_when(desk):
    technician = desk.technician("Van 01", "A")
    orders = [desk.assign(desk.order(place), technician) for place in "BC"]
    at = desk.clock.now + timedelta(minutes=90)
    given = desk.assign(
        desk.order("D"), technician, wish=wish(position=0, start_at=at, pinned=True)
    )
    assert (given.sequence, given.start_at, given.pinned) == (1, at, True)
    assert set(desk.sequences(technician)) == {given.id, *(one.id for one in orders)}
    later = at + timedelta(hours=4)
    with pytest.raises(AssignmentConflict, match="stays where it is") as caught:
        desk.assign(given, technician, wish=wish(position=2, start_at=later))
    assert [one.where for one in caught.value.conflicts] == ["pinned"]
    moved = desk.assign(given, technician, wish=wish(position=2, start_at=later, pinned=False))
    assert (moved.sequence, moved.assignment_id) == (3, given.assignment_id)


def test_a_place_that_there_is_not_is_named_with_those_that_there_are(desk):
    technician = desk.technician("Van 01", "A")
    with pytest.raises(InvalidInput) as caught:
        desk.assign(desk.order("A"), technician, wish=wish(position=7))
    assert caught.value.faults[0].where == "position"
    assert "to 0 (last)" in caught.value.faults[0].message


@pytest.mark.capability("FA-036")
@pytest.mark.parametrize("guard", [{"contract_critical": True}, {"pinned": True}])
def test_going_ahead_of_a_visit_that_must_not_move_needs_force(desk, guard):
    technician = desk.technician("Van 01", "A")
    pinned = guard.pop("pinned", False)
    due = desk.clock.now + timedelta(minutes=70)
    guarded = desk.order("B", due_at=due, duration_s=3600.0, **guard)
    guarded = desk.assign(guarded, technician, wish=wish(pinned=pinned))
    new = desk.order("C", duration_s=3600.0)
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(new, technician, wish=wish(position=0))
    assert [fault.where for fault in caught.value.conflicts] == ["would_be_late_for"]
    assert guarded.number in caught.value.conflicts[0].message
    assert desk.sequences(technician) == {guarded.id: 1}
    forced = desk.assign(
        new, technician, wish=wish(position=0), force=True, reason="the customer agreed"
    )
    assert desk.sequences(technician) == {forced.id: 1, guarded.id: 2}
    (event,) = desk.events(forced, "order.assigned")
    assert event["conflicts"][0]["code"] == "would_be_late_for"


@pytest.mark.capability("BO-024")
def test_no_gap_between_distant_sites_is_a_conflict_without_anybody_checking(desk):
    technician = desk.technician("Van 01", "A")
    begin = desk.clock.now + timedelta(minutes=60)
    first = desk.order("A", duration_s=3600.0)
    desk.assign(first, technician, wish=wish(start_at=begin, pinned=True))
    next_begin = begin + timedelta(minutes=60)
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(
            desk.order("D", window=Window(next_begin, next_begin + timedelta(seconds=1))),
            technician,
        )
    assert caught.value.conflicts[0].where in {"outside_window", "would_be_late_for"}


@pytest.mark.capability("BO-067")
def test_an_order_for_two_takes_both_at_one_moment(desk):
    near, far = desk.technician("Van 01", "A"), desk.technician("Van 02", "D")
    given = desk.assign(desk.order("B", crew_size=2), None)
    assert {given.technician_id, *given.crew} == {near.id, far.id}
    assert given.start_at is not None
    with desk.ctx.store.read() as unit:
        plans = load_plans(
            unit,
            [unit.technicians.get(one.id) for one in (near, far)],
            lambda one: desk.positions.get(one.id),
        )
    days = days_of(plans, drives_on(desk.ctx.roads), desk.clock.now, desk.ctx.zone)
    begins = {day.schedule.stays[0].begin_at for day in days}
    assert begins == {given.start_at}
    alone = desk.technician("Van 03", "C")
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(desk.order("C", crew_size=4), alone)
    assert caught.value.conflicts[-1].where == "crew_apart"


def test_holding_takes_it_from_its_technician_and_releasing_lets_it_go_on(desk):
    technician = desk.technician("Van 01", "A")
    first, second = (desk.assign(desk.order(place), technician) for place in "AB")
    held = holds.hold(
        desk.ctx, first.id, HoldReason.MATERIAL, note="valve on order", actor=DISPATCHER
    )
    assert (held.hold.reason, held.technician_id) == (HoldReason.MATERIAL, None)
    assert desk.sequences(technician) == {second.id: 1}
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(held, technician)
    assert "on_hold" in [fault.where for fault in caught.value.conflicts]
    assert holds.release(desk.ctx, held.id, actor=DISPATCHER).hold is None


def test_only_what_somebody_has_can_be_pinned(desk):
    technician = desk.technician("Van 01", "A")
    order = desk.order("A")
    with pytest.raises(TransitionNotAllowed):
        holds.pin(desk.ctx, order.id, pinned=True, actor=DISPATCHER)
    order = desk.assign(order, technician)
    assert holds.pin(desk.ctx, order.id, pinned=True, actor=DISPATCHER).pinned
    assert not holds.pin(desk.ctx, order.id, pinned=False, actor=DISPATCHER).pinned


def test_orders_given_to_one_technician_at_once_are_all_numbered(desk):
    technician = desk.technician("Van 01", "A")
    orders = [desk.order(place) for place in "ABC"]
    start = Barrier(3)

    def give(order):
        start.wait(10)
        return desk.assign(order, technician)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(give, orders))
    assert in_turn(desk, technician) == {order.id for order in orders}


def test_an_order_that_ends_leaves_no_gap(desk):
    technician = desk.technician("Van 01", "A")
    given = [desk.assign(desk.order(place), technician) for place in "ABC"]
    first = min(map(desk.read, given), key=lambda order: order.sequence)
    work_orders.step(desk.ctx, first.id, Status.CANCELLED, actor=DISPATCHER, note="entered twice")
    assert in_turn(desk, technician) == {order.id for order in given} - {first.id}


@pytest.mark.capability("FA-035")
def test_every_assignment_is_of_one_work_order_and_outlives_no_order(desk):
    technician = desk.technician("Van 01", "A")
    by_hand = desk.assign(desk.order("A"), technician)
    ranked = desk.assign(desk.order("B"), None)
    for order in (by_hand, ranked):
        unassign(desk, order)
        assert desk.read(order).status is Status.NEW
        with desk.ctx.store.read() as unit:
            rows = unit.assignments.of_order(order.id)
            assert [row.order_id for row in rows] == [order.id]
            assert unit.orders.get(order.id).number == order.number
