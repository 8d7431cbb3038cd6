"""POSTs that may be repeated: the same Idempotency-Key gets the first answer again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar, Final

import structlog
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from api.auth import authorize
from api.deps import state_of
from api.unambiguous import PlainRequest
from geo_dispatch.services import idempotency
from geo_dispatch.services.idempotency import Answer

_HEADER: Final = "Idempotency-Key"
_REPLAYED: Final = "Idempotency-Replayed"
_FIRST_ERROR: Final = 400


class IdempotentRoute(APIRoute):
    """A route whose POSTs honour Idempotency-Key, and whose bodies say each thing once.

    Only what succeeded is kept: a refusal changed nothing, so its repeat is judged anew.
    """

    renewed_every_s: ClassVar[float] = idempotency.RENEWED_EVERY.total_seconds()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler, with the key looked at first."""
        handle = super().get_route_handler()

        async def handle_once(given: Request) -> Response:
            request = PlainRequest(given.scope, given.receive)
            key = request.headers.get(_HEADER)
            if key is None or request.method != "POST":
                return await handle(request)
            actor = await authorize(request)
            query = f"?{request.url.query}" if request.url.query else ""
            noted = idempotency.Request(
                token=actor.name,
                key=key,
                method=request.method,
                path=request.url.path + query,
                body=await request.body(),
            )
            store = state_of(request).context.store
            kept = await run_in_threadpool(idempotency.begin, store, noted)
            if kept is not None:
                headers = kept.headers | {_REPLAYED: "true"}
                return Response(kept.body, kept.status, headers=headers)
            try:
                async with _every(self.renewed_every_s, partial(idempotency.renew, store, noted)):
                    with idempotency.in_hand(noted):
                        response = await handle(request)
            except Exception:
                await run_in_threadpool(idempotency.abandon, store, noted)
                raise
            if response.status_code >= _FIRST_ERROR:
                await run_in_threadpool(idempotency.abandon, store, noted)
            else:
                answer = Answer(response.status_code, dict(response.headers), bytes(response.body))
                await run_in_threadpool(idempotency.finish, store, noted, answer)
            return response

        return handle_once


@asynccontextmanager
async def _every(period_s: float, renew: Callable[[], None]) -> AsyncIterator[None]:
    """Renew what says that a request is being worked on, again and again while the block lasts."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(period_s)
            try:  # not in the pool of routes, where it would wait for those that take long
                await asyncio.to_thread(renew)
            except Exception:  # noqa: BLE001 - the edge of the loop: the next one may succeed
                structlog.get_logger().exception("a request under way was not renewed")

    renewing = asyncio.create_task(go_on())
    try:
        yield
    finally:
        renewing.cancel()
