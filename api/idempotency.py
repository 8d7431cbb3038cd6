"""POSTs that may be repeated: the same Idempotency-Key gets the first answer again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

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
