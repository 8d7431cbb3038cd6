"""``geo-dispatch up`` as an operator runs it: a process tree of its own over a data folder."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from geo_dispatch.adapters.clock import clock_from, system_clock
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.config import Settings, child_environment
from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services import tokens
from tests.support.app import AREA
from tests.support.fixes import START_MS
from tests.support.plain_http import NO_TLS
from tests.support.waiting import until

FACTOR = 1000.0
UP = [sys.executable, "-c", "from geo_dispatch.cli import app; app()", "up"]

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="finds the processes of a tree in /proc"
)

_MODULES = {
    "geo_dispatch.adapters.redis_process": "keeper",
    "geo_dispatch.worker": "worker",
    "api": "api",
}


@dataclass
class Tree:
    """A tree that is up."""

    settings: Settings
    process: subprocess.Popen
    log: Path
    url: str
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, role: str, technician_id: str | None = None) -> httpx.Client:
        """A client with a new token of the role."""
        holder = None if technician_id is None else TechnicianId(technician_id)
        with open_back_office(self.settings) as desk:
            secret = tokens.create(desk, Role(role), technician_id=holder)[1]
        headers = {"Authorization": f"Bearer {secret}"}
        client = httpx.Client(
            base_url=self.url, headers=headers, timeout=10.0, trust_env=False, verify=NO_TLS
        )
        self.clients.append(client)
        return client

    def now(self) -> datetime:
        """The tree's time."""
        return clock_from(self.settings)()

    def ready(self) -> httpx.Response:
        """What the API says of itself."""
        return httpx.get(f"{self.url}/health/ready", timeout=10.0, trust_env=False, verify=NO_TLS)

    def is_ready(self) -> bool:
        """Whether the API says that it is; False while it is away."""
        try:
            return self.ready().is_success
        except httpx.TransportError:
            return False

    def redis_pid(self) -> int | None:
        """Process id of the embedded Redis, if it answers: an adopted one is nobody's child."""
        return RedisServer(self.settings.data_dir).pid()

    def pid(self, name: str) -> int | None:
        """Process id of ``redis``, its ``keeper``, the ``worker`` or the ``api``, if it runs."""
        if name == "redis":
            return self.redis_pid()
        return next((pid for pid, found in self._programs() if found == name), None)

    def kill(self, name: str) -> int:
        """End it without warning; returns the id it had."""
        pid = until(lambda: self.pid(name), 20, f"the {name} to run")
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self) -> None:
        """Ask it to end, if it still runs; within 3 seconds none of its processes is left."""
        pids = self.all_pids() | {self.redis_pid() or self.process.pid}
        asked = time.monotonic()
        self.process.terminate()
        self.process.wait(10)
        assert time.monotonic() - asked < 3
        assert not [pid for pid in pids if runs(pid)]

    def all_pids(self) -> set[int]:
        """Every process of the tree, down to Redis."""
        return {self.process.pid, *descendants(self.process.pid)}

    def _programs(self) -> Iterator[tuple[int, str | None]]:
        for pid in descendants(self.process.pid):
            yield pid, _MODULES.get(_command(pid)[-1])


@contextmanager
def up(workspace: Path, data: Path, **overrides) -> Iterator[Tree]:
    """A tree that is ready; its clock began when the traces of `tests.support.fixes` do.

    It runs a thousand times as fast as ours, unless told otherwise: a trace that begins now is
    past in seconds.
    """
    usual = {
        "port": 0,
        "clock_epoch": ms_to_datetime(START_MS),
        "clock_started": system_clock(),
        "clock_factor": FACTOR,
    }
    settings = Settings(workspace=workspace, data=data, area=AREA, **(usual | overrides))
    data.mkdir(parents=True, exist_ok=True)
    number = len(list(data.glob("up-*.log")))
    log = data / f"up-{number}.log"
    environment = {**os.environ, **child_environment(settings)}
    with log.open("w") as stderr:
        process = subprocess.Popen(UP, stderr=stderr, env=environment)
    tree = None
    try:
        until(
            lambda: process.poll() is not None or "Ctrl-C ends it" in log.read_text(),
            90,
            "the tree to be up",
        )
        assert process.poll() is None, log.read_text()
        url = re.search(r"is up: (http://\S+)/map", log.read_text())[1]
        tree = Tree(settings, process, log, url)
        yield tree
        tree.end()
    finally:
        for client in tree.clients if tree else ():
            client.close()
        process.kill()
        process.wait()


def descendants(pid: int) -> list[int]:
    """Children of the process, theirs, and so on."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        told = _stat(int(process.name))
        if told is not None:
            parents[int(process.name)] = int(told[1])
    found, new = [], [pid]
    while new:
        new = [child for child, parent in parents.items() if parent in new]
        found += new
    return found


def runs(pid: int) -> bool:
    """Whether the process lives; one that nobody has waited for yet is dead."""
    told = _stat(pid)
    return told is not None and told[0] != "Z"


def _stat(pid: int) -> list[str] | None:
    """State, parent and so on, as proc(5) lists them after the name."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().strip("\0").split("\0")
    except OSError:
        return [""]
