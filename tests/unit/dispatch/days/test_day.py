"""Days that hang together: stages behind each other, crews that begin together, and circles."""

from dataclasses import replace

import pytest

from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.days.feasibility import Limit
from geo_dispatch.dispatch.days.plan import Prior
from tests.support.dispatching import (
    NOW,
    ZONE,
    FlatLand,
    a_plan,
    a_stop,
    a_technician,
    at,
    minutes,
)


def stage(number, *, after=None, told=None, **fields):
    stop = a_stop(f"wo_{number}", at(0), number, duration_s=600.0, **fields)
    if after is None:
        return stop
    return replace(stop, priors=(Prior(f"wo_{after}", f"WO-{after}", told),))


def worked_out(*days):
    plans = [a_plan(a_technician(f"van-{n}"), at(0), day) for n, day in enumerate(days)]
    return days_of(plans, FlatLand().drives, NOW, ZONE)


def begins(days):
    return {
        (day.plan.technician.id, stay.stop.order.id): (stay.begin_at - NOW) / minutes(1)
        for day in days
        for stay in day.schedule.stays
    }


def test_stages_that_two_technicians_take_in_turn_each_begin_behind_the_one_before():
    days = worked_out(
        [stage(1), *(stage(n, after=n - 1) for n in range(3, 12, 2))],
        [stage(n, after=n - 1) for n in range(2, 12, 2)],
    )
    assert {order: begin for (_, order), begin in begins(days).items()} == {
        f"wo_{n}": 10.0 * (n - 1) for n in range(1, 12)
    }


@pytest.mark.parametrize("told_min", [None, 5, 300])
def test_what_was_told_of_a_stage_earlier_gives_way_to_its_day_as_it_stands(told_min):
    told = None if told_min is None else NOW + minutes(told_min)
    crew = {"crew": ("van-1",)}
    days = worked_out(
        [stage(1), stage(3, **crew)], [stage(2, after=1, told=told), stage(3, **crew)]
    )
    assert begins(days) == {
        ("van-0", "wo_1"): 0.0,
        ("van-1", "wo_2"): 10.0,
        ("van-0", "wo_3"): 20.0,
        ("van-1", "wo_3"): 20.0,
    }


def circle(*others):
    """Van 0 does 1 and then 2; van 1 does 4, which waits for 2, and then joins van 0 at 1."""
    together = stage(1, crew=("van-1",))
    later = replace(together, order=replace(together.order, sequence=5))
    return worked_out([together, stage(2)], [stage(4, after=2), later], *others)


def test_visits_that_wait_for_each_other_in_a_circle_are_said_to_and_nobody_waits_for_ever():
    days = circle()
    assert begins(days) == {
        ("van-0", "wo_1"): 0.0,
        ("van-0", "wo_2"): 10.0,
        ("van-1", "wo_4"): 0.0,
        ("van-1", "wo_1"): 10.0,
    }
    (violation,) = days[1].schedule.violations
    assert (violation.limit, violation.order_id) == (Limit.PREDECESSOR, "wo_4")
    assert "nobody can tell until when" in violation.fact


def test_a_circle_is_worked_out_alike_whoever_else_is_there():
    others = [[stage(10)], [stage(11, after=10), stage(12, after=11)]]
    assert begins(circle(*others)).items() >= begins(circle()).items()
