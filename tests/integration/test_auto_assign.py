"""Rules in the worker process: orders are assigned at once, and once, whoever dies."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.records.technicians import Shift
from geo_dispatch.dispatch.work.orders import FlagCode, SkillRequirement, Status
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.records import keeping as records
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.fixes import START_MS
from tests.support.processes import process
from tests.support.records import DISPATCHER, VADUZ
from tests.support.waiting import until

WORKER = "geo_dispatch.worker"
RULES = '[[rules]]\nid = "all"\nwhen = { priorities = [2, 3] }\nthen = { margin_min = 0 }\n'
ALL_DAY = tuple(
    Shift(day, *(datetime(2026, 1, 1, hour, tzinfo=UTC).time() for hour in (0, 0)))
    for day in range(7)
)


@pytest.fixture
def ctx(workspace, tmp_path_factory):
    settings = Settings(
        workspace=workspace,
        data=tmp_path_factory.mktemp("w"),
        clock_epoch=ms_to_datetime(START_MS) + timedelta(hours=1),
        clock_started=datetime.now(UTC),
    )
    store = Store(settings.sql_url)
    store.migrate()
    store.close()
    with RedisServer(settings.data_dir), open_context(settings) as ctx:
        yield ctx


def technician(ctx, call_sign, place=VADUZ):
    fields = {"call_sign": call_sign, "shifts": ALL_DAY}
    van = records.create(ctx, records.TECHNICIANS, fields, actor=DISPATCHER)
    at_ms = datetime_to_ms(ctx.clock())
    e7 = (round(place.lon * DEGREE_SCALE), round(place.lat * DEGREE_SCALE))
    ctx.live.append(van.shard, [Fix(van.id, at_ms, *e7)], at_ms)
    return van


def site(ctx):
    fields = {"name": "Bakery", "location": LonLat(9.5086, 47.1650)}
    return records.create(ctx, records.SITES, fields, actor=DISPATCHER)


def place(ctx, at, **fields):
    values = {"type": "repair", "site_id": at.id, **fields}
    return work_orders.place(ctx, values, actor=DISPATCHER)


def publish(ctx, text):
    policy.publish(ctx, text, author="Ann", reviewed_by="Ben", note="x", actor=DISPATCHER)


@pytest.mark.capability("FA-003")
def test_the_worker_assigns_what_a_rule_is_for_and_flags_the_rest(ctx):
    van, bakery = technician(ctx, "Van 01"), site(ctx)
    publish(ctx, RULES)
    with process(ctx.settings, WORKER) as worker:
        first = place(ctx, bakery)
        until(
            lambda: work_orders.get(ctx, first.id).status is Status.ASSIGNED, 60, "the first order"
        )
        placed_at = time.monotonic()
        second = place(ctx, bakery)
        until(
            lambda: work_orders.get(ctx, second.id).status is Status.ASSIGNED,
            10,
            "the second order",
        )
        assert time.monotonic() - placed_at < 5.0
        left = place(ctx, bakery, priority=5)
        nobody = place(ctx, bakery, required_skills=(SkillRequirement("magic"),))
        until(lambda: all(work_orders.get(ctx, o.id).flag for o in (left, nobody)), 10, "the flags")
        assert work_orders.get(ctx, left.id).flag.code is FlagCode.NO_RULE
        assert work_orders.get(ctx, nobody.id).flag.code is FlagCode.NOBODY
        assert worker.end() == 0
    for order in (first, second):
        stored = work_orders.get(ctx, order.id)
        assert (stored.technician_id, stored.assignment_source) == (van.id, "rule:all")


def test_killed_in_the_middle_every_order_is_assigned_once(ctx):
    technician(ctx, "Van 01")
    bakery = site(ctx)
    publish(ctx, RULES)
    placed = [place(ctx, bakery, duration_s=300.0) for _ in range(12)]

    def waiting():
        with ctx.store.read() as unit:
            return [one for one in unit.orders.list() if one.status is Status.NEW and not one.flag]

    with process(ctx.settings, WORKER) as worker:
        until(lambda: len(waiting()) < 12, 60, "the first assignments")
        worker.restart()
        until(lambda: not waiting(), 60, "all assignments")
    with ctx.store.read() as unit:
        for order in placed:
            types = [event.type for event in unit.stream(f"order:{order.id}")]
            assert types.count("order.assigned") + types.count("order.flagged") == 1
            assert len(unit.decisions.of_order(order.id)) == 1
