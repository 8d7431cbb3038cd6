"""Our append script against redis-benchmark's commands that would do the same, and its memory."""

import random
import statistics
import subprocess
import time
from collections.abc import Iterable
from typing import Any

import redis

from geo_dispatch.adapters.live_redis.client import APPEND, cells_key, positions_key, stream_key
from geo_dispatch.adapters.live_redis.records import fix_to_packed
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import Fix
from tests.bench.load import cpu_s

ROUNDS = 3
TECHNICIANS = 5000
BATCH = 100
PINGS = 200_000
PIPELINE = 100
CONNECTIONS = 20
KEYS = [positions_key(0), cells_key(0), stream_key(0)]
RECORD = "x" * 28
COMMANDS = (
    ("HSET", "bench:pos", "tc_0000__rand_int__", RECORD),
    ("ZADD", "bench:h3", "__rand_int__", "tc_0000__rand_int__"),
    ("XADD", "bench:st", "*", "b", "tc_0000000000000000" + RECORD[:21]),
)
"""What each ping needs: its record, its cell, its place in the stream."""

FLEETS = (10_000, 100_000)
_START_MS = 1_700_000_000_000


def script_against_commands(url: str, pid: int) -> dict[str, dict[str, Any]]:
    """Redis' CPU time per ping: batches through the script, and single commands in pipelines."""
    client: Any = redis.Redis.from_url(url)
    sha = client.script_load(APPEND)
    walk = Walk(TECHNICIANS)
    ours, theirs = [], []
    for number in range(ROUNDS + 1):
        batches = [walk.batch(BATCH) for _ in range(PINGS // BATCH)]
        before = cpu_s(pid)
        for start in range(0, len(batches), 8):
            pipeline = client.pipeline(transaction=False)
            for batch in batches[start : start + 8]:
                pipeline.evalsha(sha, len(KEYS), *KEYS, 10**9, _START_MS, *batch)
            pipeline.execute()
        mine = cpu_s(pid) - before
        before = cpu_s(pid)
        for command in COMMANDS:
            benchmark(url, command)
        if number:
            ours.append(mine * 1e6 / PINGS)
            theirs.append((cpu_s(pid) - before) * 1e6 / PINGS)
        client.flushall()
    mine, other = statistics.median(ours), statistics.median(theirs)
    client.close()
    return {
        "script, batches of 100 / HSET + ZADD + XADD": {
            "ours": round(mine, 2),
            "peer": round(other, 2),
            "ratio": round(other / mine, 3),
            "unit": "us of Redis",
        }
    }


def benchmark(url: str, command: tuple[str, ...]) -> None:
    """Send a command `PINGS` times, as redis-benchmark does."""
    socket = url.removeprefix("unix://").partition("?")[0]
    options = f"-s {socket} -n {PINGS} -r {TECHNICIANS} -P {PIPELINE} -c {CONNECTIONS} -q".split()
    subprocess.run(["redis-benchmark", *options, *command], check=True, capture_output=True)


def memory(url: str) -> dict[str, dict[str, Any]]:
    """What Redis needs for each technician, and for each ping that waits."""
    client: Any = redis.Redis.from_url(url)
    script = client.register_script(APPEND)
    figures = {}
    for fleet in FLEETS:
        client.flushall()
        walk = Walk(fleet)
        for start in range(0, fleet, BATCH):
            batch = walk.batch_of(range(start, start + BATCH))
            script(keys=KEYS, args=[10**9, _now_ms(), *batch])
        of_positions = sum(client.memory_usage(key, samples=0) for key in KEYS[:2])
        figures[f"memory of a technician, of {fleet}"] = _bytes(of_positions / fleet, 350)
        waiting = client.memory_usage(KEYS[2], samples=0) / fleet
        figures[f"memory of a waiting ping, of {fleet}, by hundreds"] = _bytes(waiting, 55)
    for each in (1, 10):
        client.flushall()
        for _ in range(PINGS // 10 // each):
            script(keys=KEYS, args=[10**9, _now_ms(), *walk.batch(each)])
        waiting = client.memory_usage(KEYS[2], samples=0) / (PINGS // 10)
        figures[f"memory of a waiting ping, by {each}"] = _bytes(waiting, 55)
    client.close()
    return figures


def _now_ms() -> int:
    """When a ping comes in, as the API says it."""
    return int(time.time() * 1000)


def _bytes(found: float, limit: int) -> dict[str, Any]:
    return {
        "ours": round(found, 1),
        "peer": limit,
        "ratio": round(found / limit, 3),
        "unit": "bytes, of the limit",
    }


class Walk:
    """Technicians on their way, about 100 m from one fix to the next."""

    def __init__(self, technicians: int) -> None:
        self.dice = random.Random(1)
        self.ids = [TechnicianId(f"tc_{number:016d}") for number in range(technicians)]
        self.places = [
            [self.dice.randrange(60_000_000, 100_000_000) for _ in range(2)] for _ in self.ids
        ]
        self.at_ms = _START_MS

    def batch(self, count: int) -> list[bytes]:
        """What the script takes of so many technicians, each with a new fix."""
        return self.batch_of(self.dice.sample(range(len(self.ids)), count))

    def batch_of(self, numbers: Iterable[int]) -> list[bytes]:
        """What the script takes of these technicians, each with a new fix."""
        fixes = [fix_to_packed(self._next(number)) for number in numbers]
        return [b"".join(one.named for one in fixes), b"".join(one.cell for one in fixes)]

    def _next(self, number: int) -> Fix:
        place = self.places[number]
        for axis in (0, 1):
            place[axis] += self.dice.randrange(-10_000, 10_000)
        self.at_ms += 10
        return Fix(self.ids[number], self.at_ms, place[0], place[1], 8.0, 13.0, 90.0)
