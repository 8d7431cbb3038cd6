"""Whoever a ranking names first can be sent, as it said; whoever it refuses is refused so."""

import random
from datetime import time, timedelta

import pytest

from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.kernel.errors import AssignmentConflict
from geo_dispatch.services.dispatching import why_not
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import RESOURCES
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.hard_cases import HOISTS, HardCases
from tests.support.records import DISPATCHER

MAP = """
A----------B----------C----------D
|          |          |          |
E----------F----------G----------H
"""
OF_ORDERS = (
    *("duration_s", "priority", "required_skills", "required_certificates", "required_parts"),
    *("window", "start_at", "due_at", "work_class"),
)
OF_TECHNICIANS = (
    *("skills", "certificates", "equipment_types", "vehicle", "parts", "shifts", "leave"),
    "on_call",
)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap(MAP), tmp_path_factory.mktemp("streets"))


class HardDay:
    """An office with few people, shared hoists, and orders that ask for a lot."""

    def __init__(self, desk, seed):
        self.desk, self.hard, self.luck = desk, HardCases(seed), random.Random(seed)
        desk.clock.now = self.hard.now
        for hoist in HOISTS:
            fields = {"name": hoist.name, "kind": hoist.kind, "provides": hoist.provides}
            records.create(desk.ctx, RESOURCES, fields, actor=DISPATCHER)
        for number in range(4):
            made = self.hard.technician(number)
            fields = {name: getattr(made, name) for name in OF_TECHNICIANS}
            place = self.luck.choice("ABCDEFGH")
            fields["home"] = self.luck.choice([None, desk.town.at(place)])
            desk.technician(f"Van {number}", place, **fields)
        self.orders, self.staged = [], seed % 4 == 0

    def order(self):
        asked, luck = self.hard.case().order, self.luck
        fields = {name: getattr(asked, name) for name in OF_ORDERS}
        fields["required_equipment"] = luck.choice([(), (), ("hoist",), ("hoist", "crane")])
        fields["crew_size"] = luck.choice([1, 1, 1, 2, 2, 3, 5])
        if luck.random() < 0.5:
            fields |= {"required_skills": (), "required_certificates": (), "required_parts": ()}
        if self.staged and self.orders and luck.random() < 0.4:
            fields["after"] = (luck.choice(self.orders).id,)
        hours = tuple(Hours(day, time(6), time(18)) for day in range(7))
        site = self.desk.site(luck.choice("ABCDEFGH"), access_windows=luck.choice([(), (), hours]))
        self.orders.append(self.desk.office.order(site, **fields))
        return self.orders[-1]

    def hangs(self, given):
        """Whether days of these wait for others: that goes by the times last told."""
        with self.desk.ctx.store.read() as unit:
            those = unit.orders.open(given.technician_ids)
        return bool(given.after) or any(
            one.crew or one.after for one in those if one.id != given.id
        )

    def begins(self):
        """When each visit begins, by the days as they stand."""
        desk = self.desk
        with desk.ctx.store.read() as unit:
            plans = load_plans(
                unit, unit.technicians.list(), lambda one: desk.positions.get(one.id)
            )
        days = days_of(plans, drives_on(desk.ctx.roads), desk.clock.now, desk.ctx.zone)
        return {
            (day.plan.technician.id, stay.stop.order.id): stay.begin_at
            for day in days
            for stay in day.schedule.stays
        }


@pytest.mark.capability("FA-013")
@pytest.mark.parametrize("seed", range(16))
def test_what_a_ranking_says_is_what_an_assignment_does(tmp_path, town, seed):
    with open_dispatch_office(tmp_path, town) as desk:
        day = HardDay(desk, seed)
        for _ in range(7):
            desk.clock.now += timedelta(minutes=day.luck.choice([0, 0, 6]))
            order = day.order()
            ranking = desk.rank(order)
            vans = {one.id: one for one in technicians(desk)}
            assert {one.technician_id for one in (*ranking.candidates, *ranking.excluded)} == {
                *vans
            }
            told = why_not.of_order(
                desk.ctx, order.id, positions=desk.positions, now=desk.clock.now
            )
            assert told.best_id == next((one.technician_id for one in ranking.candidates), None)
            assert {one.technician_id for one in told.nearest} == {
                one.technician_id for one in ranking.excluded
            }
            for one in ranking.excluded:
                with pytest.raises(AssignmentConflict) as refusal:
                    desk.assign(order, vans[one.technician_id])
                assert refusal.value.conflicts[0].where == one.exclusions[0].code
            if not ranking.candidates:
                with pytest.raises(AssignmentConflict, match="nobody can be sent"):
                    desk.assign(order, None)
                continue
            first, before = ranking.candidates[0], day.begins()
            given = desk.assign(order, day.luck.choice([None, vans[first.technician_id]]))
            assert (given.technician_id, given.crew) == (first.technician_id, first.crew)
            if day.hangs(given):
                continue
            after = day.begins()
            for who in given.technician_ids:
                assert after[who, order.id] == first.begin_at
            moved = {
                key[1]: (begin, after[key])
                for key, begin in before.items()
                if key[0] == first.technician_id and is_moved(begin, after[key])
            }
            assert moved == {
                one.order_id: (one.begin_before, one.begin_after) for one in first.moved
            }


def technicians(desk):
    with desk.ctx.store.read() as unit:
        return unit.technicians.list()


def is_moved(old, new):
    if old is None or new is None:
        return old != new
    return abs((new - old).total_seconds()) >= 1
