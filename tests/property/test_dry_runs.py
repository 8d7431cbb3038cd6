"""What a move would do, told before, is what it then does: every visit of everybody, exactly."""

import random
from datetime import time, timedelta

import pytest

from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.records.technicians import Break, Shift
from geo_dispatch.kernel.errors import AssignmentConflict, InvalidInput, TransitionNotAllowed
from geo_dispatch.services.dispatching import assignments
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.placing import Wish
from geo_dispatch.services.dispatching.plans import load_plans
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office

MAP = """
A----------B----------C----------D
|          |          |          |
E----------F----------G----------H
"""
SHIFTS = tuple(
    Shift(day, time(8), time(18), (Break(time(12), time(13), 1800.0),)) for day in range(7)
)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap(MAP), tmp_path_factory.mktemp("streets"))


def some_orders(desk, luck):
    """Some with windows or due times, some that wait for another, some for several."""
    orders = []
    for _ in range(8):
        fields = {
            "duration_s": luck.choice([600.0, 1800.0, 7200.0]),
            "crew_size": luck.choice([1, 1, 2, 3]),
        }
        kind = luck.randrange(4)
        if kind == 0:
            start = luck.randint(0, 300)
            fields["window"] = desk.window(start, start + luck.randint(20, 200))
        elif kind == 1:
            fields["due_at"] = desk.clock.now + timedelta(minutes=luck.randint(60, 500))
        elif kind == 2 and orders:
            fields["after"] = (luck.choice(orders).id,)
        orders.append(desk.order(luck.choice("ABCDEFGH"), **fields))
    return orders


def begins(desk):
    """When each visit begins and ends, by the days as they stand."""
    with desk.ctx.store.read() as unit:
        plans = load_plans(unit, unit.technicians.list(), lambda one: desk.positions.get(one.id))
    days = days_of(plans, drives_on(desk.ctx.roads), desk.clock.now, desk.ctx.zone)
    return {
        (day.plan.technician.id, stay.stop.order.id): (stay.begin_at, stay.finish_at)
        for day in days
        for stay in day.schedule.stays
    }


def is_moved(old, new):
    if old is None or new is None:
        return old != new
    return abs((new - old).total_seconds()) >= 1


@pytest.mark.capability("BO-041")
@pytest.mark.parametrize("seed", [0, 1, 6, 17])
def test_each_visit_begins_when_the_dry_run_said_it_would(tmp_path, town, seed):
    luck, done = random.Random(seed), 0
    with open_dispatch_office(tmp_path, town) as desk:
        vans = [
            desk.technician(f"Van {n}", luck.choice("ABCDEFGH"), shifts=SHIFTS, home=town.at("A"))
            for n in range(3)
        ]
        orders = some_orders(desk, luck)
        for _ in range(16):
            desk.clock.now += timedelta(minutes=luck.choice([0, 0, 7]))
            order, van = luck.choice(orders), luck.choice(vans)
            wish = Wish(
                position=luck.choice([None, 0, 1]), pinned=luck.choice([None, None, True, False])
            )
            before = begins(desk)
            try:
                told = assignments.preview(
                    desk.ctx, order.id, van.id, positions=desk.positions, wish=wish
                )
                forced = {"force": True, "reason": "a test"} if told.conflicts else {}
                desk.assign(order, van, wish=wish, **forced)
            except (InvalidInput, AssignmentConflict, TransitionNotAllowed):
                continue
            done += 1
            after = begins(desk)
            assert after[van.id, order.id] == (told.begin_at, told.finish_at)
            assert {
                (one.technician_id, one.order_id): (one.begin_before, one.begin_after)
                for one in told.moved
            } == {
                key: (before[key][0], after[key][0])
                for key in after
                if key[1] != order.id and is_moved(before[key][0], after[key][0])
            }
    assert done >= 8
