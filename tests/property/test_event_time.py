"""A whole day of two vans over two shards: only the set of reports counts, whatever comes when.

Over midnight and the change to summer time; some fixes are told twice, with another accuracy or
speed; an order is cancelled somewhere in between. The oracle folds all of them from nothing.
"""

import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.invoicing import draft
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking.plans import load_plan
from geo_dispatch.tracking.fixes import each_once
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.positions import fix_to_position
from geo_dispatch.tracking.track import TrackState, fold
from tests.property.test_tracking import FAR, days, deliveries
from tests.support.fixes import SITE, START_MS, fix_at
from tests.support.records import open_office
from tests.support.tracking import TrackingOffice

EVENING_MS = datetime_to_ms(datetime(2026, 3, 28, 22, 40, tzinfo=UTC))
"""Twenty to midnight in Vaduz; at one o'clock UTC it will be three there, not two."""

LAST_MS = EVENING_MS + 6 * 3_600_000
"""Each van tells one more fix when all is over: what changed but for fixes is folded with it."""

CANCELLED_MS = EVENING_MS + 1_200_000
SHARDS = 2


@st.composite
def reports(draw, technician_id):
    """A van's fixes, some of them told again with another accuracy or speed."""
    fixes = [
        replace(fix, at_ms=fix.at_ms - START_MS + EVENING_MS)
        for fix in draw(days(technician_id=technician_id))
    ]
    again = draw(st.lists(st.sampled_from(fixes), max_size=6))
    other = st.sampled_from([None, 4.0, 60.0, 500.0])
    return fixes + [
        replace(fix, accuracy_m=draw(other), speed_mps=draw(st.sampled_from([None, 0.0, 9.0])))
        for fix in again
    ]


class Vans:
    """Two technicians, each at home in a shard of its own, with two orders each."""

    def __init__(self, folder: Path, office, live: Live) -> None:
        desk = office.desk
        roads: Any = None  # tracking never drives anywhere
        ctx = Context(desk.settings, desk.store, live, roads, desk.clock, desk.new_id)
        self.office = TrackingOffice(office, ctx)
        office.clock.now = ms_to_datetime(EVENING_MS)
        near = office.site(location=SITE, fence_radius_m=100.0)
        far = office.site(location=FAR)
        self.ids, self.orders = [], []
        for shard in range(SHARDS):
            van = office.technician(f"Van {shard}")
            with ctx.store.write() as unit:
                unit.technicians.save(replace(van, shard=shard))
                unit.commit()
            self.ids.append(van.id)
            self.orders += [office.assigned(technician=van, site=site) for site in (near, far)]
        office.clock.go_on(hours=8)
        self.index = PositionIndex()

    def cancel(self) -> None:
        clock = self.office.office.clock
        now, clock.now = clock.now, ms_to_datetime(CANCELLED_MS)
        self.office.office.apply(self.orders[1].id, c.Cancel(reason="sold"))
        clock.now = now

    def deliver(self, batch) -> None:
        """Send the reports of a batch, and work both shards until nothing is left."""
        self.office.send([replace(one, technician_id=self.ids[int(one.technician_id)])
                          for one in batch])  # fmt: skip
        ctx = self.office.ctx
        for shard in range(SHARDS):
            at = tracking.position(ctx, shard)
            entries = ctx.live.read({shard: at.stream_id}, 1000)
            for entry in entries:
                for fix in entry.fixes:
                    self.index.update(fix_to_position(fix))
            tracking.process(ctx, shard, entries, 1)
            while tracking.catch_up(ctx, shard, 1):
                pass

    def outcome(self):
        """Everything that may not depend on how the reports came in."""
        ctx = self.office.ctx
        with ctx.store.read() as unit:
            orders = [unit.orders.get(one.id) for one in self.orders]
            bills = [
                draft([logged.event for logged in unit.stream(f"order:{one.id}")])
                for one in self.orders
            ]
            plans = [load_plan(unit, van, EVENING_MS).stops for van in self.ids]
            states = [unit.tracking.state(van) for van in self.ids]
        histories = [self.office.history(van) for van in self.ids]
        oracle = [
            fold(TrackState(), history, plan) if history else None
            for history, plan in zip(histories, plans, strict=True)
        ]
        assert msgspec.msgpack.encode(states) == msgspec.msgpack.encode(oracle)
        shards = dict(zip(self.ids, range(SHARDS), strict=True))
        positions = ctx.live.positions_by_id(shards)
        for van, history in zip(self.ids, histories, strict=True):
            newest = fix_to_position(history[-1]) if history else None
            assert positions.get(van) == newest
            assert self.index.get(van) == newest
        return (
            [(one.status, one.status_at, one.status_source) for one in orders],
            [
                [(v.technician_id, v.arrived_at, v.departed_at, v.evidence)
                 for v in self.office.visits(one)]
                for one in self.orders
            ],
            [(bill.labour, bill.labour_min) for bill in bills],
            histories,
            [state.motion and state.motion.odometer_m for state in states if state],
        )  # fmt: skip


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_the_same_reports_give_the_same_day_to_the_bit(redis_server, data):
    told = [*data.draw(reports("0")), *data.draw(reports("1"))]
    shuffled = data.draw(deliveries(told))
    by_time = sorted(told, key=lambda one: one.key[1:])
    in_order = [by_time[:1], by_time[1:]]
    last = [fix_at(3000, 0, 0, technician_id=van, accuracy_m=10.0) for van in ("0", "1")]
    last = [replace(fix, at_ms=LAST_MS) for fix in last]
    seen = []
    for batches in (in_order, shuffled, [told[::-1]]):
        cancelled = data.draw(st.integers(0, len(batches)))
        with redis.Redis.from_url(redis_server.url) as client:
            client.flushall()
        with (
            tempfile.TemporaryDirectory() as folder,
            open_office(Path(folder)) as office,
            closing(Live(redis_server.url, SHARDS)) as live,
        ):
            vans = Vans(Path(folder), office, live)
            for number, batch in enumerate([*batches, last]):
                if number == cancelled:
                    vans.cancel()
                vans.deliver(batch)
            seen.append(vans.outcome())
    kept = [fix.key[1:] for fix in each_once([*told, *last])]
    assert sorted(fix.key[1:] for history in seen[0][3] for fix in history) == sorted(kept)
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]
