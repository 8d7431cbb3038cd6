"""Pings over HTTP: `POST /v1/pings`, single and in batches, against a bare FastAPI route.

    python -m tests.bench.ingest

The peer is a route that answers 204 and never reads the body: what the framework and the server
take by themselves. Both get the same requests over the same number of kept-alive connections.
Server CPU is that of the API and, for ours, of Redis; no worker runs. Medians; Linux only.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.config import Settings
from geo_dispatch.kernel.actors import CLI, Role
from geo_dispatch.services import deployment, tokens
from geo_dispatch.services.records import keeping as records
from tests.support.app import AREA, VADUZ, build_workspace, prepare
from tests.support.processes import ROOT, process
from tests.support.waiting import until

ROUNDS = 3
PHONES = 8
"""Each with its own connection, technician and ingest key."""

KINDS = {"single": (1, 1200), "batches of 100": (100, 160)}
"""Pings per request, and requests per round."""

EVERY = timedelta(milliseconds=200)
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """Somebody to send requests to."""

    port: int
    path: str
    pids: tuple[int, ...]

    def cpu_s(self) -> float:
        """CPU time of its processes so far."""
        ticks = 0
        for pid in self.pids:
            told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(told[11]) + int(told[12])
        return ticks * _TICK_S


@dataclass
class Phones:
    """Their keys, and the fixes they have yet to tell: every one is new."""

    keys: list[str]
    at: datetime

    def bodies(self, pings: int, requests: int) -> list[list[bytes]]:
        """JSON of the requests of each phone."""
        return [[self._body(pings) for _ in range(requests // len(self.keys))] for _ in self.keys]

    def _body(self, pings: int) -> bytes:
        told = []
        for _ in range(pings):
            self.at += EVERY
            told.append({"at": self.at.isoformat(), **VADUZ, "accuracy_m": 8.0, "speed_mps": 3.0})
        return json.dumps(told[0] if pings == 1 else {"pings": told}).encode()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gd-bench-") as folder, ExitStack() as stack:
        ours, phones = stack.enter_context(our_server(Path(folder)))
        peer = stack.enter_context(bare_server())
        say(json.dumps({k: v for kind in KINDS for k, v in compare(kind, ours, peer, phones)}))


def compare(
    kind: str, ours: Server, peer: Server, phones: Phones
) -> Iterator[tuple[str, dict[str, object]]]:
    """Both measures of a kind of request, in alternating rounds after one that warms up."""
    pings, requests = KINDS[kind]
    rates, costs = {"ours": [], "peer": []}, {"ours": [], "peer": []}
    for number in range(ROUNDS + 1):
        for name, server in (("ours", ours), ("peer", peer)):
            bodies = phones.bodies(pings, requests if number else requests // 4)
            sent = pings * sum(map(len, bodies))
            cpu_s, began = server.cpu_s(), time.perf_counter()
            asyncio.run(post_all(server, phones.keys, bodies))
            if number:
                rates[name].append(sent / (time.perf_counter() - began))
                costs[name].append((server.cpu_s() - cpu_s) * 1e6 / sent)
    for measure, values, unit in (
        ("acknowledged pings per second", rates, "1/s"),
        ("server CPU per ping", costs, "us"),
    ):
        mine, theirs = (statistics.median(values[name]) for name in ("ours", "peer"))
        say(f"{measure}, {kind}: ours {mine:.0f} {unit}, bare route {theirs:.0f} {unit}")
        figures = {
            "ours": round(mine, 1),
            "peer": round(theirs, 1),
            "ratio": round(mine / theirs, 3),
        }
        yield f"{measure}, {kind}", {**figures, "unit": unit}


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


async def post_all(server: Server, keys: list[str], bodies: list[list[bytes]]) -> None:
    """Send every body, each phone one after the other on its own connection."""
    await asyncio.gather(*(post(server, key, mine) for key, mine in zip(keys, bodies, strict=True)))


async def post(server: Server, key: str, bodies: list[bytes]) -> None:
    """Send the bodies of a phone; a bare socket, so that the sender takes little of the CPU."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = (
        f"POST {server.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    for body in bodies:
        writer.write(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = answer.partition(b"\r\ncontent-length: ")
        told = await reader.readexactly(int(rest.split(b"\r\n")[0]) if rest else 0)
        if not answer.startswith(b"http/1.1 20") or b'"rejected"' in told:
            raise RuntimeError(f"not acknowledged: {answer!r} {told!r}")
    writer.close()
    await writer.wait_closed()


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
        keys = []
        with open_back_office(settings) as desk:
            for number in range(PHONES):
                fields = {"call_sign": f"Van {number:02}"}
                van = records.create(desk, records.TECHNICIANS, fields, actor=CLI)
                keys.append(tokens.create(desk, Role.INGEST, technician_id=van.id)[1])
        with process(settings, "api") as api:
            until(lambda: answers(f"{deployment.local_url(settings)}/health/ready"), 60, "the API")
            pids = (api.child.pid, until(redis.pid, 5, "Redis"))
            start = datetime.now(UTC) - timedelta(hours=40)
            yield Server(settings.port, "/v1/pings", pids), Phones(keys, start)


@contextmanager
def bare_server() -> Iterator[Server]:
    """The peer, in a process of its own."""
    port = deployment.free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "tests.bench.ingest", str(port)]
    child = subprocess.Popen(command, cwd=ROOT)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/openapi.json"), 60, "the bare route")
        yield Server(port, "/pings", (child.pid,))
    finally:
        child.terminate()
        child.wait(10)


def serve_bare(port: int) -> None:
    """Serve the bare route until asked to stop."""
    app = FastAPI()

    @app.post("/pings", status_code=204)
    async def pings() -> None:
        """Take nothing."""

    uvicorn.run(app, port=port, log_level="warning", access_log=False)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    serve_bare(int(sys.argv[1])) if sys.argv[1:] else main()
