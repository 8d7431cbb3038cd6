"""Reads the event log as it grows, and hands each event on once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from fastapi.concurrency import run_in_threadpool

from geo_dispatch.dispatch.events import LoggedEvent
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.services.context import Context

_POLL_S: Final = 0.2
"""Other processes write the log too; asking for its end costs one look at an index."""

_RETRY_S: Final = 1.0

BATCH: Final = 500

Hear = Callable[[Sequence[LoggedEvent]], Awaitable[None]]


async def follow_log(context: Context, after: int, hear: Hear) -> None:
    """Hand on every event behind ``after``, and each that comes, until cancelled."""
    away = False
    while True:
        try:
            events = await run_in_threadpool(read_log, context, after)
        except Unavailable as error:
            if not away:
                structlog.get_logger().warning("the event log is away", why=error.message)
            away = True
            await asyncio.sleep(_RETRY_S)
            continue
        away = False
        if events:
            after = events[-1].seq
            await hear(events)
        if len(events) < BATCH:
            await asyncio.sleep(_POLL_S)


def read_log(context: Context, after: int) -> list[LoggedEvent]:
    """The next events behind ``after``, at most `BATCH`."""
    with context.store.read() as unit:
        return unit.events(after=after, limit=BATCH)


def end_of_log(context: Context) -> int:
    """The seq of the newest event."""
    with context.store.read() as unit:
        return unit.last_seq()
