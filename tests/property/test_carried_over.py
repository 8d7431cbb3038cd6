"""What one day hands on to others, through crews and stages, is in the list of changes too."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.records.technicians import Leave
from geo_dispatch.dispatch.repairs.changes import same_begin
from geo_dispatch.dispatch.repairs.upset_day import Trouble, UpsetDay, repair_of
from geo_dispatch.kernel.time import Window
from tests.property.test_repair import stops, worlds
from tests.support.dispatching import NOW, minutes


def led(stop, technician_id):
    """The visit, of whom everybody knows who has it."""
    order = stop.order
    return replace(stop, order=replace(order, technician_id=order.technician_id or technician_id))


def whose_and_when(plans, world):
    """Who goes to each order, and when they begin."""
    days = days_of(plans, world.drives, NOW, world.zone)
    return {
        stay.stop.order.id: (stay.stop.order.technician_ids, stay.begin_at)
        for day in days
        for stay in day.schedule.stays
        if stay.stop.order.technician_id == day.plan.technician.id
    }


def carried_out(plans, repair, waiting):
    """The plans when all of it is done: who goes, and in which sequence."""
    known = {stop.order.id: stop for stop in waiting}
    known |= {stop.order.id: stop for plan in plans for stop in plan.stops}
    for change in repair.rearrangement.changes:
        stop = known[change.order_id]
        order = replace(stop.order, technician_id=change.technician_after, crew=change.crew_after)
        known[change.order_id] = replace(
            stop, order=order, joins_at=order.start_at if order.crew else None
        )
    sequences = repair.rearrangement.sequences
    return [
        replace(
            plan,
            stops=tuple(
                known[one]
                for one in sequences.get(plan.technician.id, [stop.order.id for stop in plan.stops])
            ),
        )
        for plan in plans
    ]


@settings(deadline=None, max_examples=150)
@given(worlds(), st.data())
def test_what_a_repair_does_not_list_is_unchanged_to_the_second(world, data):
    owner = data.draw(st.sampled_from([plan.technician.id for plan in world.plans]))
    way = data.draw(st.sampled_from(["mend", "mend_all", "relieve", "relieve", "fill"]))
    hours = data.draw(st.sampled_from([1, 2, 4, 24]))
    away = Leave(Window(NOW - minutes(1), NOW + timedelta(hours=hours)), "ill")
    plans = [
        replace(
            plan,
            technician=replace(
                plan.technician,
                leave=(away,) if way == "relieve" and plan.technician.id == owner else (),
            ),
            stops=tuple(led(stop, plan.technician.id) for stop in plan.stops),
        )
        for plan in world.plans
    ]
    waiting = tuple(data.draw(stops("w", n)) for n in range(2)) if way == "fill" else ()
    day = UpsetDay.of(plans, world.drives, NOW, world.zone, fits=world.fits, helps=world.fits)
    repair = repair_of(day, Trouble(way, "test", None if way == "mend_all" else owner, waiting))
    plans = day.plans
    before = whose_and_when(plans, world)
    after = whose_and_when(carried_out(plans, repair, waiting), world)
    listed = {change.order_id: change for change in repair.rearrangement.changes}
    for key in {*before, *after} - {*listed}:
        assert before[key][0] == after[key][0], key
        assert same_begin(before[key][1], after[key][1]), key
    for key, change in listed.items():
        whose, begin_at = after.get(key, ((), None))
        assert change.team_after == whose, key
        assert same_begin(change.begin_after, begin_at), key
        assert change.team_before == before.get(key, ((), None))[0], key
