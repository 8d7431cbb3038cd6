"""Pings over HTTP: acknowledged once Redis has them, against servers that do less, or the obvious.

    python -m tests.bench.ingest

One ping per request against a bare ASGI application and against FastAPI, pydantic and a script call
of its own; batches of 100 against bare requests; our script against redis-benchmark's commands for
the same; memory. CPU time of the server's process, that of Redis told apart; medians of rounds that
take turns. Linux only.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.config import Settings
from geo_dispatch.kernel.actors import CLI, Role
from geo_dispatch.services import deployment, tokens
from geo_dispatch.services.records import keeping as records
from tests.bench.ingest_redis import memory, script_against_commands
from tests.bench.load import cpu_s, request, send_all
from tests.support.app import AREA, VADUZ, build_workspace, prepare
from tests.support.processes import ROOT, process
from tests.support.waiting import until

ROUNDS = 5
PHONES = 64
"""Each with its own connection, technician and ingest key."""

SINGLES = 36_000
BATCHES = 320
BATCH = 100
EVERY = timedelta(milliseconds=100)
REFUSED = b'"rejected"'


@dataclass
class Server:
    """Somebody to send requests to."""

    port: int
    pid: int
    redis_pid: int | None = None


@dataclass
class Cost:
    """Microseconds of CPU per request."""

    server_us: float
    redis_us: float


@dataclass
class Phones:
    """Their keys, where they are, and the fixes they have yet to tell: every one is new."""

    keys: list[str]
    ids: list[str]
    at: datetime
    dice: random.Random

    def requests(self, pings: int, count: int) -> list[list[bytes]]:
        """The requests of each phone."""
        return [
            [self._request(phone, pings) for _ in range(count // len(self.keys))]
            for phone in range(len(self.keys))
        ]

    def _request(self, phone: int, pings: int) -> bytes:
        told = []
        for _ in range(pings):
            self.at += EVERY
            told.append(
                {
                    "technician_id": self.ids[phone],
                    "at": self.at.isoformat(),
                    "lon": round(VADUZ["lon"] + self.dice.uniform(-0.01, 0.01), 7),
                    "lat": round(VADUZ["lat"] + self.dice.uniform(-0.01, 0.01), 7),
                    "accuracy_m": 8.0,
                    "speed_mps": 3.0,
                }
            )
        body = json.dumps(told[0] if pings == 1 else {"pings": told}).encode()
        return request("/v1/pings", [f"Authorization: Bearer {self.keys[phone]}"], body)


def main() -> None:
    """Measure all, print a table, and the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="gd-bench-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        ours, phones = stack.enter_context(our_server(folder))
        bare = stack.enter_context(peer("bare"))
        other_redis = stack.enter_context(RedisServer(folder / "obvious"))
        obvious = stack.enter_context(peer("obvious", other_redis.url))
        obvious.redis_pid = until(other_redis.pid, 5, "the other Redis")
        servers = {"ours": ours, "bare": bare, "obvious": obvious}
        costs: dict[str, list[Cost]] = {}
        for number in range(ROUNDS + 1):
            for name, server in servers.items():
                measured = cost(server, phones.requests(1, SINGLES))
                if number:
                    costs.setdefault(name, []).append(measured)
            measured = cost(ours, phones.requests(BATCH, BATCHES))
            if number:
                costs.setdefault("batch", []).append(measured)
        figures = dict(ratios(costs))
        figures |= script_against_commands(other_redis.url, obvious.redis_pid)
        figures |= memory(other_redis.url)
    for measure, told in figures.items():
        say(f"{measure:58} {told['ours']:10} {told['peer']:10} {told['ratio']:7} {told['unit']}")
    say(json.dumps(figures))


def ratios(costs: dict[str, list[Cost]]) -> Iterator[tuple[str, dict[str, object]]]:
    """The measures of HTTP: what a request costs, and how many times more one gets for it."""

    def median(name: str, of: Callable[[Cost], float] = lambda cost: cost.server_us) -> float:
        return statistics.median(of(one) for one in costs[name])

    def both(name: str) -> float:
        return median(name, lambda cost: cost.server_us + cost.redis_us)

    def figure(ours: float, peer: float, ratio: float, unit: str) -> dict[str, object]:
        return {
            "ours": round(ours, 2),
            "peer": round(peer, 2),
            "ratio": round(ratio, 3),
            "unit": unit,
        }

    ours, bare, obvious, batch = (median(one) for one in ("ours", "bare", "obvious", "batch"))
    yield "one ping per request / bare ASGI 204", figure(ours, bare, bare / ours, "us")
    yield (
        "the same, with Redis' CPU",
        figure(both("ours"), bare, bare / both("ours"), "us"),
    )
    yield "one ping per request / the obvious", figure(ours, obvious, obvious / ours, "us")
    yield (
        "the same, both with Redis' CPU",
        figure(both("ours"), both("obvious"), both("obvious") / both("ours"), "us"),
    )
    yield (
        "pings/s in batches of 100 / bare requests/s",
        figure(BATCH * 1e6 / batch, 1e6 / bare, BATCH * bare / batch, "1/s of CPU"),
    )
    yield (
        "pings/s in batches of 100, with Redis' CPU",
        figure(BATCH * 1e6 / both("batch"), 1e6 / bare, BATCH * bare / both("batch"), "1/s of CPU"),
    )


def cost(server: Server, requests: list[list[bytes]]) -> Cost:
    """What each of the requests took of the server's and of Redis' CPU."""
    pids = [server.pid, *([server.redis_pid] if server.redis_pid else [])]
    before = [cpu_s(pid) for pid in pids]
    answers = send_all(server.port, requests, REFUSED)
    spent = [(cpu_s(pid) - start) * 1e6 / answers for pid, start in zip(pids, before, strict=True)]
    return Cost(spent[0], sum(spent[1:]))


@contextmanager
def our_server(folder: Path) -> Iterator[tuple[Server, Phones]]:
    """The API over our Redis and SQLite, with technicians and their keys."""
    settings = Settings(
        workspace=build_workspace(folder / "workspace"),
        data=folder / "data",
        area=AREA,
        port=deployment.free_port("127.0.0.1", 0),
        log_level="warning",
    )
    with RedisServer(settings.data_dir) as redis:
        prepare(settings)
        keys, ids = [], []
        with open_back_office(settings) as desk:
            for number in range(PHONES):
                fields = {"call_sign": f"Van {number:02}"}
                van = records.create(desk, records.TECHNICIANS, fields, actor=CLI)
                ids.append(van.id)
                keys.append(tokens.create(desk, Role.INGEST, technician_id=van.id)[1])
        with process(settings, "api") as api:
            until(lambda: answers(f"{deployment.local_url(settings)}/health/ready"), 60, "the API")
            server = Server(settings.port, api.child.pid, until(redis.pid, 5, "Redis"))
            start = datetime.now(UTC) - timedelta(hours=40)
            yield server, Phones(keys, ids, start, random.Random(1))


@contextmanager
def peer(kind: str, *more: str) -> Iterator[Server]:
    """A peer, in a process of its own."""
    port = deployment.free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "tests.bench.ingest_peers", kind, str(port), *more]
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ})
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/openapi.json"), 60, f"the {kind} server")
        yield Server(port, child.pid)
    finally:
        child.terminate()
        child.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.TransportError:
        return False


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
