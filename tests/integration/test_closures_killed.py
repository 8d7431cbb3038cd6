"""The API killed while streets are closed and opened: what it acknowledged holds, once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings
from tests.integration.test_road_changes import Api
from tests.support.app import AREA, Deployment, prepare
from tests.support.databases import create_database, postgresql_server
from tests.support.waiting import until

KILLS = 2
CALLERS = 3
_UNKNOWN = {429, 503}
"""Whoever it was that asked first was killed; nobody knows yet, or any more, how far it came."""

BEFORE_EACH_KILL = 20
"""So many closures are acknowledged, while others are under way."""


class Caller:
    """Closes one way after another and opens every second one again, until told to stop."""

    def __init__(self, deployment):
        self._deployment = deployment
        self.stopped = threading.Event()
        self.closed, self.opened = {}, set()

    def run(self, number):
        client = self._deployment.client("dispatcher")
        way = 0
        while not self.stopped.is_set():
            way += 1
            key = f"{number} closes {way}"
            body = {"reason": key, "way_ids": [1 + way % 5]}
            made = self._until_answered(
                client, "POST", "closures", json=body, headers={"Idempotency-Key": key}
            )
            if made is None or made.status_code in _UNKNOWN:
                continue
            assert made.status_code == 201, made.text
            self.closed[key] = made.json()["id"]
            if way % 2:
                undone = self._until_answered(client, "DELETE", f"changes/{made.json()['id']}")
                if undone is not None and undone.is_success:
                    self.opened.add(made.json()["id"])

    def _until_answered(self, client, method, path, **sent):
        while not self.stopped.is_set():
            try:
                return client.request(method, f"/v1/roads/{path}", **sent)
            except httpx.TransportError:
                self.stopped.wait(0.05)
        return None


@contextmanager
def running(settings):
    api = Api(settings, 1)
    try:
        yield api
    finally:
        api.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        yield ""
        return
    with postgresql_server(tmp_path / "pg") as server:
        create_database(server, "closures")
        yield f"{server}/closures"


@pytest.mark.slow
def test_no_closure_that_was_acknowledged_is_lost_or_made_twice(workspace, tmp_path, database):
    settings = Settings(workspace=workspace, data=tmp_path, area=AREA, database_url=database)
    with RedisServer(settings.data_dir) as redis:
        prepare(settings)
        with open_context(settings) as context, running(settings) as api:
            deployment = Deployment(settings, context, redis, api.url)
            caller = Caller(deployment)
            with ThreadPoolExecutor(CALLERS) as pool:
                calling = [pool.submit(caller.run, number) for number in range(CALLERS)]
                try:
                    for kill in range(1, KILLS + 1):
                        enough = len(caller.closed) + BEFORE_EACH_KILL
                        until(lambda n=enough: len(caller.closed) >= n, 90, f"load {kill}")
                        api.kill()
                        api.start()
                    until(api.is_ready, 90, "the API to be back")
                finally:
                    caller.stopped.set()
                for one in calling:
                    one.result(30)
            standing = deployment.client("dispatcher").get("/v1/roads/changes").json()["changes"]
            with context.store.read() as unit:
                kept = unit.road_changes.newest(AREA, 10_000)
                told = unit.events(types=["roads.changed"])
            context.follow_roads()
            driven = [one.id for one in context.live_roads.in_force.records]
            for client in deployment.clients:
                client.close()
    reasons = [one.reason for one in kept]
    assert len(reasons) == len(set(reasons)), "a closure was made twice"
    assert set(caller.closed.values()) <= {one.id for one in kept}
    assert caller.opened <= {one.id for one in kept if one.undone_at is not None}
    assert driven == [one["id"] for one in standing if one["in_force"]]
    assert driven == [one.id for one in reversed(kept) if one.undone_at is None]
    assert len(told) == len(kept) + sum(one.undone_at is not None for one in kept)
