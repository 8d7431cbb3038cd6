"""Event-time truth: the set of fixes counts, not their order, doubling or batching."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.tracking.fences import circle_fence
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.neighbours import Neighbour
from geo_dispatch.tracking.track import Stop, TrackState, first_difference_ms, fold
from tests.support.fixes import SITE, START_MS, driving, fix_at, noisy, standing
from tests.support.tracking import open_tracking

FAR = fix_at(1500, 0, 0).place


@st.composite
def days(draw, technician_id="te_1"):
    """Fixes of some hours: stands, drives, jumps, silences; every phone's error its own."""
    fixes: list[Fix] = []
    at_s, place = 0.0, (draw(st.sampled_from([0, -1500, 1500])), 0)
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["stand", "drive", "silence", "jump"]))
        every_s = draw(st.sampled_from([5.0, 20.0, 60.0]))
        if kind == "stand":
            for_s = draw(st.sampled_from([60.0, 200.0, 700.0]))
            fixes += standing(*place, at_s, for_s, every_s=every_s, technician_id=technician_id)
            at_s += for_s
        elif kind == "drive":
            to = (draw(st.sampled_from([0, 40, -1500, 1500])), draw(st.sampled_from([0, 30])))
            fixes += driving(place, to, at_s, every_s=5.0, technician_id=technician_id)
            at_s += float(np.hypot(to[0] - place[0], to[1] - place[1])) / (50 / 3.6)
            place = to
        elif kind == "silence":
            at_s += draw(st.sampled_from([100.0, 650.0]))
        else:
            fixes.append(fix_at(9000, 9000, at_s + 1, technician_id=technician_id))
            at_s += 5
    fixes.append(fix_at(*place, at_s, technician_id=technician_id, accuracy_m=300.0))
    return noisy(fixes, draw(st.sampled_from([0.5, 8.0, 25.0])), seed=draw(st.integers(0, 99)))


@st.composite
def deliveries(draw, fixes):
    """The same fixes in another order, some more than once, in batches of any size."""
    order = draw(st.permutations(range(len(fixes))))
    doubled = draw(st.lists(st.sampled_from(range(len(fixes))), max_size=8))
    sent = [fixes[index] for index in [*order, *doubled]]
    sizes = draw(st.lists(st.integers(1, 60), min_size=1, max_size=6))
    batches, start = [], 0
    while start < len(sent):
        size = sizes[len(batches) % len(sizes)]
        batches.append(sent[start : start + size])
        start += size
    return batches


PLAN = [
    Stop("as_1", "wo_1", "si_1", START_MS, None, 1, circle_fence(SITE, 100.0)),
    Stop("as_2", "wo_2", "si_2", START_MS + 300_000, START_MS + 2_000_000, 2,
         circle_fence(FAR, 60.0)),
]  # fmt: skip
TOLD = [PLAN[0], replace(PLAN[1], told_ms=START_MS + 600_000)]
"""The same, and a person said that the technician was at the second."""

NEXT_DOOR = circle_fence(fix_at(30, 0, 0).place, 60.0)
BESIDE = [
    replace(PLAN[0], neighbours=(Neighbour("si_3", NEXT_DOOR),), today_ms=START_MS + 500_000),
    PLAN[1],
    Stop("as_3", "wo_3", "si_3", START_MS + 600_000, START_MS + 1_500_000, 3, NEXT_DOOR,
         neighbours=(Neighbour("si_1", PLAN[0].fence),)),
]  # fmt: skip
"""With a job next door to the first, for a while; the first is not one of the day at once."""


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_fold_continued_from_any_point_is_the_fold_of_all(data):
    fixes = sorted({fix.key: fix for fix in data.draw(days())}.values(), key=lambda fix: fix.key)
    plan = data.draw(st.sampled_from([PLAN, TOLD, BESIDE]))
    cut = data.draw(st.integers(0, len(fixes)))
    whole = fold(TrackState(), fixes, plan)
    assert fold(fold(TrackState(), fixes[:cut], plan), fixes[cut:], plan) == whole
    assert first_difference_ms(whole, plan) is None
    for known in whole.stops:
        times = [
            ms
            for one in known.fence.attendances
            for ms in (one.arrived_ms, one.left_ms)
            if ms is not None
        ]
        assert times == sorted(times)
        assert all(ms >= known.from_ms for ms in times)


@settings(max_examples=150, deadline=None)
@given(days(), st.sampled_from([PLAN, TOLD]))
def test_nobody_is_at_one_job_and_on_the_way_to_another(fixes, plan):
    stops = {stop.id: stop for stop in plan}
    state = TrackState()
    for fix in sorted({fix.key: fix for fix in fixes}.values(), key=lambda fix: fix.key):
        state = fold(state, [fix], plan)
        if state.recent[-1:] != (fix,):
            continue  # not believed yet: it says nothing
        in_hand = [one for one in state.stops if stops[one.id].in_hand(fix.at_ms)]
        at_work = [one.id for one in in_hand if one.is_at(stops[one.id], fix.at_ms)]
        under_way = [
            one.id
            for one in in_hand
            if one.set_out_ms is not None and not one.fence.attendances and one.id not in at_work
        ]
        assert not (at_work and under_way)
        assert len(under_way) <= 1


def test_a_plan_that_turns_out_otherwise_is_noticed_from_when_it_differs():
    state = fold(TrackState(), standing(0, 0, 0, 4000, every_s=20), PLAN)
    first, second = PLAN
    assert first_difference_ms(state, [first]) == second.from_ms
    ended = replace(first, until_ms=START_MS + 1_000_000)
    assert first_difference_ms(state, [ended, second]) == ended.until_ms
    later = replace(first, until_ms=START_MS + 9_000_000)
    assert first_difference_ms(state, [later, second]) is None
    told = replace(second, told_ms=START_MS + 900_000)
    assert first_difference_ms(state, [first, told]) == told.told_ms


def test_another_day_of_a_job_is_noticed_where_it_decides_between_neighbours():
    fixes = standing(20, 0, 0, 2000, every_s=20)
    first, second, third = BESIDE
    sooner = replace(first, today_ms=START_MS + 100_000)
    asked = fold(TrackState(), fixes, BESIDE)
    assert first_difference_ms(asked, [sooner, second, third]) == sooner.today_ms
    alone = fold(TrackState(), fixes, PLAN)
    assert first_difference_ms(alone, [replace(PLAN[0], today_ms=START_MS), PLAN[1]]) is None


def outcome(office, orders: list[WorkOrder], technician_id):
    """Everything that may not depend on how the fixes came in."""
    now = [office.order(order) for order in orders]
    return (
        [(order.status, order.status_at, order.status_source) for order in now],
        [
            [
                (visit.arrived_at, visit.departed_at, visit.evidence)
                for visit in office.visits(order)
            ]
            for order in orders
        ],
        tracking.track_of(office.ctx, technician_id),
        office.ctx.live.positions_by_id({technician_id: 0}).get(technician_id),
        office.history(technician_id),
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_any_order_doubling_and_batching_gives_the_same_visits_and_state(redis_server, data):
    fixes = data.draw(days())
    batches = data.draw(deliveries(fixes))
    in_order = sorted(fixes, key=lambda fix: fix.key)
    seen = []
    for sent in ([in_order], [[fix] for fix in in_order[:30]] + [in_order[30:]], batches):
        with redis.Redis.from_url(redis_server.url) as client:
            client.flushall()
        with (
            tempfile.TemporaryDirectory() as folder,
            open_tracking(Path(folder), redis_server.url) as office,
        ):
            technician = office.office.technician()
            near = office.office.site(location=SITE, fence_radius_m=100.0)
            far = office.office.site(location=FAR)
            orders = [
                office.office.assigned(technician=technician, site=site) for site in (near, far)
            ]
            office.later()
            for batch in sent:
                office.send([replace(fix, technician_id=technician.id) for fix in batch])
                office.work()
            seen.append(outcome(office, orders, technician.id))
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]
