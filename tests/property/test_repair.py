"""Repairs against trying everything: the same least cost, and nothing else touched."""

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.day import Day, day_of, days_of
from geo_dispatch.dispatch.days.feasibility import by_limit, deadlines, new_or_worse
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.records.technicians import Leave, Shift
from geo_dispatch.dispatch.repairs.repair import MOST_MOVED, evacuate, fill, mend, mend_all
from geo_dispatch.dispatch.repairs.upset_day import Trouble, UpsetDay
from geo_dispatch.dispatch.repairs.workings import (
    pack_inputs,
    repair_again,
    repair_bytes,
    repair_kept,
    unpack_repair,
)
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    FlatLand,
    a_plan,
    a_stop,
    a_technician,
    minutes,
)
from tests.support.small_days import (
    PLACES,
    PROMISES,
    ZONES,
    begins,
    differ,
    joined,
    meet_today,
    waiting_for,
)

QUARTERS = st.integers(0, 16).map(lambda n: minutes(15 * n))


@dataclass(repr=False)
class World:
    zone: ZoneInfo
    plans: list[Plan]
    days: list[Day]
    drives: object
    unfit: set

    def __repr__(self):
        return "; ".join(
            f"{plan.technician.id}: {', '.join(stop.order.id for stop in plan.stops)}"
            for plan in self.plans
        )

    def fits(self, stop, technician_id):
        return (stop.order.id, technician_id) not in self.unfit

    def roster(self, days=None):
        return UpsetDay.of(
            self.plans, self.drives, NOW, self.zone, fits=self.fits, helps=self.fits
        ).roster(self.days if days is None else days)

    @property
    def tonight(self):
        return NOW.astimezone(self.zone).replace(hour=0, minute=0) + timedelta(days=1)

    @property
    def free(self):
        """What may leave its place."""
        awaited = {one for plan in self.plans for stop in plan.stops for one in stop.order.after}
        return {
            stop.order.id
            for plan in self.plans
            for stop in plan.stops
            if stop.order.status is Status.ASSIGNED
            and not (stop.order.pinned or stop.order.crew or stop.order.after)
            and not stop.order.contract_critical
            and stop.order.id not in awaited
        }

    def with_stops(self, sequences):
        """The days in which everybody has these stops, each as the others make it."""
        plans = [
            replace(plan, stops=tuple(sequences.get(plan.technician.id, plan.stops)))
            for plan in self.plans
        ]
        return days_of(plans, self.drives, NOW, self.zone)


@st.composite
def stops(draw, technician, number):
    opens = NOW + draw(QUARTERS) - minutes(60)
    window = draw(
        st.none() | st.just(Window(opens, opens + minutes(draw(st.sampled_from([30, 90])))))
    )
    return a_stop(
        f"{technician}_{number}",
        draw(PLACES),
        sequence=number + 1,
        duration_s=60.0 * draw(st.sampled_from([20, 45, 90])),
        window=window,
        due_at=draw(st.none() | st.just(opens + minutes(120))),
        pinned=draw(st.sampled_from([False] * 7 + [True])),
        contract_critical=draw(st.sampled_from([False] * 9 + [True])),
        status=Status.EN_ROUTE if number == 0 and draw(st.booleans()) else Status.ASSIGNED,
    )


@st.composite
def worlds(draw, *, together=True):
    zone, late_h = draw(st.sampled_from(sorted(ZONES.items(), key=str)))
    ends = time(late_h + draw(st.sampled_from([13, 15, 17])))
    shifts = tuple(Shift(day, time(8), ends) for day in range(7))
    plans, left = [], 5
    for name in ("t1", "t2", "t3")[: draw(st.integers(2, 3))]:
        count = draw(st.integers(0 if plans else 1, min(3, left)))
        left -= count
        technician = a_technician(name, shifts=shifts)
        plans.append(a_plan(technician, draw(PLACES), [draw(stops(name, n)) for n in range(count)]))
    if together and plans[0].stops and plans[1].stops and draw(st.booleans()):
        first, *others = plans[1].stops
        after = waiting_for(first, draw(st.sampled_from(plans[0].stops)))
        plans[1] = replace(plans[1], stops=(after, *others))
    if together and draw(st.sampled_from([False, False, True])):
        plans[:2] = joined(*plans[:2], draw(st.integers(2, 4)), agreed=draw(st.booleans()))
    drives = FlatLand().drives
    pairs = list(
        itertools.product(
            [stop.order.id for plan in plans for stop in plan.stops],
            [plan.technician.id for plan in plans],
        )
    )
    world = World(
        zone,
        plans,
        days_of(plans, drives, NOW, zone),
        drives,
        draw(st.sets(st.sampled_from(pairs), max_size=3)),
    )
    assume(meet_today(world.days, world.tonight))
    return world


def violated(days, leave_out=()):
    return {
        (v.limit, v.order_id)
        for day in days
        for v in day.schedule.violations
        if v.order_id not in leave_out
    }


def cost_of(world, sequences, dropped, leaving=(), left=()):
    """What these days cost, found by walking them all anew; None when they may not be."""
    free, after_days = world.free, world.with_stops(sequences)
    before, after = begins(world.days), begins(after_days)
    missed = by_limit(v for day in world.days for v in day.schedule.violations)
    if any(isinstance(who, tuple) and differ((who, at), after[one])
           for one, (who, at) in before.items()):  # fmt: skip
        return None
    for day in after_days:
        own = {one for one, (owner, _) in before.items() if owner == day.plan.technician.id}
        here = {stop.order.id for stop in day.plan.stops}
        changed = {one for one in own & here if differ(before[one], after[one])}
        worse = new_or_worse(day.schedule.violations, missed)
        possible = changed <= free and all(v.limit in PROMISES for v in worse)
        if not possible and day.plan.technician.id not in left:
            return None
    lost = sum(mark.at <= world.tonight for stop in dropped for mark in deadlines(stop.order))
    changes = {one for one in before if differ(before[one], after.get(one))}
    drive_s = sum(d.schedule.drive_s for d in after_days) - sum(
        d.schedule.drive_s for d in world.days
    )
    return (
        len(violated(after_days)) - len(violated(world.days, leaving)) + lost,
        len(dropped),
        len(changes),
        drive_s,
    )


def spread(world, sequences, moved, allowed, dropped, *, droppable):
    """Every way to put the moved visits into the days."""
    if not moved:
        yield sequences, dropped
        return
    visit, others = moved[0], moved[1:]
    if droppable:
        yield from spread(world, sequences, others, allowed, [*dropped, visit], droppable=True)
    for name, day in sequences.items():
        if allowed(visit, name):
            for place in range(sum(stop.fixed for stop in day), len(day) + 1):
                with_it = {**sequences, name: [*day[:place], visit, *day[place:]]}
                yield from spread(world, with_it, others, allowed, dropped, droppable=droppable)


def told(cost):
    return (cost.missed, cost.unassigned, cost.changes, pytest.approx(cost.drive_s, abs=0.01))


def applied(world, repair):
    """The days with the repair, and what is not as it was."""
    stops = {stop.order.id: stop for plan in world.plans for stop in plan.stops}
    sequences = repair.rearrangement.sequences.items()
    after = begins(world.with_stops({who: [stops[one] for one in ids] for who, ids in sequences}))
    before = begins(world.days)
    return {one for one in before if differ(before[one], after.get(one))}


def names_of(stops):
    return {stop.order.id for stop in stops}


@settings(deadline=None, max_examples=120)
@given(worlds(), st.data())
def test_no_repair_that_moves_two_visits_costs_less(world, data):
    names = [day.plan.technician.id for day in world.days]
    troubled = data.draw(st.sets(st.sampled_from(names), min_size=1))
    repair = mend(world.roster(), world.fits, troubled, "test")
    assert repair.proven
    owner = {stop.order.id: d.plan.technician.id for d in world.days for stop in d.plan.stops}
    free = [
        stop
        for day in world.days
        for stop in day.plan.stops
        if day.plan.technician.id in troubled and stop.order.id in world.free
    ]

    def allowed(stop, name):
        return name == owner[stop.order.id] or world.fits(stop, name)

    best = (0, 0, 0, 0.0)
    for size in range(1, MOST_MOVED + 1):
        for moved in itertools.combinations(free, size):
            base = {
                plan.technician.id: [s for s in plan.stops if s.order.id not in names_of(moved)]
                for plan in world.plans
            }
            for sequences, _ in spread(world, base, list(moved), allowed, [], droppable=False):
                cost = cost_of(world, sequences, [])
                best = min(best, cost or best)
    assert told(repair.cost) == best
    listed = {change.order_id for change in repair.rearrangement.changes}
    assert listed == applied(world, repair)


@settings(deadline=None, max_examples=80)
@given(worlds(together=False), st.data())
def test_nobody_who_is_ill_could_be_relieved_at_less_cost(world, data):
    ill = data.draw(st.sampled_from([day.plan.technician.id for day in world.days]))
    (day,) = [one for one in world.days if one.plan.technician.id == ill]
    leaving = [stop for stop in day.plan.stops if not stop.fixed]
    repair = evacuate(world.roster(), world.fits, leaving, "test")
    assert repair.proven
    base = {
        one.plan.technician.id: [s for s in one.plan.stops if s not in leaving]
        for one in world.days
    }
    best = min(
        cost
        for sequences, dropped in spread(
            world,
            base,
            leaving,
            lambda stop, name: name != ill and world.fits(stop, name),
            [],
            droppable=True,
        )
        if (
            cost := cost_of(
                world, sequences, dropped, {stop.order.id for stop in leaving}, left={ill}
            )
        )
        is not None
    )
    assert told(repair.cost) == best
    assert {change.order_id for change in repair.rearrangement.changes} == applied(world, repair)
    assert all(change.technician_after != ill or change.technician_before == ill
               for change in repair.rearrangement.changes)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(worlds())
def test_mending_many_days_ends_where_no_day_can_be_mended_for_less(world):
    repair = mend_all(world.days, world.drives, world.roster, world.fits, "test")
    stops = {stop.order.id: stop for day in world.days for stop in day.plan.stops}
    after = [
        day.with_stops([stops[one] for one in names], world.drives)
        if (names := repair.rearrangement.sequences.get(day.plan.technician.id)) is not None
        else day
        for day in world.days
    ]
    assert Counter(stop.order.id for day in after for stop in day.plan.stops) == Counter(
        stop.order.id for plan in world.plans for stop in plan.stops
    )
    assert repair.missed_before == violated(world.days)
    assert repair.missed_after == violated(after)
    assert len(repair.missed_after) < len(repair.missed_before) or not repair.rearrangement.changes
    assert {change.order_id for change in repair.rearrangement.changes} == applied(world, repair)
    for day in after:
        if day.schedule.violations:
            again = mend(world.roster(after), world.fits, {day.plan.technician.id}, "test")
            assert not again.rearrangement.changes


@settings(deadline=None, max_examples=100)
@given(worlds(), st.data())
def test_free_time_goes_to_the_first_that_fits_where_it_changes_least(world, data):
    owner = data.draw(st.sampled_from([day.plan.technician.id for day in world.days]))
    waiting = [data.draw(stops("w", n)) for n in range(data.draw(st.integers(1, 3)))]
    waiting = [replace(s, order=replace(s.order, status=Status.ASSIGNED)) for s in waiting]
    repair = fill(world.roster(), world.fits, owner, waiting, "test")
    (day,) = [one for one in world.days if one.plan.technician.id == owner]
    begin = begins([day])
    missed = by_limit(day.schedule.violations)
    best = None
    for visit in waiting:
        found = []
        for place in range(sum(s.fixed for s in day.plan.stops), len(day.plan.stops) + 1):
            there = (*day.plan.stops[:place], visit, *day.plan.stops[place:])
            after = day_of(replace(day.plan, stops=there), world.drives, NOW, world.zone)
            times = begins([after])
            changed = {one for one in begin if differ(begin[one], times[one])}
            firm = {s.order.id for s in day.plan.stops} - world.free
            starts = times[visit.order.id][1]
            if starts is None or starts >= world.tonight or changed & firm:
                continue
            if not new_or_worse(after.schedule.violations, missed):
                found.append((len(changed), after.schedule.drive_s, changed))
        if found:
            best = visit.order.id, *min(found, key=lambda one: one[:2])
            break
    listed = {change.order_id for change in repair.rearrangement.changes}
    if best is None:
        assert not listed
        return
    assert listed == applied_to(day, repair, waiting)
    assert best[0] in listed
    assert len(listed) == 1 + best[1]
    assert repair.rearrangement.sequences.keys() == {owner}


def applied_to(day, repair, waiting):
    """What is not as it was in that day, of which there is more now."""
    stops = {stop.order.id: stop for stop in (*day.plan.stops, *waiting)}
    names = repair.rearrangement.sequences[day.plan.technician.id]
    after = begins(
        [
            day_of(
                replace(day.plan, stops=tuple(stops[one] for one in names)),
                FlatLand().drives,
                NOW,
                day.zone,
            )
        ]
    )
    before = begins([day])
    return {one for one in after if differ(after[one], before.get(one))}


@settings(deadline=None, max_examples=60)
@given(worlds(), st.data())
def test_what_was_kept_of_it_gives_the_same_repair_to_the_byte(world, data):
    owner = data.draw(st.sampled_from([plan.technician.id for plan in world.plans]))
    way = data.draw(st.sampled_from(["mend", "mend_all", "relieve", "fill"]))
    away = Leave(Window(NOW - minutes(1), NOW + timedelta(days=1)), "ill")
    plans = [
        replace(plan, technician=replace(plan.technician, leave=(away,)))
        if way == "relieve" and plan.technician.id == owner
        else plan
        for plan in world.plans
    ]
    waiting = tuple(data.draw(stops("w", n)) for n in range(2)) if way == "fill" else ()
    trouble = Trouble(way, "test", None if way == "mend_all" else owner, waiting)
    repair, inputs = repair_kept(
        plans, world.drives, NOW, world.zone, fits=world.fits, helps=world.fits, trouble=trouble
    )
    again = repair_again(unpack_repair(pack_inputs(inputs)))
    assert repair_bytes(again) == repair_bytes(repair)
    assert again.rearrangement == repair.rearrangement
