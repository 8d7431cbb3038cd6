"""The asynchronous side: one tail of the streams per process, for the mirror and the live map."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import redis.asyncio
from redis.asyncio.retry import Retry

from geo_dispatch.adapters.live_redis.client import (
    KEEP_MS,
    START,
    positions_key,
    shard_of,
    stream_key,
)
from geo_dispatch.adapters.live_redis.connection import MAX_BLOCK_MS, answering, pool_options
from geo_dispatch.adapters.live_redis.records import newest_of, record_to_fix
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import Fix

NEWEST: Final = 2
"""Fixes of a technician from one read: the newest, and one that can bear out a jump. A phone that
was away for hours sends thousands, of which a map needs the last."""

_READ_COUNT = 500
_GATHER_S: Final = 0.02
_GATHER_MOST_S: Final = 0.2
"""Under load a read costs more than what it brings: after each fix that one brought, the next waits
so long, and no longer than the second."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a tail saw.

    Attributes
    ----------
    fixes
        Of a technician, the newest `NEWEST` of each read, by event time.
    whole
        They are the newest of everybody, at the start and after a gap: forget everybody else.
    """

    fixes: tuple[Fix, ...]
    whole: bool


class Tail:
    """Follows the streams of all shards; an asynchronous context manager."""

    def __init__(self, url: str, shards: int = 1) -> None:
        self.url = url
        self.shards = shards
        self._redis = redis.asyncio.Redis.from_pool(
            redis.asyncio.BlockingConnectionPool.from_url(url, **pool_options(Retry))
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._redis.aclose()

    async def snapshot(self, shard: int) -> tuple[list[Fix], str]:
        """The newest fix of everybody in the shard and the stream id that they stand at."""
        with answering(self.url):
            async with self._redis.pipeline(transaction=True) as together:
                together.hgetall(positions_key(shard))
                together.xrevrange(stream_key(shard), count=1)
                records, newest = await together.execute()
        fixes = [record_to_fix(TechnicianId(name.decode()), one) for name, one in records.items()]
        return fixes, newest[0][0].decode() if newest else START

    async def news(
        self, last_ids: Mapping[int, str], block_ms: int = MAX_BLOCK_MS
    ) -> tuple[list[Fix], dict[int, str]]:
        """The newest fixes after the given id of each shard, at most `NEWEST` of a technician.

        Waits for the first, at most 2 s. Also says how far each shard was read.
        """
        streams: Any = {stream_key(shard): last for shard, last in last_ids.items()}
        answer: Any
        with answering(self.url):
            answer = await self._redis.xread(
                streams, count=_READ_COUNT, block=min(block_ms, MAX_BLOCK_MS)
            )
        read = {**last_ids}
        blobs = []
        for key, entries in answer or ():
            read[shard_of(key)] = entries[-1][0].decode()
            blobs += [fields[b"b"] for _, fields in entries]
        return newest_of(blobs, NEWEST), read

    async def watch(self, block_ms: int = MAX_BLOCK_MS) -> AsyncIterator[Changes]:
        """Yield everybody's newest fix, then each read's news; an empty one is a sign of life.

        A pause longer than entries are kept for makes it start over with everybody's.

        Raises
        ------
        RedisUnavailable
            Redis went away; call again for a fresh start.
        """
        last_ids: dict[int, str] = {}
        read_at = 0.0
        while True:
            stale = (time.monotonic() - read_at) * 1000 > KEEP_MS / 2
            if not last_ids or stale:
                whole: list[Fix] = []
                for shard in range(self.shards):
                    fixes, last_ids[shard] = await self.snapshot(shard)
                    whole += fixes
                read_at = time.monotonic()
                yield Changes(tuple(whole), whole=True)
                continue
            news, last_ids = await self.news(last_ids, block_ms)
            read_at = time.monotonic()
            yield Changes(tuple(news), whole=False)
            if news:
                await asyncio.sleep(min(_GATHER_S * len(news), _GATHER_MOST_S))
