"""A closure in a deployment of several processes: all know it at once, and none forgets it."""

import os
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import shapely
from sqlalchemy import create_engine, text

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings, child_environment
from geo_dispatch.dispatch.records.road_changes import RoadChangeRecord
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import RoadChangeId
from geo_dispatch.roads.changes import (
    Direction,
    WaySpeed,
    close_streets,
    set_speeds,
    speed_factor,
)
from tests.support.app import (
    AREA,
    BALZERS,
    MONDAY_MORNING,
    SCHAAN,
    VADUZ,
    WORKING_HOURS,
    Deployment,
    prepare,
)
from tests.support.databases import free_port, postgresql_server
from tests.support.plain_http import NO_TLS
from tests.support.processes import process
from tests.support.records import NOW
from tests.support.waiting import until

SOON_S = 10.0
"""On a busy machine; a quiet one takes half a second."""

BETWEEN = shapely.geometry.mapping(shapely.Point(9.5130, 47.1530).buffer(0.004))
PLACES = [VADUZ, SCHAAN, BALZERS]


class Api:
    """One API process on a port of its own."""

    def __init__(self, settings, number):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._settings = settings.model_copy(update={"port": port})
        self._log = settings.data_dir / f"api-{number}.log"
        self.start()

    def start(self):
        environment = {**os.environ, **child_environment(self._settings)}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api"], env=environment, stdout=log, stderr=log
            )

    def is_ready(self):
        try:
            found = httpx.get(f"{self.url}/health/ready", trust_env=False, verify=NO_TLS)
        except httpx.TransportError:
            return False
        return found.is_success

    def kill(self):
        self.process.kill()
        self.process.wait()


@contextmanager
def two_apis(settings):
    apis = [Api(settings, number) for number in (1, 2)]
    try:
        for api in apis:
            until(api.is_ready, 90, "both APIs to be ready")
        yield apis
    finally:
        for api in apis:
            api.kill()


def matrix(client):
    body = {"sources": PLACES, "targets": PLACES}
    answer = client.post("/v1/roads/matrix", json=body)
    assert answer.is_success, answer.text
    return answer.json()["durations_ms"]


def route(client):
    ends = {
        name: f"{place['lon']},{place['lat']}" for name, place in (("from", VADUZ), ("to", SCHAAN))
    }
    return client.get("/v1/roads/route", params=ends).json()


@pytest.mark.slow
def test_all_processes_drive_by_a_closure_keep_it_through_a_kill_and_forget_it_when_undone(
    workspace, tmp_path
):
    clock = {"clock_epoch": MONDAY_MORNING, "clock_started": datetime.now(UTC)}
    settings = Settings(workspace=workspace, data=tmp_path, area=AREA, **clock)
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(settings.data_dir))
        prepare(settings)
        context = stack.enter_context(open_context(settings))
        deployment = Deployment(settings, context, redis, "")
        first, second = stack.enter_context(two_apis(settings))
        token = deployment.token("dispatcher")
        headers = {"Authorization": f"Bearer {token}"}
        here, there = (
            stack.enter_context(
                httpx.Client(
                    base_url=api.url, headers=headers, timeout=20, trust_env=False, verify=NO_TLS
                )
            )
            for api in (first, second)
        )
        stack.enter_context(process(settings, "geo_dispatch.worker"))
        order = _given(here, context.clock() - timedelta(seconds=1))
        eta = until(lambda: _told(context, order), 60, "the worker to tell an ETA")[-1]

        before = matrix(here), route(here)
        assert (matrix(there), route(there)) == before
        body = {"area": BETWEEN, "reason": "water main"}
        closure = here.post("/v1/roads/closures", json=body).json()
        closed = matrix(here)
        assert closed != before[0], "who answered drives by it already"
        until(lambda: matrix(there) == closed, SOON_S, "the other API to notice")
        assert route(there)["duration_s"] > before[1]["duration_s"]
        slower = until(
            lambda: [one for one in _told(context, order) if one["drive_s"] > eta["drive_s"]],
            SOON_S,
            "the worker to tell what the closure does to the ETA",
        )

        first.kill()
        first.start()
        until(first.is_ready, 90, "the API to be back")
        assert matrix(here) == closed, "from its first answer on"

        assert there.delete(f"/v1/roads/changes/{closure['id']}").is_success
        assert (matrix(there), route(there)) == before
        until(lambda: matrix(here) == before[0], SOON_S, "the first API to notice")
        assert route(here) == before[1]
        until(
            lambda: _told(context, order)[-1]["drive_s"] < slower[0]["drive_s"],
            SOON_S,
            "the worker to tell the ETA as it was",
        )


def _given(office, at):
    """An order in Schaan, given to a van in Vaduz; its id."""
    van = office.post("/v1/technicians", json={"call_sign": "Van 01", "shifts": WORKING_HOURS})
    fix = {"technician_id": van.json()["id"], "at": at.isoformat(), "accuracy_m": 5, **VADUZ}
    assert office.post("/v1/pings", json=fix).is_success
    site = office.post("/v1/sites", json={"name": "Bakery", "location": SCHAAN}).json()
    body = {"type": "repair", "site_id": site["id"]}
    order = office.post("/v1/work-orders", json=body).json()["id"]
    sent = {"technician_id": van.json()["id"], "force": True, "reason": "the hour does not matter"}
    until(
        lambda: office.post(f"/v1/work-orders/{order}/assign", json=sent).is_success,
        10,
        "the order to be given",
    )
    return order


def _told(context, order):
    """The ETAs that the log tells of the order."""
    with context.store.read() as unit:
        found = unit.events(streams=[f"order:{order}"], types=["order.eta"])
    return [one.body for one in found if one.body["drive_s"]]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/records.db"
        if request.param == "postgresql":
            server = stack.enter_context(postgresql_server(tmp_path / "pg"))
            url = f"{server}/changes"
            engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("CREATE DATABASE changes"))
            engine.dispose()
        found = stack.enter_context(closing(Store(url)))
        found.migrate()
        yield found


HOUR = timedelta(hours=1)


def record(number, change, **fields):
    usual = {"name": "", "reason": "works", "starts_at": None, "ends_at": None, "told": True}
    made = {"created_at": NOW + timedelta(seconds=number), "created_by": "cli"}
    return RoadChangeRecord(RoadChangeId(f"rc_{number}"), change, **{**usual, **made, **fields})


AREA_CLOSED = close_streets(area=shapely.Point(9.5, 47.1).buffer(0.1, quad_segs=2))


def test_changes_are_kept_to_the_last_digit_and_read_by_age(store):
    kept = [
        record(1, AREA_CLOSED, name="Bridge", ends_at=NOW + HOUR),
        record(2, close_streets(way_ids=[2**40, 7])),
        record(3, speed_factor(shapely.MultiPolygon([shapely.box(9, 47, 9.1, 47.1)]), 1.1)),
        record(4, set_speeds([WaySpeed(7, 12.5, Direction.BACKWARD)]), starts_at=NOW),
    ]
    with store.write() as unit:
        for one in reversed(kept):
            unit.road_changes.add("vaduz", one)
        unit.road_changes.add("porto", record(9, close_streets(way_ids=[1])))
        unit.commit()
    with store.read() as unit:
        assert unit.road_changes.standing("vaduz", NOW) == kept
        assert unit.road_changes.newest("vaduz", 3) == kept[:0:-1]
        assert unit.road_changes.version("vaduz") == 4
        with pytest.raises(NotFound):
            unit.road_changes.get("vaduz", "rc_9")


def test_a_change_is_undone_and_told_of_once(store):
    with store.write() as unit:
        changes = unit.road_changes
        changes.add("vaduz", record(1, AREA_CLOSED))
        assert [changes.tell("rc_1", in_force=False) for _ in range(2)] == [True, False]
        assert [changes.undo("rc_1", NOW, "cli") for _ in range(2)] == [True, False]
        assert not changes.tell("rc_1", in_force=True)
        assert changes.get("vaduz", "rc_1").undone_at == NOW
        assert changes.version("vaduz") == 2
        assert changes.standing("vaduz", NOW) == []


def test_what_is_over_stands_until_its_end_is_told(store):
    with store.write() as unit:
        unit.road_changes.add("vaduz", record(1, AREA_CLOSED, ends_at=NOW))
        assert len(unit.road_changes.standing("vaduz", NOW)) == 1
        unit.road_changes.tell("rc_1", in_force=False)
        assert unit.road_changes.standing("vaduz", NOW) == []
