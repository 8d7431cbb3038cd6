"""Pings move orders: out, on site with proof, off; and late fixes set history right."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from geo_dispatch.adapters.sql.tracking import ShardPosition, snapshots_table, states_table
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.actors import WORKER, Actor, Role
from geo_dispatch.kernel.errors import Conflict
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.history import proof
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking import suggestions
from tests.support.fixes import SITE, START_MS, a_visit, driving, fix_at, standing
from tests.support.tracking import open_tracking, shuffled


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def order(office):
    order = office.assigned()
    office.later()
    return order


def trace(order, stays_s=1200):
    return a_visit(stays_s=stays_s, technician_id=order.technician_id)


def minutes(number):
    return ms_to_datetime(START_MS) + timedelta(minutes=number)


@pytest.mark.capability("FA-047")
@pytest.mark.capability("BO-028")
def test_pings_alone_set_out_arrive_back_dated_with_proof_and_leave(office, order):
    office.track(trace(order))
    (visit,) = office.visits(order)
    assert office.order(order).status is Status.ON_SITE
    assert office.order(order).status_source == "gps"
    assert visit.source == "gps"
    assert minutes(3) < visit.arrived_at < minutes(4)
    assert minutes(23) < visit.departed_at < minutes(24)
    assert visit.evidence.rule == "dwell/2"
    assert len(visit.evidence.fixes) > 20
    office_said = {"order.placed", "order.assigned", "order.briefed", "message.queued"}
    told = [kind for kind in office.log(order) if kind not in office_said]
    assert told == ["order.en_route", "order.arrived", "order.departed"]


def test_ping_by_ping_or_all_at_once_is_the_same(office, order):
    for start in range(0, len(trace(order)), 7):
        office.track(trace(order)[start : start + 7], batch=1)
    (visit,) = office.visits(order)
    assert minutes(3) < visit.arrived_at < minutes(4)
    assert minutes(23) < visit.departed_at < minutes(24)


def test_every_accepted_fix_is_in_history_once(office, order):
    fixes = trace(order)
    office.track(shuffled(fixes, 1))
    office.track(fixes)
    assert len(office.history(order.technician_id)) == len(fixes)


def test_a_late_fix_revises_the_visit(office, order):
    fixes = trace(order)
    inside = [fix for fix in fixes if minutes(3) <= ms_to_datetime(fix.at_ms) < minutes(8)]
    office.track([fix for fix in fixes if fix not in inside])
    before = office.visits(order)[0]
    assert before.arrived_at >= minutes(8)
    office.track(inside)
    (after,) = office.visits(order)
    assert after.id == before.id
    assert minutes(3) < after.arrived_at < minutes(4)
    assert office.log(order)[-1] == "visit.revised"


def test_late_fixes_may_show_that_nobody_arrived_or_set_out(office, order):
    elsewhere = [-5000, 0]
    fixes = standing(*elsewhere, 0, 1200, technician_id=order.technician_id)
    lies = standing(0, 0, 600, 201, every_s=100, technician_id=order.technician_id)
    office.track(lies)
    assert office.order(order).status is Status.ON_SITE
    office.track(fixes)
    assert office.visits(order) == []
    assert office.order(order).status is Status.ASSIGNED
    assert office.log(order)[-2:] == ["visit.revised", "order.set_out_revised"]


def test_what_a_person_said_stays(office, order):
    fixes = trace(order)
    office.track(fixes[:80])
    (visit,) = office.visits(order)
    person = Actor("token:tok_van", Role.TECHNICIAN)
    review = c.ReviewArrival(visit_id=visit.id, verdict="contested", reason="next door")
    office.office.apply(order.id, review, person)
    office.track(fixes)
    (after,) = office.visits(order)
    assert after.review is Review.CONTESTED
    assert office.order(order).status is Status.EN_ROUTE
    assert office.order(order).status_source == "person"


def test_an_arrival_told_by_a_person_gets_its_departure_from_fixes(office, order):
    arrival = c.ConfirmArrival(visit_id="vi_p", source="person", occurred_at=minutes(5))
    office.office.apply(order.id, arrival)
    office.track(trace(order))
    (visit,) = office.visits(order)
    assert visit.id == "vi_p"
    assert visit.arrived_at == minutes(5)
    assert minutes(23) < visit.departed_at < minutes(24)


def test_a_departure_after_completion_ends_the_visit(office, order):
    fixes = trace(order)
    office.track(fixes[:150])
    office.office.clock.now = minutes(15)
    office.office.apply(order.id, c.Complete(notes="done"))
    office.later()
    office.track(fixes)
    (visit,) = office.visits(order)
    assert minutes(23) < visit.departed_at < minutes(24)
    assert office.order(order).status is Status.COMPLETE


def test_a_second_attendance_is_a_second_visit(office, order):
    office.track(trace(order) + a_visit(from_s=4000, technician_id=order.technician_id))
    first, second = office.visits(order)
    assert first.departed_at < second.arrived_at
    assert second.departed_at is not None
    assert office.order(order).status is Status.ON_SITE


@pytest.fixture
def two(office):
    """Orders of one technician: the first in sequence far away, the second at the site."""
    technician = office.office.technician()
    far = office.office.site(location=fix_at(9000, 0, 0).place)
    near = office.office.site(location=SITE, fence_radius_m=100.0)
    first, second = [
        office.office.assigned(technician=technician, site=site) for site in (far, near)
    ]
    second = office.office.apply(second.id, c.Resequence(sequence=2))
    office.later()
    return first, second


def test_who_arrives_at_another_job_is_no_longer_on_the_way_to_the_first(office, two):
    first, second = two
    fixes = trace(first)
    office.track(fixes[:30])
    assert office.order(first).status is Status.EN_ROUTE
    there = [fix for fix in fixes if ms_to_datetime(fix.at_ms) < minutes(15)]
    office.track(there)
    assert office.order(first).status is Status.ASSIGNED
    assert office.order(second).status is Status.ON_SITE
    assert office.log(second)[-2:] == ["order.en_route", "order.arrived"]
    office.track(fixes)
    assert office.order(first).status is Status.EN_ROUTE
    assert office.order(first).status_at >= minutes(22)


def test_setting_out_as_a_person_told_stays_when_fixes_see_them_elsewhere(office, two):
    first, second = two
    office.office.apply(first.id, c.SetOut(source="person", occurred_at=minutes(0)))
    office.track([fix for fix in trace(first) if ms_to_datetime(fix.at_ms) < minutes(15)])
    assert office.order(first).status is Status.EN_ROUTE
    assert office.order(second).status is Status.ON_SITE


def test_who_works_by_hand_at_another_job_sets_out_only_after_it(office, two):
    first, second = two
    fixes = driving((-4000, 2000), (4000, 2000), 0, technician_id=first.technician_id)
    office.track(fixes[:40])
    assert office.order(first).status is Status.EN_ROUTE
    office.office.clock.now = ms_to_datetime(fixes[39].at_ms)
    work_orders.step(office.ctx, second.id, Status.ON_SITE, actor=WORKER)
    assert office.order(first).status is Status.ASSIGNED
    work_orders.step(office.ctx, second.id, Status.ON_THE_TOOLS, actor=WORKER)
    office.office.clock.now = ms_to_datetime(fixes[80].at_ms)
    office.track(fixes[40:80])
    assert office.order(first).status is Status.ASSIGNED
    work_orders.step(office.ctx, second.id, Status.COMPLETE, actor=WORKER, note="done")
    office.later()
    office.track(fixes[80:])
    assert office.order(first).status is Status.EN_ROUTE


def test_fixes_before_the_assignment_confirm_nothing(office):
    technician = office.office.technician()
    site = office.office.site(location=SITE)
    office.office.clock.now = minutes(60)
    late = office.office.assigned(technician=technician, site=site)
    office.later()
    office.track(a_visit(technician_id=technician.id))
    assert office.visits(late) == []
    assert office.order(late).status is Status.ASSIGNED


def test_an_assignment_that_is_known_only_after_its_fixes_is_folded_again(office):
    technician = office.office.technician()
    site = office.office.site(location=SITE)
    office.later()
    office.track(a_visit(technician_id=technician.id)[:100])
    office.office.clock.now = minutes(0)
    order = office.office.assigned(technician=technician, site=site)
    office.later()
    office.track(a_visit(technician_id=technician.id)[100:101])
    assert office.order(order).status is Status.ON_SITE


def test_a_worker_whose_lease_is_lost_writes_nothing(office, order):
    fixes = trace(order)
    office.send(fixes)
    entries = office.ctx.live.read({0: "0-0"}, 100)
    tracking.process(office.ctx, 0, entries[:1], fence=5)
    with pytest.raises(Conflict, match="no longer ours"):
        tracking.process(office.ctx, 0, entries[1:], fence=4)
    assert tracking.position(office.ctx, 0) == ShardPosition(entries[0].id, 5)


def test_an_entry_that_is_in_sql_changes_nothing_when_it_comes_again(office, order):
    office.send(trace(order))
    entries = office.ctx.live.read({0: "0-0"}, 100)
    first = tracking.process(office.ctx, 0, entries, fence=1)
    assert first.fixes == len(trace(order))
    assert first.moved == {order.technician_id}
    again = tracking.process(office.ctx, 0, entries, fence=1)
    assert again == tracking.Outcome(first.position)


def test_fixes_of_a_drive_past_two_sites_confirm_neither(office):
    order = office.assigned()
    office.later()
    office.track(driving((-900, 20), (900, 20), 0, technician_id=order.technician_id))
    assert office.visits(order) == []


def test_health_tells_who_works_a_shard_and_what_waits(office, order):
    office.send(trace(order), batch=50)
    assert tracking.health(office.ctx)[0].worker is None
    assert tracking.health(office.ctx)[0].waiting > 1
    office.ctx.live.acquire(0, "worker-1", 5.0)
    office.work()
    assert tracking.health(office.ctx) == [tracking.ShardHealth(0, "worker-1", 0)]


def test_a_likely_arrival_is_suggested_until_the_technician_leaves(office):
    site = office.office.site(location=SITE, fence_radius_m=60.0)
    order = office.office.assigned(site=site)
    office.later()
    poor = {"technician_id": order.technician_id, "accuracy_m": 35.0}
    office.track(standing(0, 50, 0, 300, **poor))
    assert office.visits(order) == []
    suggested = suggestions.of_technician(office.ctx, order.technician_id)[order.id]
    assert suggested.since == minutes(0)
    assert suggested.evidence.probability < 0.95
    assert office.log(order)[-1] == "visit.suggested"
    work_orders.step(office.ctx, order.id, Status.ON_SITE, actor=WORKER)
    assert suggestions.of_technician(office.ctx, order.technician_id) == {}


def test_a_likely_arrival_is_no_longer_suggested_after_they_left(office):
    site = office.office.site(location=SITE, fence_radius_m=60.0)
    order = office.office.assigned(site=site)
    office.later()
    poor = {"technician_id": order.technician_id, "accuracy_m": 35.0}
    office.track(standing(0, 50, 0, 300, **poor))
    assert order.id in suggestions.of_technician(office.ctx, order.technician_id)
    office.track(standing(0, 900, 400, 60, **poor))
    assert suggestions.of_technician(office.ctx, order.technician_id) == {}


def test_visits_that_an_earlier_rule_confirmed_stay_when_history_is_folded_again(office, order):
    office.track(trace(order)[:200])
    (visit,) = office.visits(order)
    old = replace(visit, evidence=replace(visit.evidence, rule="dwell/1", probability=0.9))
    with office.ctx.store.write() as unit:
        unit.visits.save(old)
        for table in (states_table, snapshots_table):
            unit.connection.execute(update(table).values(fold="track/2 dwell/1"))
        unit.commit()
    told = office.log(order)
    office.track(trace(order)[200:])
    (after,) = office.visits(order)
    assert after == replace(old, departed_at=after.departed_at)
    assert after.departed_at is not None
    assert office.log(order) == [*told, "order.departed"]


def test_a_departure_is_on_record_with_the_fixes_that_prove_it(office, order):
    office.track(trace(order))
    (left,) = [time for time in proof_of(office, order).times if time.what == "order.departed"]
    assert left.fixes[0]["at_ms"] == datetime_to_ms(left.at)
    assert min(fix["distance_m"] for fix in left.fixes) > 100


def proof_of(office, order):
    with office.ctx.store.read() as unit:
        return proof.of_order(unit, office.order(order))
