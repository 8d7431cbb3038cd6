"""Days before and after: what differs, to the second, and nothing else."""

from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.repairs.changes import differences
from geo_dispatch.kernel.ids import TechnicianId
from tests.support.dispatching import (
    NOW,
    ZONE,
    FlatLand,
    a_plan,
    a_stop,
    a_technician,
    at,
)

DRIVES = FlatLand().drives


def schedules(**days):
    """Walked days, by technician; stops in sequence."""
    return {
        TechnicianId(name): day_of(
            a_plan(a_technician(name), at(0), stops), DRIVES, NOW, ZONE
        ).schedule
        for name, stops in days.items()
    }


def names(found):
    return [(one.order.id, one.technician_before, one.technician_after) for one in found]


def test_the_same_days_differ_in_nothing():
    days = schedules(anna=[a_stop("wo_1", at(600))])
    assert list(differences(days, days)) == []


def test_a_visit_that_changes_hands_and_those_that_move_for_it_are_told():
    one, two = a_stop("wo_1", at(600), 1), a_stop("wo_2", at(1200), 2)
    before = schedules(anna=[one, two], bert=[])
    after = schedules(anna=[two], bert=[one])
    found = list(differences(before, after))
    assert names(found) == [("wo_1", "anna", "bert"), ("wo_2", "anna", "anna")]
    moved = found[1]
    assert moved.after.begin_at < moved.before.begin_at


def test_new_orders_come_first_then_those_that_were_to_begin_first():
    one, two = a_stop("wo_1", at(600), 1), a_stop("wo_2", at(1200), 2)
    new = a_stop("wo_9", at(0), 1, priority=1)
    before = schedules(anna=[one, two])
    after = schedules(anna=[new, a_stop("wo_1", at(600), 2), a_stop("wo_2", at(1200), 3)])
    assert [one for one, _, _ in names(differences(before, after))] == ["wo_9", "wo_1", "wo_2"]


def test_a_visit_that_nobody_has_any_more_is_told():
    before = schedules(anna=[a_stop("wo_1", at(600))])
    (left,) = differences(before, schedules(anna=[]))
    assert (left.technician_after, left.after) == (None, None)


def test_less_than_a_second_is_no_difference():
    near = schedules(anna=[a_stop("wo_1", at(600))])
    stop = a_stop("wo_1", at(609))  # nine metres further: 0.9 s
    assert list(differences(near, schedules(anna=[stop]))) == []
    further = a_stop("wo_1", at(611))
    assert len(list(differences(near, schedules(anna=[further])))) == 1


def test_only_days_that_may_have_changed_are_asked_for():
    before = schedules(anna=[a_stop("wo_1", at(600))], bert=[a_stop("wo_2", at(600))])
    after = schedules(bert=[])
    assert names(differences(before, after)) == [("wo_2", "bert", None)]
