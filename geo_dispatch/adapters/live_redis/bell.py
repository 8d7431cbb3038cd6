"""A bell that says that the event log grew: who reads the log need not wait for the next look.

Rung by `Live.ring`, and heard by whoever listens at that moment; nothing is kept. Readers look by
themselves as well, so that a ring that nobody hears costs some time and nothing else.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import redis.asyncio
from redis.asyncio.retry import Retry

from geo_dispatch.adapters.live_redis.connection import MAX_BLOCK_MS, answering, pool_options
from geo_dispatch.kernel.errors import Busy, RedisUnavailable

CHANNEL: Final = "geo-dispatch:log"

_RETRY_S: Final = 1.0


class Bell:
    """Hears the rings of the Redis behind a URL."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def listen(self, rung: asyncio.Event) -> None:
        """Set the event at each ring, until cancelled; Redis may be away meanwhile."""
        while True:
            with suppress(RedisUnavailable, Busy):
                await self._listen(rung)
            await asyncio.sleep(_RETRY_S)

    async def _listen(self, rung: asyncio.Event) -> None:
        client = redis.asyncio.Redis.from_pool(
            redis.asyncio.BlockingConnectionPool.from_url(self._url, **pool_options(Retry))
        )
        with answering(self._url):
            async with client, client.pubsub() as heard:
                await heard.subscribe(CHANNEL)
                while True:
                    message = await heard.get_message(
                        ignore_subscribe_messages=True, timeout=MAX_BLOCK_MS / 1000
                    )
                    if message is not None:
                        rung.set()
