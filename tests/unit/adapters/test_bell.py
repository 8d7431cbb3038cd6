"""The bell of the event log: heard by who listens, and by itself again when Redis is back."""

import asyncio
from contextlib import closing

import pytest

from geo_dispatch.adapters.live_redis import Bell, Live
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.kernel.errors import RedisUnavailable


async def heard(url, ring, first=lambda: None):
    """Return once a ring was heard; rings until then, as nobody knows when one listens."""
    rung = asyncio.Event()
    listening = asyncio.create_task(Bell(url).listen(rung))
    try:
        await asyncio.to_thread(first)
        async with asyncio.timeout(20):
            while not rung.is_set():
                await asyncio.to_thread(ring)
                await asyncio.sleep(0.01)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def test_a_ring_is_heard(live):
    asyncio.run(heard(live.url, live.ring))


def test_it_listens_again_when_redis_is_back(tmp_path):
    with RedisServer(tmp_path) as server, closing(Live(server.url)) as live:
        server.stop()
        with pytest.raises(RedisUnavailable):
            live.ring()
        asyncio.run(heard(server.url, live.ring, first=server.start))
