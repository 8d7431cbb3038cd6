"""How we talk to Redis: bounded pools and waits, no retries behind our back, one kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import redis
from redis.backoff import NoBackoff

from geo_dispatch.kernel.errors import Busy, RedisUnavailable

MAX_BLOCK_MS: Final = 2000
"""Longest blocking read: a dead peer and a stop are noticed within it."""

COMMAND_TIMEOUT_S: Final = 5.0
CONNECT_TIMEOUT_S: Final = 2.0
FULL_RETRY_S: Final = 5.0


def pool_options(retry: Any) -> dict[str, Any]:
    """Options of every pool; ``retry`` is the client library's class, sync or async.

    A command that failed may have been done: only the caller knows whether to send it again.
    """
    return {
        "max_connections": 32,
        "timeout": COMMAND_TIMEOUT_S,
        "socket_timeout": COMMAND_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "protocol": 2,
        "retry": retry(NoBackoff(), 0),
    }


@contextmanager
def answering(url: str) -> Iterator[None]:
    """Turn the client library's errors into ours."""
    try:
        yield
    except redis.RedisError as error:
        said = str(error)  # of a script, Redis 6.2 says where it ended before it says why
        if isinstance(error, redis.exceptions.OutOfMemoryError) or "-OOM " in said:
            raise Busy(f"Redis has no memory left: {said}", FULL_RETRY_S) from error
        if "MISCONF " in said:
            raise cannot_write(url) from error
        raise RedisUnavailable(
            f"Redis at {shown(url)} does not answer: {str(error).rstrip('.')}; is it running? "
            "`geo-dispatch doctor` says more"
        ) from error


def cannot_write(url: str) -> RedisUnavailable:
    """Redis answers, but refuses what it can't keep."""
    return RedisUnavailable(
        f"Redis at {shown(url)} takes nothing, as it can't write its log; is its disk full? "
        "It goes on by itself once there is room"
    )


def shown(url: str) -> str:
    """The URL without user name and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
