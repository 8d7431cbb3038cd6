"""Server-sent events: a snapshot, then what happens, resumable where a reader left off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import structlog
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from api.deps import AppState
from api.live.audience import Audience
from api.live.hub import Client
from api.live.log_tail import end_of_log, read_log
from api.live.shown import Shown
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.services.views import event_view

MAX_REPLAY: Final = 5000
"""Events that a reader may have missed; beyond, loading everything afresh is cheaper."""

RECONNECT_MS: Final = 1000

COUNT_EVERY_S: Final = 2.0
"""Counts by cell go out no more often, and only when they changed."""

Snapshot = Callable[[], dict[str, Any]]
Cells = list[dict[str, Any]]
Counted = Callable[[], Cells]


async def stream(
    state: AppState,
    audience: Audience,
    last_event_id: int | None,
    snapshot: Snapshot,
    shown: Shown | None = None,
) -> AsyncIterator[ServerSentEvent]:
    """All that the audience hears, from now on or from the event that it had last.

    Begins with a ``snapshot``, whose id is the place in the log from which the events follow.
    ``reset`` means: too much was missed, load everything afresh; a new snapshot follows or, after
    a reader was too slow, the stream ends. It also ends when the records are away: readers come
    back by themselves.
    """
    try:
        async for item in _stream(state, audience, last_event_id, snapshot, shown):
            yield item
    except Unavailable as error:
        structlog.get_logger().warning("stream ended", why=error.message)


async def _stream(
    state: AppState,
    audience: Audience,
    last_event_id: int | None,
    snapshot: Snapshot,
    shown: Shown | None,
) -> AsyncIterator[ServerSentEvent]:
    feed = state.feed
    wants_position = shown.wants if shown is not None else lambda _view: False
    with feed.hub.client(audience.wants_event, wants_position) as client:
        end = await run_in_threadpool(end_of_log, state.context)
        missed_too_much = last_event_id is not None and not (
            end - MAX_REPLAY <= last_event_id <= end
        )
        if missed_too_much:
            yield ServerSentEvent(event="reset", data={"why": "too much was missed"})
        sent = end if last_event_id is None or missed_too_much else last_event_id
        yield ServerSentEvent(
            event="snapshot",
            id=str(sent),
            retry=RECONNECT_MS,
            data={"seq": sent, **await run_in_threadpool(snapshot)},
        )
        replayed = audience.copy()
        while sent < end:
            missed = await run_in_threadpool(read_log, state.context, sent)
            for event in missed:
                if replayed.wants_event(event):
                    yield _sse(audience.shown(event))
            sent = missed[-1].seq if missed else end
        counted = shown.cells if shown is not None and shown.counted else None
        async for item in _live(client, audience, sent, counted):
            if item.event == "reset":
                feed.hub.count_reset()
                structlog.get_logger().warning("stream reset", why="reader too slow")
            yield item


async def _live(
    client: Client, audience: Audience, sent: int, counted: Counted | None
) -> AsyncIterator[ServerSentEvent]:
    loop = asyncio.get_running_loop()
    count_at = loop.time() + COUNT_EVERY_S
    told: Cells | None = None
    while True:
        try:
            async with asyncio.timeout_at(count_at if counted else None):
                parcel = await client.next()
        except TimeoutError:
            count_at = loop.time() + COUNT_EVERY_S
            cells = await run_in_threadpool(counted) if counted else None
            if cells != told:
                told = cells
                yield ServerSentEvent(event="density", data={"cells": cells})
            continue
        for event in parcel.events:
            if event.seq > sent:
                sent = event.seq
                yield _sse(audience.shown(event))
        if parcel.positions:
            yield ServerSentEvent(event="positions", data={"positions": list(parcel.positions)})
        if parcel.reset:
            yield ServerSentEvent(event="reset", data={"why": "the reader was too slow"})
        if parcel.reset or parcel.closed:
            return


def _sse(event: LoggedEvent) -> ServerSentEvent:
    return ServerSentEvent(event=event.type, id=str(event.seq), data=event_view(event))
