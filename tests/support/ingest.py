"""An ingest process: ``python -m tests.support.ingest FIXES ACKS``.

Posts the fixes of FIXES (msgpack) in small batches through `services.pings` and notes the number
of each in ACKS once its batch is acknowledged; started again, it goes on where ACKS ends. What is
not acknowledged is sent again, as phones do.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec

from geo_dispatch.adapters.clock import clock_from, random_id
from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.redis_server import redis_url
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking import pings
from geo_dispatch.tracking.fixes import Fix
from tests.support.tracking import PHONE, fix_to_ping
from tests.support.waiting import until

BATCH = 4


def main(fixes_file: str, acks_file: str) -> None:
    fixes = msgspec.msgpack.decode(Path(fixes_file).read_bytes(), type=list[Fix])
    settings = load_settings()
    roads: Any = None
    ctx = Context(
        settings,
        Store(settings.sql_url),
        Live(redis_url(settings)),
        roads,
        clock_from(settings),
        random_id,
    )
    with Path(acks_file).open("a+", encoding="ascii") as acks:
        acks.seek(0)
        done = len(acks.read().split())
        for start in range(done, len(fixes), BATCH):
            batch = [fix_to_ping(fix) for fix in fixes[start : start + BATCH]]
            until(lambda batch=batch: _accepted(ctx, batch), 60, "the batch to be taken")
            acks.write("".join(f"{start + number}\n" for number in range(len(batch))))
            acks.flush()


def _accepted(ctx: Context, batch: list[pings.Ping]) -> bool:
    try:
        verdicts = pings.accept(ctx, batch, PHONE)
    except Unavailable:
        return False
    assert all(verdict.verdict != "rejected" for verdict in verdicts), verdicts
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
