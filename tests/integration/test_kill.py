"""Redis, worker and ingest killed under load: nothing acknowledged is lost, nothing doubled."""

import os
import signal
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.config import Settings
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.context import Context
from tests.support.fixes import SITE, START_MS, a_visit, noisy
from tests.support.processes import process
from tests.support.records import open_office
from tests.support.tracking import TrackingOffice
from tests.support.waiting import until

VANS = 4
DONE_BY = ((0.1, "worker"), (0.2, "redis"), (0.3, "ingest"), (0.5, "redis"), (0.6, "worker"))
"""What is killed once that share is acknowledged."""


@pytest.mark.slow
def test_no_acknowledged_ping_is_lost_and_no_arrival_lost_or_doubled(workspace, tmp_path_factory):
    folder = tmp_path_factory.mktemp("k")
    with (
        open_office(folder) as office,
        RedisServer(folder) as server,
        closing(Live(server.url)) as live,
    ):
        desk = office.desk
        roads: Any = None
        ctx = Context(desk.settings, desk.store, live, roads, desk.clock, desk.new_id)
        tracking = TrackingOffice(office, ctx)
        site = office.site(location=SITE, fence_radius_m=100.0)
        orders = [
            office.assigned(technician=office.technician(f"Van {number}"), site=site)
            for number in range(VANS)
        ]
        traces = [
            noisy(a_visit(technician_id=order.technician_id), 8.0, seed)
            for seed, order in enumerate(orders)
        ]
        fixes = [fix for moment in zip(*traces, strict=True) for fix in moment]
        settings = Settings(
            workspace=workspace,
            data=folder,
            database_url=f"sqlite:///{folder / 'records.db'}",
            clock_epoch=ms_to_datetime(START_MS) + timedelta(hours=6),
            clock_started=datetime.now(UTC),
        )
        (folder / "fixes").write_bytes(msgspec.msgpack.encode(fixes))
        acks = folder / "acks"
        acks.touch()

        def acknowledged() -> int:
            return len(acks.read_text().split())

        with (
            process(settings, "geo_dispatch.worker") as worker,
            process(settings, "tests.support.ingest", folder / "fixes", acks) as ingest,
        ):
            for share, victim in DONE_BY:
                until(lambda share=share: acknowledged() >= share * len(fixes), 60, "some acks")
                if victim == "redis":
                    os.kill(until(server.pid, 20, "Redis"), signal.SIGKILL)
                else:
                    {"worker": worker, "ingest": ingest}[victim].restart()
            until(lambda: ingest.child.poll() is not None, 120, "ingest to end")
            assert ingest.child.returncode == 0, ingest.log.read_text()
            assert acknowledged() == len(fixes)
            until(
                lambda: (
                    sum(len(tracking.history(one.technician_id)) for one in orders) >= len(fixes)
                ),
                60,
                "the worker to catch up",
            )
            for order, trace in zip(orders, traces, strict=True):
                history = {fix.key for fix in tracking.history(order.technician_id)}
                assert {fix.key for fix in trace} == history
                log = tracking.log(order)
                assert log.count("order.arrived") == 1
                assert log.count("order.departed") == 1
                assert len(tracking.visits(order)) == 1
