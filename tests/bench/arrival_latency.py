"""How long an arrival takes: from the ping that completes the dwell to the event on a stream.

    python -m tests.bench.arrival_latency [TECHNICIANS [ARRIVALS [SECONDS]]]

A whole deployment on this machine: Redis, the API, and the worker with its rules, repairs, ETAs
and messages. Each technician pings every 10 s, one request per ping, with three orders in hand;
four clients follow the stream, and orders come in for the rules to judge. Which ping must complete
a dwell is known beforehand from the core's own fold. Percentiles are of all arrivals of one run;
there is no peer: trackers tell of fences at once, and wrongly. Linux only.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import redis.asyncio

from geo_dispatch.adapters.live_redis.bell import CHANNEL
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.bootstrap import open_back_office, open_context
from geo_dispatch.config import Settings
from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services import deployment, tokens
from geo_dispatch.services.tracking import process as tracking
from tests.bench.arrival_field import Field, Ping
from tests.bench.ingest import answers
from tests.support.app import AREA, build_workspace, prepare
from tests.support.processes import process
from tests.support.waiting import until

USUAL: Final = (2000, 360, 150)
READERS: Final = 4
SENDERS: Final = 16
PLACES: Final = 300
LEAD_S: Final = 150
"""Between entering the records and the run: what went before is sent and worked meanwhile."""

WARM_MS: Final = 20_000
"""Pings of so long before the run come in as in the run, and count for nothing."""

ORDER_EVERY_S: Final = 5.0


@dataclass
class Seen:
    """Moments of arrivals by order, seconds since 1970."""

    sent: dict[str, float] = field(default_factory=dict)
    acknowledged: dict[str, float] = field(default_factory=dict)
    decided: dict[str, float] = field(default_factory=dict)
    streamed: dict[str, float] = field(default_factory=dict)
    rings: list[float] = field(default_factory=list)
    events: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    lag_s: list[float] = field(default_factory=list)


def main(arguments: list[str]) -> None:
    technicians, arrivals, seconds = [*map(int, arguments), *USUAL[len(arguments) :]]
    with tempfile.TemporaryDirectory(prefix="gd-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        settings = Settings(
            workspace=build_workspace(folder / "workspace"),
            data=folder / "data",
            area=AREA,
            port=deployment.free_port("127.0.0.1", 0),
            log_level="warning",
        )
        stack.enter_context(RedisServer(settings.data_dir))
        prepare(settings)
        plan = Field(_places(settings), technicians, arrivals, seconds)
        start_ms = round((time.time() + LEAD_S) * 1000)
        store = Store(settings.sql_url)
        plan.enter(store, start_ms)
        store.close()
        with open_back_office(settings) as desk:
            key = tokens.create(desk, Role.ADMIN)[1]
        traces = list(plan.pings(start_ms))
        api = stack.enter_context(process(settings, "api"))
        worker = stack.enter_context(process(settings, "geo_dispatch.worker"))
        until(lambda: answers(f"{deployment.local_url(settings)}/health/ready"), 60, "the API")
        pids = {"api": api.child.pid, "worker": worker.child.pid}
        seen = asyncio.run(_run(settings, key, traces, start_ms, pids))
        _report(seen, seconds)


def _places(settings: Settings) -> list[LonLat]:
    """Places on streets, spread over the area; the same in each run."""
    luck = random.Random(11)
    with open_context(settings) as context:
        west, south, east, north = context.roads.bounds
    return [LonLat(luck.uniform(west, east), luck.uniform(south, north)) for _ in range(PLACES)]


async def _run(
    settings: Settings, key: str, traces: list[list[Ping]], start_ms: int, pids: dict[str, int]
) -> Seen:
    seen = Seen()
    pings = sorted((ping for trace in traces for ping in trace), key=lambda ping: ping.fix.at_ms)
    now_ms = time.time() * 1000
    await _send_past(settings, key, [ping for ping in pings if ping.fix.at_ms <= now_ms])
    coming = [ping for ping in pings if ping.fix.at_ms > now_ms]
    if time.time() * 1000 > start_ms - WARM_MS:
        raise RuntimeError(f"the machine needs more than the {LEAD_S} s of LEAD_S to get ready")
    say(f"{len(pings) - len(coming)} fixes of before are in SQL")
    readers = [
        asyncio.create_task(_follow(settings, key, seen if number == 0 else None))
        for number in range(READERS)
    ]
    readers.append(asyncio.create_task(_hear_rings(settings, seen)))
    readers.append(asyncio.create_task(_place_orders(settings, key)))
    cpu = {name: _cpu_s(pid) for name, pid in pids.items()}
    began_at = time.time()
    queue: asyncio.Queue[Ping | None] = asyncio.Queue()
    senders = [
        asyncio.create_task(_send(settings, key, queue, seen, start_ms)) for _ in range(SENDERS)
    ]
    for ping in coming:
        if (wait_s := ping.fix.at_ms / 1000 - time.time()) > 0:
            await asyncio.sleep(wait_s)
        queue.put_nowait(ping)
    for _ in senders:
        queue.put_nowait(None)
    await asyncio.gather(*senders)
    took_s = time.time() - began_at
    for _ in range(100):
        if seen.streamed.keys() >= seen.sent.keys():
            break
        await asyncio.sleep(0.1)
    for name, pid in pids.items():
        say(f"{name}: {(_cpu_s(pid) - cpu[name]) / took_s:.0%} of a core")
    say(f"{len(coming) / took_s:.0f} pings/s; load average {os.getloadavg()[0]:.1f}")
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return seen


async def _send_past(settings: Settings, key: str, past: list[Ping]) -> None:
    """Send what was before, in batches, and wait until the worker has it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.port)
    for begin in range(0, len(past), 1000):
        body = {"pings": [_body(ping) for ping in past[begin : begin + 1000]]}
        await _post(reader, writer, key, "/v1/pings", json.dumps(body).encode())
    writer.close()
    with open_context(settings) as context:
        until(lambda: tracking.health(context)[0].waiting == 0, LEAD_S, "the worker")


async def _send(
    settings: Settings, key: str, queue: asyncio.Queue[Ping | None], seen: Seen, start_ms: int
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.port)
    while (ping := await queue.get()) is not None:
        body = json.dumps(_body(ping)).encode()
        at = time.time()
        await _post(reader, writer, key, "/v1/pings", body)
        if ping.fix.at_ms < start_ms:
            continue
        seen.lag_s.append(at - ping.fix.at_ms / 1000)
        if ping.arrives_at:
            seen.sent[ping.arrives_at] = at
            seen.acknowledged[ping.arrives_at] = time.time()
    writer.close()


def _body(ping: Ping) -> dict[str, object]:
    fix = ping.fix
    return {
        "technician_id": fix.technician_id,
        "at": ms_to_datetime(fix.at_ms).isoformat(),
        "lon": fix.place.lon,
        "lat": fix.place.lat,
        "accuracy_m": fix.accuracy_m,
        "speed_mps": fix.speed_mps,
    }


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str, path: str, body: bytes
) -> None:
    """One request on a bare socket, so that the sender takes little of the CPU."""
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, rest = answer.partition(b"\r\ncontent-length: ")
    told = await reader.readexactly(int(rest.split(b"\r\n")[0]) if rest else 0)
    if not answer.startswith(b"http/1.1 2") or b'"rejected"' in told:
        raise RuntimeError(f"not acknowledged: {answer!r} {told!r}")


async def _follow(settings: Settings, key: str, seen: Seen | None) -> None:
    """Read the stream; note the arrivals if asked to."""
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.port, limit=2**24)
    head = f"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"
    writer.write(head.encode())
    kind = b""
    while line := await reader.readline():
        if seen is None:
            continue
        if line.startswith(b"event: "):
            kind = line[7:].strip()
            seen.events[kind.decode()] += 1
        elif line.startswith(b"data: ") and kind == b"order.arrived":
            body = json.loads(line[6:])
            order_id = body["body"]["order_id"]
            seen.streamed[order_id] = time.time()
            seen.decided[order_id] = datetime.fromisoformat(body["at"]).timestamp()


async def _hear_rings(settings: Settings, seen: Seen) -> None:
    with open_context(settings) as context:
        url = context.live.url
    async with redis.asyncio.from_url(url) as client, client.pubsub() as heard:
        await heard.subscribe(CHANNEL)
        async for message in heard.listen():
            if message["type"] == "message":
                seen.rings.append(time.time())


async def _place_orders(settings: Settings, key: str) -> None:
    """Something for the rules to judge, now and then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.port)
    for number in range(10_000):
        body = {"type": "repair", "site_id": f"si_{number % PLACES}"}
        await _post(reader, writer, key, "/v1/work-orders", json.dumps(body).encode())
        await asyncio.sleep(ORDER_EVERY_S)


def _cpu_s(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _report(seen: Seen, seconds: int) -> None:
    missing = seen.sent.keys() - seen.streamed.keys()
    if missing:
        raise RuntimeError(f"{len(missing)} arrivals never came: {sorted(missing)[:5]}")
    orders = sorted(seen.sent)
    rung = {
        one: min((at for at in seen.rings if at >= seen.decided[one]), default=seen.streamed[one])
        for one in orders
    }
    hops = {
        "ping to acknowledgement": [seen.acknowledged[one] - seen.sent[one] for one in orders],
        "acknowledged to decided by the worker": [
            seen.decided[one] - seen.acknowledged[one] for one in orders
        ],
        "decided to committed": [rung[one] - seen.decided[one] for one in orders],
        "committed to on the stream": [seen.streamed[one] - rung[one] for one in orders],
        "ping to arrival on the stream": [seen.streamed[one] - seen.sent[one] for one in orders],
    }
    say(f"{len(orders)} arrivals in {seconds} s; events on the stream: {dict(seen.events)}")
    say(f"senders behind their schedule: p99 {_quantile_ms(seen.lag_s, 99):.0f} ms")
    for name, spans in hops.items():
        told = "  ".join(f"p{q} {_quantile_ms(spans, q):7.1f}" for q in (50, 90, 99))
        say(f"{name:40} {told}  most {max(spans) * 1000:7.1f} ms")
    whole = hops["ping to arrival on the stream"]
    figures = {f"p{q}": round(_quantile_ms(whole, q), 1) for q in (50, 90, 99)}
    say(json.dumps({"arrival latency": {"ours": figures["p99"], "unit": "ms", **figures}}))


def _quantile_ms(spans: list[float], percent: int) -> float:
    return statistics.quantiles(spans, n=100)[percent - 1] * 1000


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
