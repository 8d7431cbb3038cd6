"""An ingest process: ``python -m tests.support.ingest FIXES ACKS``.

Hands the fixes of FIXES (msgpack) in small batches to an intake and notes the number
of each in ACKS once its batch is acknowledged; started again, it goes on where ACKS ends. What is
not acknowledged is sent again, as phones do.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any, TextIO

import msgspec

from geo_dispatch.adapters.clock import clock_from, random_id
from geo_dispatch.adapters.live_redis import Committer, Live
from geo_dispatch.adapters.redis_server import redis_url
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.intake import Intake
from geo_dispatch.services.tracking.pings import Ping, packed
from geo_dispatch.tracking.fixes import Fix
from tests.support.tracking import PHONE, fix_to_ping

BATCH = 4


def main(fixes_file: str, acks_file: str) -> None:
    fixes = msgspec.msgpack.decode(Path(fixes_file).read_bytes(), type=list[Fix])
    with Path(acks_file).open("a+", encoding="ascii") as acks:
        asyncio.run(send(fixes, acks))


async def send(fixes: list[Fix], acks: TextIO) -> None:
    settings = load_settings()
    roads: Any = None
    url = redis_url(settings)
    ctx = Context(
        settings, Store(settings.sql_url), Live(url), roads, clock_from(settings), random_id
    )
    async with Committer(url, packed) as committer:
        intake = Intake(ctx, committer)
        acks.seek(0)
        done = len(acks.read().split())
        for start in range(done, len(fixes), BATCH):
            batch = [fix_to_ping(fix) for fix in fixes[start : start + BATCH]]
            async with asyncio.timeout(60):
                while not await _accepted(intake, batch):  # noqa: ASYNC110 - Redis tells nobody
                    await asyncio.sleep(0.01)
            acks.write("".join(f"{start + number}\n" for number in range(len(batch))))
            acks.flush()


async def _accepted(intake: Intake, batch: list[Ping]) -> bool:
    try:
        verdicts = await intake.accept(batch, PHONE)
    except Unavailable:
        return False
    assert all(verdict.verdict != "rejected" for verdict in verdicts), verdicts
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
