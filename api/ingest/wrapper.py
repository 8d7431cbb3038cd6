"""The outermost ASGI application: takes pings before FastAPI sees them, passes on all else.

A ping through FastAPI costs several times what it costs to read, judge and keep it. What
`api.middleware` does for other requests is done here by hand, and tests hold the two together.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Awaitable, Iterator
from typing import Final

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import AppState
from api.errors import unexpected_problem
from api.ingest.door import Answer, Call, Native, Spoken, to_answer
from api.ingest.registry import FORMS
from api.metrics import Metrics, Request
from api.middleware import MAX_BODY_BYTES, has_nul, request_id_of, too_large

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SAFE: Final = (b"x-content-type-options", b"nosniff")
"""What `api.middleware` adds besides is for pages; each header costs half a microsecond."""

_REFUSED: Final = 400
PATH: Final = "/v1/pings"

Taker = Native | Spoken


class Ingest:
    """See the module."""

    def __init__(self, app: ASGIApp, owner: FastAPI, metrics: Metrics) -> None:
        self.app = app
        self._owner = owner
        self._metrics = metrics
        self._ids = request_ids()
        self._takers: dict[str, Taker] = {
            PATH: Native(),
            **{form.path: Spoken(form) for form in FORMS},
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        if scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            taker, key = self._takers.get(path), ""
            if taker is None:
                start, _, key = path.rstrip("/").rpartition("/")  # people type a last slash
                taker = self._takers.get(start) if key else None
            if taker is not None and method in taker.methods:
                return self._take(taker, key, scope, receive, send)
            if method not in _SAFE_METHODS:
                send = self._doubting(send)
        return self.app(scope, receive, send)

    def _doubting(self, send: Send) -> Send:
        """Something is about to be written: what the intake knows by heart is to be looked at."""

        async def send_doubting(message: Message) -> None:
            if message["type"] == "http.response.start":
                state: AppState | None = getattr(self._owner.state, "geo", None)
                if state is not None:
                    state.intake.known.doubt()
            await send(message)

        return send_doubting

    async def _take(
        self, taker: Taker, key: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        began = time.perf_counter()
        authorization, given_id, length = b"", b"", b"0"
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"x-request-id":
                given_id = value
            elif name == b"content-length":
                length = value
        request_id = request_id_of(given_id.decode("latin-1")) if given_id else next(self._ids)
        answer = _refusal(scope, length)
        if answer is None:
            body = await _whole(receive)
            if body is None:
                return  # the client is gone
            if len(body) > MAX_BODY_BYTES:
                answer = to_answer(too_large())
            else:
                scope["app"] = self._owner
                call = Call(scope, authorization, key, body)
                try:
                    answer = await taker.answer(self._owner.state.geo, call)
                except Exception:  # noqa: BLE001 - the edge: whatever a form did not foresee ends here
                    structlog.get_logger().exception("request failed", request_id=request_id)
                    answer = to_answer(unexpected_problem(request_id))
        status, headers, told = answer
        head = [
            (b"content-length", b"%d" % len(told)),
            (b"x-request-id", request_id.encode()),
            SAFE,
            *headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": told})
        operation = taker.operation(scope["method"], key)
        tell(self._metrics, (scope["method"], operation, status), began, request_id)


def tell(metrics: Metrics, request: Request, began: float, request_id: str) -> None:
    """Count an answer, and log what is none that was hoped for."""
    duration_s = time.perf_counter() - began
    metrics.observe_request(request, duration_s)
    method, operation, status = request
    if status >= _REFUSED:
        structlog.get_logger().info(
            "request",
            method=method,
            route=operation,
            status=status,
            duration_ms=round(duration_s * 1000, 1),
            request_id=request_id,
        )


def _refusal(scope: Scope, length: bytes) -> Answer | None:
    """What is refused before its body is read."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return to_answer(has_nul())
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        return to_answer(too_large())
    return None


def request_ids() -> Iterator[str]:
    """Fresh ids: random for the process, and counted; asking for chance each time costs more."""
    start = secrets.token_hex(6)
    return (f"{start}{number:08x}" for number in itertools.count())


async def _whole(receive: Receive) -> bytes | None:
    """The body, cut off once it is too large; None when the client went before its end."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return None if message["type"] == "http.disconnect" else body
    parts, total = [body], len(body)
    while message.get("more_body", False) and total <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        total += len(parts[-1])
    return b"".join(parts)
