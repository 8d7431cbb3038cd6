"""Orders are given and taken back whole, refused with all reasons, and kept with the decision."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from geo_dispatch.dispatch import commands as c
from geo_dispatch.dispatch.orders import SkillRequirement, Status
from geo_dispatch.dispatch.technicians import Skill
from geo_dispatch.kernel.errors import (
    AssignmentConflict,
    InvalidInput,
    NotFound,
    TransitionNotAllowed,
    VersionConflict,
)
from geo_dispatch.kernel.ids import TechnicianId, VisitId
from geo_dispatch.services import assignments, records
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER

STREET = "A----------B----------C----------D"
NEEDS_HVAC = (SkillRequirement("HVAC", 2),)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap(STREET), tmp_path_factory.mktemp("street"))


@pytest.fixture
def desk(tmp_path, town):
    with open_dispatch_office(tmp_path, town) as office:
        yield office


def unassign(desk, order, **options):
    return assignments.unassign(desk.ctx, order.id, actor=DISPATCHER, **options)


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
    assert (moved.technician_id, moved.sequence) == (second.id, 2)
    assert open_assignments(desk, moved) == [second.id]
    assert desk.sequences(first) == {orders[0].id: 1, orders[2].id: 2}
    assert desk.sequences(second) == {other.id: 1, moved.id: 2}
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
    assert desk.sequences(technician) == {orders[1].id: 1, orders[2].id: 2}
    assert open_assignments(desk, waiting) == []
    (event,) = desk.events(waiting, "order.unassigned")
    assert event["reason"] == "customer asked for Friday"


def test_work_for_today_goes_before_what_is_promised_for_tomorrow(desk):
    technician = desk.technician("Van 01", "A")
    tomorrow = desk.assign(desk.order("C", window=desk.window(24 * 60, 25 * 60)), technician)
    today = desk.assign(desk.order("B"), technician)
    assert desk.sequences(technician) == {today.id: 1, tomorrow.id: 2}


def test_a_new_order_goes_behind_those_that_are_left_after_one_ended(desk):
    technician = desk.technician("Van 01", "A")
    orders = [desk.assign(desk.order(place), technician) for place in "AB"]
    desk.office.apply(orders[0].id, c.Cancel(reason="twice entered"))
    third = desk.assign(desk.order("C"), technician)
    assert desk.sequences(technician) == {orders[1].id: 1, third.id: 2}


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
    with pytest.raises(TransitionNotAllowed):
        desk.assign(order, second)
    with pytest.raises(TransitionNotAllowed):
        unassign(desk, order)
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
