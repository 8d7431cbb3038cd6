"""The API killed under load: what it acknowledged is there, what was asked once is done once."""

import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from geo_dispatch.adapters.live_redis.client import START
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings, child_environment
from geo_dispatch.kernel.time import datetime_to_ms
from tests.support.app import AREA, VADUZ, Deployment, prepare
from tests.support.plain_http import NO_TLS
from tests.support.waiting import until

KILLS = 2
ORDERS = 60


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _api(settings, url):
    environment = {**os.environ, **child_environment(settings)}
    process = subprocess.Popen([sys.executable, "-m", "api"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _answers(url):
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False, verify=NO_TLS).is_success
    except httpx.TransportError:
        return False


class Caller:
    """Sends until told to stop; a request that got no answer is sent again, the same."""

    def __init__(self, deployment, van, site):
        self.deployment, self.van, self.site = deployment, van, site
        self.stopped = threading.Event()
        self.acknowledged = set()
        self.orders = {}

    def pings(self):
        client = self.deployment.client("ingest", self.van)
        start, number = self.deployment.now() - timedelta(hours=1), 0
        while not self.stopped.is_set():
            number += 1
            at = start + timedelta(seconds=number)
            answer = self._send(client, "/v1/pings", {"at": at.isoformat(), **VADUZ})
            if answer is not None and answer.status_code == 200:
                self.acknowledged.add(datetime_to_ms(at))

    def place(self, key):
        """Place an order under the key; give up on one whose process died before it was done."""
        client = self.deployment.client("dispatcher")
        body = {"type": key, "site_id": self.site}
        while not self.stopped.is_set():
            answer = self._send(client, "/v1/work-orders", body, {"Idempotency-Key": key})
            if answer is None:
                continue
            self.orders[key] = answer.status_code
            if answer.status_code != 503:
                return

    def _send(self, client, path, body, headers=None):
        try:
            return client.post(path, json=body, headers=headers)
        except httpx.TransportError:
            self.stopped.wait(0.05)
            return None


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_no_order_placed_twice(workspace, tmp_path):
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(workspace=workspace, data=tmp_path, area=AREA, port=port)
    with RedisServer(settings.data_dir) as redis:
        prepare(settings)
        with open_context(settings) as context:
            deployment = Deployment(settings, context, redis, url)
            with _api(settings, url):
                until(lambda: _answers(url), 60, "the API to be ready")
                office = deployment.client("dispatcher")
                van = office.post("/v1/technicians", json={"call_sign": "Van 01"}).json()["id"]
                site = office.post("/v1/sites", json={"name": "Bakery", "location": VADUZ}).json()
            caller = Caller(deployment, van, site["id"])
            with ThreadPoolExecutor(3) as pool:
                pool.submit(caller.pings)
                keys = [f"key {number}" for number in range(ORDERS)]
                placing = [pool.submit(caller.place, key) for key in keys]
                try:
                    for kill in range(1, KILLS + 1):
                        enough = len(caller.orders) + ORDERS // (KILLS + 2)
                        with _api(settings, url) as process:
                            until(lambda n=enough: len(caller.orders) >= n, 60, f"load {kill}")
                            process.kill()
                    with _api(settings, url):
                        for one in placing:
                            one.result(60)
                finally:
                    caller.stopped.set()
            entries = context.live.read({0: START}, 1_000_000)
            kept = {fix.at_ms for entry in entries for fix in entry.fixes}
            with context.store.read() as unit:
                placed = [order.type for order in unit.orders.list()]
            for client in deployment.clients:
                client.close()
    assert caller.acknowledged
    assert caller.acknowledged <= kept
    assert len(placed) == len(set(placed)), "an order was placed twice"
    answered = {key for key, status in caller.orders.items() if status == 201}
    assert answered <= set(placed), "an acknowledged order is missing"
    assert len(answered) >= ORDERS - 2 * KILLS
