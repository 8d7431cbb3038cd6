"""The first start on a machine: nothing of the drive times is compiled yet."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.config import Settings, child_environment
from geo_dispatch.services.deployment import free_port
from tests.support.app import AREA, prepare
from tests.support.plain_http import NO_TLS
from tests.support.waiting import until


@contextmanager
def _process(settings, module, code_folder):
    environment = os.environ | child_environment(settings) | {"NUMBA_CACHE_DIR": str(code_folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", module], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_server_compiles_before_it_is_ready_and_answers_that_it_does(workspace, tmp_path):
    port = free_port("127.0.0.1", 0)
    settings = Settings(workspace=workspace, data=tmp_path / "data", area=AREA, port=port)
    kept, said = tmp_path / "kept", []

    def ready():
        try:
            answer = httpx.get(
                f"http://127.0.0.1:{port}/health/ready", trust_env=False, verify=NO_TLS
            )
        except httpx.TransportError:
            return False
        said.append((answer.status_code, answer.json()["checks"]["kernels"]))
        return answer.is_success

    with RedisServer(settings.data_dir):
        prepare(settings)
        with _process(settings, "geo_dispatch.worker", kept) as worker:
            until(lambda: list(kept.rglob("*.nbc")), 120, "the worker to compile")
            asked = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(10) == 0
            assert time.monotonic() - asked < 3
        with _process(settings, "api", kept):
            until(ready, 300, "the API to be ready")
        assert said[-1] == (200, "ok")
        assert {status for status, _ in said[:-1]} == {503}
        assert any("compiling drive-time kernels" in kernels for _, kernels in said[:-1])
