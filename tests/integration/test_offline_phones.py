"""Phones that come back after hours, and clocks that are wrong: the others notice nothing."""

import threading
from dataclasses import replace

import pytest

from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.tracking import devices
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking.folding import SLICE
from geo_dispatch.services.tracking.plans import beside, load_plan
from geo_dispatch.tracking.track import TrackState, fold
from geo_dispatch.worker import Worker
from tests.support.fixes import START_MS, a_visit, standing
from tests.support.tracking import open_tracking
from tests.support.waiting import until

EIGHT_HOURS_S = 8 * 3600
BATCH = 1000
"""As phones send a backlog; the newest first makes most work."""


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def worker(office):
    return Worker(office.ctx, threading.Event())


def backlog(technician_id):
    """Eight hours, a fix every 15 s, and one visit in the middle."""
    fixes = standing(-3000, 0, 0, EIGHT_HOURS_S / 2, every_s=15, technician_id=technician_id)
    fixes += a_visit(EIGHT_HOURS_S / 2, technician_id=technician_id)
    done_s = (fixes[-1].at_ms - START_MS) / 1000 + 15
    rest = EIGHT_HOURS_S - done_s
    return fixes + standing(3000, 500, done_s, rest, every_s=15, technician_id=technician_id)


def state_of_all(office, technician_id):
    with office.ctx.store.read() as unit:
        plan = load_plan(unit, technician_id, START_MS)
        alone = fold(TrackState(), office.history(technician_id), plan.stops)
        told = beside(unit, plan, TrackState(), [alone]) or plan
    return fold(TrackState(), office.history(technician_id), told.stops)


@pytest.mark.capability("FA-047")
def test_what_came_at_once_after_eight_hours_holds_up_nobody_and_is_as_if_it_came_in_order(
    office, worker
):
    offline = [office.assigned() for _ in range(3)]
    live = office.assigned()
    office.office.clock.go_on(hours=9)
    for order in offline:
        fixes = backlog(order.technician_id)
        assert len(fixes) > 3 * SLICE
        for start in reversed(range(0, len(fixes), BATCH)):
            office.send(fixes[start : start + BATCH], batch=BATCH)
    office.send(a_visit(EIGHT_HOURS_S + 60, technician_id=live.technician_id))

    def arrived():
        worker.turn()
        return office.order(live).status is Status.ON_SITE

    until(arrived, 60, "the arrival of who was never offline")
    with office.ctx.store.read() as unit:
        assert unit.refolds.count(0) == len(offline)

    def caught_up():
        worker.turn()
        with office.ctx.store.read() as unit:
            return unit.refolds.count(0) == 0

    until(caught_up, 120, "the backlogs to be folded")
    for order in offline:
        (visit,) = office.visits(order)
        assert visit.departed_at is not None
        assert office.log(order).count("order.arrived") == 1
        assert "visit.revised" not in office.log(order)
        van = order.technician_id
        assert tracking.track_of(office.ctx, van) == state_of_all(office, van)


def test_a_clock_ten_minutes_ahead_is_told_and_all_goes_on_once_it_is_right(office):
    order, other = office.assigned(), office.assigned()
    van = order.technician_id
    fixes = a_visit(technician_id=van)
    wrong = [replace(fix, at_ms=fix.at_ms + 600_000) for fix in fixes[:60]]
    for fix, ahead in zip(fixes[:60], wrong, strict=True):
        office.office.clock.now = ms_to_datetime(fix.at_ms)
        (verdict,) = office.send([ahead])
        assert (verdict.verdict, verdict.code) == ("rejected", "future")
    office.work()
    assert office.history(van) == []
    assert van in devices.signs(office.ctx).clocks
    office.office.clock.now = ms_to_datetime(fixes[-1].at_ms)
    office.track(fixes[60:])
    office.track(a_visit(technician_id=other.technician_id))
    assert office.history(van) == fixes[60:]
    for one in (order, other):
        assert len(office.visits(one)) == 1
        assert office.log(one).count("order.arrived") == 1


def test_a_clock_ten_minutes_behind_is_believed_and_disturbs_nothing_but_its_own_times(office):
    order = office.assigned()
    van = order.technician_id
    fixes = a_visit(900, technician_id=van)
    behind = [replace(fix, at_ms=fix.at_ms - 600_000) for fix in fixes]
    office.office.clock.now = ms_to_datetime(fixes[-1].at_ms)
    assert {one.verdict for one in office.send(behind, batch=1)} == {"accepted"}
    office.work()
    (visit,) = office.visits(order)
    right = a_visit(900 + 7200, technician_id=van)
    office.office.clock.now = ms_to_datetime(right[-1].at_ms)
    office.track(right)
    first, second = office.visits(order)
    assert first == visit
    assert second.arrived_at > first.departed_at
