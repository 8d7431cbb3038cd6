"""Event streams: what happens, as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from msgspec import to_builtins

from api.auth import Caller
from api.deps import InBox, State
from api.live.audience import Audience, audience_for, etas_in_force
from api.live.shown import Shown
from api.live.streams import stream
from geo_dispatch.kernel.errors import Fault, InvalidInput

router = APIRouter(prefix="/v1", tags=["streams"])


def _last_event_id(
    last_event_id: Annotated[
        str | None, Header(description="Sent by browsers when they come back.")
    ] = None,
    last_event_id_query: Annotated[
        str | None, Query(alias="last_event_id", description="For clients without the header.")
    ] = None,
) -> int | None:
    given = last_event_id or last_event_id_query
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= _MAX_DIGITS):
        given = given[:_MAX_SHOWN]
        raise InvalidInput(
            f"Last-Event-ID {given!r} is not the id of an event; leave it out to start from now",
            [Fault("Last-Event-ID", f"{given!r} is not a number of ours")],
        )
    return int(given)


MOST_POSITIONS: Final = 2000
_MAX_DIGITS: Final = 18
_MAX_SHOWN: Final = 40


LastEventId = Annotated[int | None, Depends(_last_event_id)]


async def _everything(state: State, caller: Caller) -> Audience:
    state.feed.mirror.require()
    return await run_in_threadpool(audience_for, state.context, caller, etas_only=False)


async def _etas(state: State, caller: Caller) -> Audience:
    return await run_in_threadpool(audience_for, state.context, caller, etas_only=True)


@router.get("/stream", operation_id="stream_events", response_class=EventSourceResponse)
async def stream_events(
    state: State,
    audience: Annotated[Audience, Depends(_everything)],
    last_event_id: LastEventId,
    bbox: InBox,
    most: Annotated[
        int | None,
        Query(ge=1, le=MOST_POSITIONS, description="More positions than this come as counts."),
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Follow positions and every event of the log that the caller may hear.

    Begins with `snapshot`: `{seq, now, positions, positions_as_of, cells}`. Then `positions`:
    `{positions: [...]}`, the latest of each technician that moved, at most four times a second,
    without id; and each event of the log under its own name with its `seq` as id. Coming back
    with `Last-Event-ID` misses nothing; `reset` says that too much was missed: load all afresh.

    Positions outside of `bbox` are left out. If there are more than `most`, none are sent, but
    `cells`: how many technicians each H3 cell holds, of a size that makes at most `most` cells;
    then `density`: `{cells: [...]}`, every other second if it changed. Open the stream anew, with
    the `last_event_id` that you had, for another part of the map.
    """
    shown = await run_in_threadpool(Shown, state.feed, audience, bbox, most)

    def snapshot() -> dict[str, Any]:
        return {
            "now": to_builtins(state.context.clock()),
            **shown.snapshot(),
            "positions_as_of": to_builtins(state.feed.mirror.as_of),
        }

    async for item in stream(state, audience, last_event_id, snapshot, shown):
        yield item


@router.get("/etas/stream", operation_id="stream_etas", response_class=EventSourceResponse)
async def stream_etas(
    state: State, audience: Annotated[Audience, Depends(_etas)], last_event_id: LastEventId
) -> AsyncIterator[ServerSentEvent]:
    """Follow ETA changes only: `order.eta`, after a `snapshot` of those in force."""

    def snapshot() -> dict[str, Any]:
        return {
            "now": to_builtins(state.context.clock()),
            "etas": etas_in_force(state.context, audience),
        }

    async for item in stream(state, audience, last_event_id, snapshot):
        yield item
