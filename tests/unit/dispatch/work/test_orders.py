"""What orders may ask for, and the steps they may take."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.evolution import evolve, evolve_all
from geo_dispatch.dispatch.work.lifecycle import decide
from geo_dispatch.dispatch.work.orders import (
    ENDED,
    OPEN,
    Arrival,
    Hold,
    HoldReason,
    SkillRequirement,
    Status,
    WorkOrder,
    order_faults,
)
from geo_dispatch.dispatch.work.steps import STEPS, possible_steps
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.errors import InvalidInput, TransitionNotAllowed

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
NEW = WorkOrder("wo_1", "WO-1001", "boiler repair", "st_1", NOW, status_at=NOW)
ASSIGN = c.Assign(assignment_id="as_1", technician_id="tc_1", sequence=1)
SET_OUT = c.SetOut(source="person")
ARRIVE = c.ConfirmArrival(visit_id="vi_1", source="person")
GPS = c.ConfirmArrival(visit_id="vi_1", source="gps", occurred_at=NOW - timedelta(minutes=4))

EVERY_STEP = {
    c.ChangeOrder: c.ChangeOrder(changes={"priority": 1}),
    c.Assign: replace(ASSIGN, technician_id="tc_2"),
    c.Resequence: c.Resequence(sequence=7),
    c.Unassign: c.Unassign(),
    c.SetOut: SET_OUT,
    c.ConfirmArrival: ARRIVE,
    c.Start: c.Start(),
    c.AskForHelp: c.AskForHelp(),
    c.Resume: c.Resume(),
    c.Complete: c.Complete(),
    c.Cancel: c.Cancel(),
    c.Retire: c.Retire(),
}


def walk(*commands, order=NEW):
    for command in commands:
        order = evolve_all(order, decide(order, command, NOW))
    return order


AT = {
    Status.NEW: NEW,
    Status.ASSIGNED: walk(ASSIGN),
    Status.EN_ROUTE: walk(ASSIGN, SET_OUT),
    Status.ON_SITE: walk(ASSIGN, SET_OUT, ARRIVE),
    Status.ON_THE_TOOLS: walk(ASSIGN, SET_OUT, ARRIVE, c.Start()),
    Status.COMPLETE: walk(ASSIGN, SET_OUT, ARRIVE, c.Start(), c.Complete()),
    Status.NEEDS_HELP: walk(ASSIGN, SET_OUT, c.AskForHelp()),
    Status.CANCELLED: walk(c.Cancel()),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: step.step)
def test_a_step_is_taken_or_refused_as_the_table_says(status, step):
    order, command = AT[status], EVERY_STEP[step]
    assert order.status is status
    if status in STEPS[step]:
        assert decide(order, command, NOW)
    else:
        with pytest.raises(TransitionNotAllowed):
            decide(order, command, NOW)


def test_a_refusal_names_order_state_step_and_what_is_possible():
    with pytest.raises(TransitionNotAllowed) as refusal:
        decide(AT[Status.ASSIGNED], c.Complete(), NOW)
    assert refusal.value.message == (
        "WO-1001 is assigned: cannot complete; possible now: "
        "change, assign, unassign, pin, hold, set out, arrive, ask for help, cancel"
    )


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_ended_order_takes_no_step_but_retirement(status):
    assert possible_steps(status) == ["retire"]


@pytest.mark.parametrize("status", sorted(OPEN))
def test_everything_open_can_be_cancelled(status):
    assert walk(c.Cancel(), order=AT[status]).status is Status.CANCELLED


def test_a_retired_order_takes_no_step():
    retired = walk(c.Retire(), order=AT[Status.CANCELLED])
    with pytest.raises(TransitionNotAllowed, match="is retired: cannot retire; nothing more"):
        decide(retired, c.Retire(), NOW)


def test_arriving_from_assigned_implies_the_way_there():
    types = [event.type for event in decide(AT[Status.ASSIGNED], GPS, NOW)]
    assert types == ["order.en_route", "order.arrived"]


def test_an_arrival_by_fixes_is_back_dated():
    order = walk(GPS, order=AT[Status.ASSIGNED])
    assert order.status_at == order.arrival.at == NOW - timedelta(minutes=4)


@pytest.mark.parametrize(
    "status", sorted(set(Status) - {Status.ASSIGNED, Status.EN_ROUTE}), ids=str
)
def test_fixes_never_move_an_order_backwards_or_out_of_turn(status):
    for command in (GPS, c.SetOut(source="gps")):
        assert decide(AT[status], command, NOW) == []


def test_fixes_do_not_set_out_again_who_is_on_the_way():
    assert decide(AT[Status.EN_ROUTE], c.SetOut(source="gps"), NOW) == []


@pytest.mark.parametrize(
    "status", [Status.ASSIGNED, Status.EN_ROUTE, Status.ON_SITE, Status.ON_THE_TOOLS], ids=str
)
def test_help_resumes_where_the_order_stood(status):
    stuck = walk(c.AskForHelp(reason="no key"), order=AT[status])
    assert (stuck.status, stuck.helped_from) == (Status.NEEDS_HELP, status)
    resumed = walk(c.Resume(), order=stuck)
    assert (resumed.status, resumed.helped_from) == (status, None)


def test_reassigning_takes_the_order_from_whoever_had_it():
    other = c.Assign(assignment_id="as_2", technician_id="tc_2", sequence=3, reason="nearer")
    taken, given = decide(AT[Status.EN_ROUTE], other, NOW)
    assert (taken.type, taken.technician_id, taken.reason) == ("order.unassigned", "tc_1", "nearer")
    assert (given.type, given.technician_id) == ("order.assigned", "tc_2")
    order = walk(other, order=AT[Status.EN_ROUTE])
    assert (order.status, order.assignment_id, order.sequence) == (Status.ASSIGNED, "as_2", 3)


def test_assigning_to_who_has_it_changes_nothing():
    assert decide(AT[Status.EN_ROUTE], replace(ASSIGN, assignment_id="as_2"), NOW) == []


def test_a_helper_may_be_the_same_technician():
    again = replace(ASSIGN, assignment_id="as_2")
    assert walk(again, order=AT[Status.NEEDS_HELP]).status is Status.ASSIGNED


def test_unassigning_leaves_a_new_order():
    assert walk(c.Unassign(), order=AT[Status.EN_ROUTE]) == NEW


def test_a_site_can_change_until_someone_has_been_there():
    move = c.ChangeOrder(changes={"site_id": "st_2"})
    assert walk(move, order=AT[Status.EN_ROUTE]).site_id == "st_2"
    with pytest.raises(TransitionNotAllowed, match="the technician has been there"):
        decide(AT[Status.ON_SITE], move, NOW)


def test_a_change_tells_only_what_differs():
    change = c.ChangeOrder(
        changes={"priority": 1, "notes": "", "required_skills": (SkillRequirement("hvac"),)}
    )
    [event] = decide(NEW, change, NOW)
    assert event.changes == {"priority": 1, "required_skills": [{"name": "hvac", "level": 1}]}
    assert evolve(NEW, event).required_skills == (SkillRequirement("hvac"),)


def test_an_ended_order_may_be_changed_to_what_it_is():
    same = c.ChangeOrder(changes={"priority": 3})
    assert decide(AT[Status.COMPLETE], same, NOW) == []


def test_a_faulty_change_is_refused():
    with pytest.raises(InvalidInput) as refusal:
        decide(NEW, c.ChangeOrder(changes={"priority": 0, "type": ""}), NOW)
    assert [fault.where for fault in refusal.value.faults] == ["type", "priority"]


def test_only_the_latest_arrival_can_be_reviewed():
    review = c.ReviewArrival(visit_id="vi_9", verdict="confirmed")
    with pytest.raises(TransitionNotAllowed, match="its latest is 'vi_1'"):
        decide(AT[Status.ON_SITE], review, NOW)
    with pytest.raises(TransitionNotAllowed, match="nobody has arrived yet"):
        decide(AT[Status.EN_ROUTE], review, NOW)


def test_confirming_twice_is_confirming_once():
    confirm = c.ReviewArrival(visit_id="vi_1", verdict="confirmed")
    assert decide(walk(confirm, order=AT[Status.ON_SITE]), confirm, NOW) == []


def test_contesting_after_the_work_began_leaves_the_order_where_it_is():
    contest = c.ReviewArrival(visit_id="vi_1", verdict="contested", reason="next door")
    order = walk(contest, order=AT[Status.ON_THE_TOOLS])
    assert (order.status, order.arrival.review) == (Status.ON_THE_TOOLS, Review.CONTESTED)


def test_a_late_fix_moves_an_arrival_but_not_a_persons_word():
    earlier = NOW - timedelta(minutes=9)
    revise = c.ReviseVisit(
        visit_id="vi_1", technician_id="tc_1", arrived_at=earlier, departed_at=None
    )
    by_gps = walk(GPS, order=AT[Status.EN_ROUTE])
    assert walk(revise, order=by_gps).arrival == Arrival("vi_1", earlier, "gps")
    assert walk(revise, order=AT[Status.ON_SITE]) == AT[Status.ON_SITE]


def test_leaving_does_not_end_the_work():
    leave = c.Depart(visit_id="vi_1", technician_id="tc_1")
    assert walk(leave, order=AT[Status.ON_THE_TOOLS]) == AT[Status.ON_THE_TOOLS]


def test_a_skill_is_asked_for_once():
    twice = replace(NEW, required_skills=(SkillRequirement("hvac", 1), SkillRequirement("hvac", 2)))
    [fault] = order_faults(twice)
    assert str(fault) == "required_skills: 'hvac' is asked for twice; keep the higher level"


def test_times_without_a_zone_are_refused():
    with pytest.raises(ValueError, match="no time zone"):
        decide(NEW, ASSIGN, datetime(2026, 3, 2, 8))  # noqa: DTZ001 - the point of it


def test_commands_and_events_need_an_order():
    with pytest.raises(ValueError, match="no order to assign"):
        decide(None, ASSIGN, NOW)
    [placed] = decide(None, c.PlaceOrder(order=NEW), NOW)
    assert evolve(None, placed) == NEW
    with pytest.raises(ValueError, match="without events"):
        evolve_all(None, [])
    with pytest.raises(ValueError, match="before the order was placed"):
        evolve_all(None, decide(NEW, ASSIGN, NOW))


def test_sending_somebody_in_spite_of_a_hold_ends_it():
    order = replace(NEW, hold=Hold(HoldReason.MATERIAL, NOW))
    events = decide(order, ASSIGN, NOW)
    assert [event.type for event in events] == ["order.released", "order.assigned"]
    assert evolve_all(order, events).hold is None
