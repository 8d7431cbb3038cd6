"""What late fixes set right: told once, with what was before; and nobody is told twice."""

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking.folding import SLICE
from geo_dispatch.services.tracking.plans import load_plan
from geo_dispatch.tracking.track import TrackState, fold
from tests.support.fixes import SITE, START_MS, a_visit, driving, fix_at, standing
from tests.support.tracking import open_tracking


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def order(office):
    customer = office.office.customer()
    order = office.assigned(customer_id=customer.id)
    office.later()
    return order


def minutes(number):
    return START_MS + number * 60_000


def bodies(office, order, kind):
    with office.ctx.store.read() as unit:
        return [one.body for one in unit.stream(stream_of(order.id)) if one.type == kind]


def told_customer(office, kind):
    with office.ctx.store.read() as unit:
        return [one for one in unit.messages.search(to="customer") if one.type == kind]


def outcome(office, order):
    return office.visits(order), tracking.track_of(office.ctx, order.technician_id)


def plan(office, technician_id):
    with office.ctx.store.read() as unit:
        return load_plan(unit, technician_id, START_MS).stops


def test_a_revision_says_what_was_before_and_comes_once(office, order):
    fixes = a_visit(technician_id=order.technician_id)
    late = [fix for fix in fixes if minutes(3) <= fix.at_ms < minutes(8)]
    office.track([fix for fix in fixes if fix not in late])
    (before,) = office.visits(order)
    for _ in range(3):
        office.track(late)
    (after,) = office.visits(order)
    assert after.arrived_at < before.arrived_at
    (revised,) = bodies(office, order, "visit.revised")
    assert revised["arrived_before"] == before.arrived_at.isoformat().replace("+00:00", "Z")
    assert revised["departed_before"] == before.departed_at.isoformat().replace("+00:00", "Z")
    assert revised["arrived_at"] == after.arrived_at.isoformat().replace("+00:00", "Z")


def test_fixes_that_change_no_visit_revise_none(office, order):
    fixes = a_visit(technician_id=order.technician_id)
    office.track(fixes[::2])
    office.track([fix_at(-2000, 0, 7.5, technician_id=order.technician_id)])
    assert bodies(office, order, "visit.revised") == []


def test_a_customer_hears_once_that_somebody_is_on_the_way_however_often_fixes_change_that(office):
    customer, technician = office.office.customer(), office.office.technician()
    far, near = (
        office.office.site(location=place, fence_radius_m=100.0)
        for place in (fix_at(9000, 0, 0).place, SITE)
    )
    first = office.office.assigned(technician=technician, site=far, customer_id=customer.id)
    second = office.office.assigned(technician=technician, site=near)
    office.office.apply(second.id, c.Resequence(sequence=2))
    office.later()
    fixes = a_visit(technician_id=technician.id)
    statuses = []
    for part in (fixes[:30], fixes[30:200], fixes[200:]):
        office.track(part)
        statuses.append(office.order(first).status)
    assert statuses == [Status.EN_ROUTE, Status.ASSIGNED, Status.EN_ROUTE]
    assert len(bodies(office, first, "order.en_route")) == 2
    assert len(told_customer(office, "order.en_route")) == 1


def test_another_technician_on_the_way_is_news_to_the_customer(office, order):
    office.track(driving((-4000, 0), (-2000, 0), 0, technician_id=order.technician_id))
    other = office.office.technician("Van 08")
    now = office.office.clock.now
    command = c.Assign(technician_id=other.id, assignment_id="as_new", sequence=1)
    office.office.apply(order.id, command)
    office.office.clock.go_on(minutes=30)
    office.office.apply(order.id, c.SetOut(source="person"))
    assert office.order(order).assigned_at == now
    assert len(told_customer(office, "order.en_route")) == 2


def test_a_fix_that_comes_after_the_order_went_to_another_tells_of_the_visit_all_the_same(office):
    order = office.assigned()
    van = order.technician_id
    fixes = a_visit(technician_id=van)
    office.office.clock.go_on(hours=1)
    other = office.office.technician("Van 08")
    command = c.Assign(technician_id=other.id, assignment_id="as_new", sequence=1)
    office.office.apply(order.id, command)
    office.later()
    office.track(fixes)
    (visit,) = office.visits(order)
    assert visit.technician_id == van
    assert visit.departed_at is not None
    (revised,) = bodies(office, order, "visit.revised")
    assert revised["arrived_before"] is None
    assert office.order(order).technician_id == other.id
    assert office.order(order).status is Status.ASSIGNED


def test_a_long_backlog_is_folded_in_slices_to_what_it_is_at_once(office):
    order = office.assigned()
    van = order.technician_id
    office.later()
    fixes = [
        *standing(-3000, 0, 0, 5 * SLICE, every_s=2.0, technician_id=van),
        *a_visit(5.0 * SLICE + 100, technician_id=van),
    ]
    for start in reversed(range(0, len(fixes), 400)):
        office.send(fixes[start : start + 400], batch=400)
    left = []
    while entries := office.ctx.live.read({0: tracking.position(office.ctx, 0).stream_id}, 1):
        done = tracking.process(office.ctx, 0, entries, 1)
        assert done.fixes == len(entries[0].fixes)
        left.append(done.left)
    assert left[-1] == 1
    slices = 0
    while tracking.catch_up(office.ctx, 0, 1) is not None:
        slices += 1
    assert slices > len(fixes) // SLICE
    in_slices = outcome(office, order)
    assert len(in_slices[0]) == 1
    assert in_slices[1] == fold(
        TrackState(), sorted(fixes, key=lambda fix: fix.key), plan(office, van)
    )
