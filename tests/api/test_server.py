"""The server process: starts, says why not, and leaves quickly with streams open."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings, child_environment
from tests.support.app import AREA, Deployment, prepare, running
from tests.support.plain_http import NO_TLS
from tests.support.sse import listening
from tests.support.waiting import until


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _process(settings):
    environment = {**os.environ, **child_environment(settings)}
    process = subprocess.Popen(
        [sys.executable, "-m", "api"], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_process_ends_within_three_seconds_of_sigterm_with_streams_open(workspace, tmp_path):
    settings = Settings(workspace=workspace, data=tmp_path, area=AREA, port=_free_port())
    url = f"http://127.0.0.1:{settings.port}"
    with RedisServer(settings.data_dir) as redis:
        prepare(settings)
        with _process(settings) as process:
            until(lambda: _ready(url, process), 60, "the API to be ready")
            with (
                open_context(settings) as context,
                Deployment(settings, context, redis, url).client("dispatcher") as client,
                listening(client, "/v1/stream") as stream,
            ):
                stream.wait_for("snapshot")
                asked = time.monotonic()
                process.send_signal(signal.SIGTERM)
                _, log = process.communicate(timeout=10)
                took_s = time.monotonic() - asked
                until(lambda: stream.ended, 2, "the stream to end")
    assert took_s < 3, f"it took {took_s:.1f} s: {log}"
    assert process.returncode == 0, log
    assert "Traceback" not in log
    assert '"process": "api"' in log


def _ready(url, process):
    assert process.poll() is None, process.stderr.read()
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False, verify=NO_TLS).is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"area": "atlantis"}, "geo-dispatch roads build"),
        ({"database_url": "sqlite:////nowhere/at/all/x.db"}, "/nowhere/at/all"),
        ({"time_zone": "Europe/Atlantis"}, "Europe/Atlantis"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_line(workspace, tmp_path, change, said):
    settings = Settings(workspace=workspace, data=tmp_path, area=AREA, port=0)
    settings = settings.model_copy(update=change)
    with _process(settings) as process:
        _, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said in log
    assert "Traceback" not in log
    assert len(log.strip().splitlines()) == 1, log


def test_redis_gone_is_told_and_its_return_noticed(workspace, tmp_path):
    with running(workspace, tmp_path) as deployment:
        client = deployment.client("dispatcher")
        van = client.post("/v1/technicians", json={"call_sign": "Van 07"}).json()["id"]
        ping = {"technician_id": van, "at": deployment.now().isoformat(), "lon": 9.5, "lat": 47.1}
        deployment.redis.stop()
        ready = client.get("/health/ready")
        assert ready.status_code == 503
        assert "Redis" in ready.json()["checks"]["redis"]
        assert ready.json()["checks"]["sql"] == "ok"
        refused = client.post("/v1/pings", json=ping)
        assert (refused.status_code, refused.json()["code"]) == (503, "redis-unavailable")
        assert refused.headers["retry-after"]
        assert client.get("/v1/technicians").status_code == 200
        with RedisServer(deployment.settings.data_dir):
            until(lambda: client.get("/health/ready").is_success, 10, "the API to recover")
            assert client.post("/v1/pings", json=ping).status_code == 200
            where = f"/v1/technicians/{van}/position"
            until(lambda: client.get(where).is_success, 5, "the mirror to follow again")
