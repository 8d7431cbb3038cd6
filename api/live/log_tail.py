"""Reads the event log as it grows, and hands each event on once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog
from fastapi.concurrency import run_in_threadpool

from geo_dispatch.bootstrap import open_bell
from geo_dispatch.dispatch.work.events import LoggedEvent, RoadsChanged
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.services.context import Context

_POLL_S: Final = 0.2
"""Not every writer rings the bell; asking for the log's end costs one look at an index."""

_RETRY_S: Final = 1.0

BATCH: Final = 500

Hear = Callable[[Sequence[LoggedEvent]], Awaitable[None]]


async def follow_log(context: Context, after: int, hear: Hear) -> None:
    """Hand on every event behind ``after``, and each that comes, until cancelled.

    Events that ``hear`` fails on are handed to it again.
    """
    rung = asyncio.Event()
    listening = asyncio.create_task(open_bell(context.settings).listen(rung), name="log bell")
    try:
        await _follow(context, after, hear, rung)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _follow(context: Context, after: int, hear: Hear, rung: asyncio.Event) -> None:
    failing = False
    while True:
        rung.clear()
        try:
            events = await run_in_threadpool(read_log, context, after)
            if events:
                await hear(events)
                after = events[-1].seq
        except Unavailable as error:
            if not failing:
                structlog.get_logger().warning("the event log is away", why=error.message)
            failing = True
        except Exception:  # noqa: BLE001 - the edge of the loop: streams must not fall silent
            structlog.get_logger().exception("the event log is not followed")
            failing = True
        else:
            failing = False
        if failing:
            await asyncio.sleep(_RETRY_S)
        elif len(events) < BATCH:
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), _POLL_S)


def read_log(context: Context, after: int) -> list[LoggedEvent]:
    """The next events behind ``after``, at most `BATCH`.

    Whoever hears that the roads changed asks this process at once: it drives by the change when
    this returns.
    """
    with context.store.read() as unit:
        events = unit.events(after=after, limit=BATCH)
    if any(event.type == RoadsChanged.type for event in events):
        context.follow_roads()
    return events


def end_of_log(context: Context) -> int:
    """The seq of the newest event.

    Whoever begins to listen behind it hears nothing of what is before: as in `read_log`, this
    process drives by all of that when this returns.
    """
    with context.store.read() as unit:
        seq = unit.last_seq()
    context.follow_roads()
    return seq
