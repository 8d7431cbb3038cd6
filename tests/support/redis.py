"""A real Redis of our own for tests, empty for each."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.redis_server import RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for all tests of the run; those that kill theirs start another."""
    with (
        tempfile.TemporaryDirectory(prefix="gd-") as folder,
        RedisServer(Path(folder)) as server,
    ):
        yield server


@pytest.fixture
def empty_redis(redis_server: RedisServer) -> str:
    """URL of a server without a key in it."""
    with closing(redis.Redis.from_url(redis_server.url)) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def live(empty_redis: str) -> Iterator[Live]:
    """Empty live state, one shard."""
    with closing(Live(empty_redis)) as live:
        yield live
