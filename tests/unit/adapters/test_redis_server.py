"""Our own Redis: found, started, adopted, shared, restarted, stopped, its data safe."""

import os
import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import redis

from geo_dispatch.adapters import redis_server
from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.redis_log import LogSync
from geo_dispatch.adapters.redis_server import (
    RedisServer,
    find_redis_server,
    first_usable,
    redis_url,
)
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import RedisUnavailable
from tests.support.fixes import fix_at
from tests.support.waiting import until


@pytest.fixture
def folder(tmp_path_factory):
    """Short enough for a socket."""
    return tmp_path_factory.mktemp("r")


def executable(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def leave_behind(folder):
    """Process id of a server whose supervisor died."""
    dies_without_stopping = (
        "import os, sys; from pathlib import Path; "
        "from geo_dispatch.adapters.redis_server import RedisServer; "
        "RedisServer(Path(sys.argv[1])).start(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", dies_without_stopping, folder], check=True, timeout=60)
    left = RedisServer(folder).pid()
    assert left is not None
    return left


def policy_of(server):
    """How Redis itself syncs its log."""
    with closing(redis.Redis(unix_socket_path=str(server.socket), protocol=2)) as client:
        told = client.config_get("appendfsync")
    return str(told["appendfsync"])


def test_a_server_on_the_path_is_used_valkey_first(tmp_path):
    plain = executable(tmp_path / "redis-server", "echo Redis server v=7.2.1 sha=0")
    assert find_redis_server(str(tmp_path)) == plain
    valkey = executable(tmp_path / "valkey-server", "echo Valkey server v=8.1.0 sha=0")
    assert find_redis_server(str(tmp_path)) == valkey


def test_servers_that_are_too_old_or_broken_are_passed_over(tmp_path):
    old = executable(tmp_path / "old", "echo Redis server v=5.0.14 sha=0")
    broken = executable(tmp_path / "broken", "exit 1")
    new = executable(tmp_path / "new", "echo Redis server v=6.2.14 sha=0")
    assert first_usable([old, broken, tmp_path / "missing", new]) == new


def test_without_any_server_one_line_says_what_to_install():
    with pytest.raises(RedisUnavailable) as caught:
        first_usable([])
    assert "\n" not in caught.value.message
    assert "apt install redis-server" in caught.value.message
    assert "GEO_DISPATCH_REDIS_URL" in caught.value.message


def test_the_url_of_the_settings_wins(tmp_path):
    given = Settings(data=tmp_path, redis_url="redis://elsewhere:6379/0")
    assert redis_url(given) == "redis://elsewhere:6379/0"
    assert redis_url(Settings(data=tmp_path)).startswith("unix://")


def test_it_listens_on_a_private_socket_only_and_keeps_its_data(folder):
    with RedisServer(folder) as server:
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        with closing(Live(server.url)) as live:
            live.ping()
            live.append(0, [fix_at(0, 0, 1)], 0)
    assert server.pid() is None
    with RedisServer(folder, "always") as server, closing(Live(server.url)) as live:
        assert len(live.positions()) == 1


def test_a_second_supervisor_uses_the_firsts_server_and_takes_over_after_it(folder):
    with RedisServer(folder) as first:
        pid = first.pid()
        second = RedisServer(folder)
        assert second.start() == first.url
        assert (second.owner, second.pid()) == (False, pid)
    try:
        until(lambda: second.owner and second.pid() not in {None, pid}, 10, "the take-over")
    finally:
        second.stop()
    assert second.pid() is None


def test_a_server_that_dies_is_started_again_with_its_data(folder):
    with RedisServer(folder) as server, closing(Live(server.url)) as live:
        live.append(0, [fix_at(0, 0, 1)], 0)
        pid = server.pid()
        os.kill(pid, signal.SIGKILL)
        until(lambda: server.pid() not in {None, pid}, 10, "the restart")
        assert len(live.positions()) == 1


def test_a_server_left_behind_is_adopted(folder):
    left = leave_behind(folder)
    with RedisServer(folder) as server:
        assert (server.owner, server.pid()) == (True, left)
    assert server.pid() is None


def test_a_data_folder_with_a_long_path_gets_a_short_socket_that_is_remembered(folder):
    deep = folder / ("d" * 100)
    with RedisServer(deep) as server:
        assert len(os.fsencode(server.socket)) < 100
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        assert redis_server.socket_path(deep) == server.socket
        assert (deep / "redis" / "socket-folder").read_text() == str(server.socket.parent)
        with closing(Live(redis_url(Settings(data=deep)))) as live:
            live.ping()
    server.socket.parent.rmdir()


def test_a_server_that_does_not_come_up_names_its_log(folder):
    broken = executable(folder / "broken", "exit 3")
    with pytest.raises(RedisUnavailable, match=r"ended with 3; see .*redis\.log"):
        RedisServer(folder, binary=broken).start()
    with RedisServer(folder) as server:
        assert server.pid() is not None


def test_a_server_that_does_not_answer_is_neither_replaced_nor_left_behind(folder):
    left = leave_behind(folder)
    with RedisServer(folder) as server:
        os.kill(left, signal.SIGSTOP)
        assert server.pid() is None  # after two seconds,
        assert server.pid() is None  # and two more, in which the watcher has looked too
        os.kill(left, signal.SIGCONT)
        assert until(server.pid, 10, "the server to go on") == left


def test_what_is_acknowledged_is_written_first_and_synced_within_a_second_or_so(folder):
    with RedisServer(folder) as server, closing(Live(server.url)) as live:
        # `everysec` would hold writes back while a sync takes long, and answer
        assert policy_of(server) == "no"
        sync = LogSync(server.folder)
        sync.sync()
        assert sync.sync() == []
        live.append(0, [fix_at(0, 0, 1)], 0)
        (grown,) = sync.sync()
        assert grown.suffix == ".aof"
        assert sync.sync() == []
    with RedisServer(folder, "always") as server:
        assert policy_of(server) == "always"


def test_a_folder_that_cannot_be_made_is_named(folder):
    (folder / "file").touch()
    with pytest.raises(RedisUnavailable, match=r"file/redis: Not a directory; .*GEO_DISPATCH_DATA"):
        RedisServer(folder / "file").start()
