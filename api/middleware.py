"""Around every request: an id, a log line, its duration, a limit on the body, safe headers.

Plain ASGI, so that event streams pass through unbuffered.
"""

from __future__ import annotations

import secrets
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem, unexpected_problem
from api.metrics import Metrics

MAX_BODY_BYTES: Final = 10_000_000
"""A photo as phones take them, or a CSV file of ten thousand orders."""

SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Set unless the answer brings its own; pages bring their own Content-Security-Policy."""

_QUIET: Final = frozenset({"health_live", "health_ready", "metrics", "static", "basemap"})


class Envelope:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope).get("x-request-id", ""))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._serve(scope, receive, send, request_id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started = time.perf_counter()
        status = 0

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                await has_nul()(scope, receive, send_safely)
            elif _declared_length(scope) > MAX_BODY_BYTES:
                await too_large()(scope, receive, send_safely)
            else:
                await self._app(scope, _limited(receive), send_safely)
        except Exception:  # the edge: whatever a route did not foresee ends here
            structlog.get_logger().exception("request failed", route=_route(scope))
            if status:
                raise
            await unexpected_problem(request_id)(scope, receive, send_safely)
        finally:
            self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, duration_s: float) -> None:
        route = _route(scope)
        self._metrics.observe_request((scope["method"], route, status), duration_s)
        log = structlog.get_logger()
        tell = log.debug if route in _QUIET else log.info
        tell(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(duration_s * 1000, 1),
        )


def _route(scope: Scope) -> str:
    """The name of the route, never its path or query: those may hold keys."""
    route = scope.get("route")
    return getattr(route, "operation_id", None) or getattr(route, "name", None) or "none"


def request_id_of(given: str) -> str:
    """What a proxy in front of us named the request, if it is harmless; else a fresh id."""
    if 0 < len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum():  # noqa: PLR2004 - a UUID is 36
        return given
    return secrets.token_hex(8)


def _declared_length(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "0")
    return int(declared) if declared.isdecimal() else 0


def has_nul() -> JSONResponse:
    """The answer to a URL with a NUL."""
    return problem(
        400, "bad-request", "the URL holds a NUL, which nothing of ours does; remove %00"
    )


def too_large() -> JSONResponse:
    """The answer to a body beyond `MAX_BODY_BYTES`."""
    return problem(
        413,
        "content-too-large",
        f"the body is larger than {MAX_BODY_BYTES // 1_000_000} MB; send less at once",
    )


def _limited(receive: Receive) -> Receive:
    """Count a body that does not say its length."""
    total = 0

    async def receive_limited() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY_BYTES:
            raise HTTPException(413, "the body is too large")
        return message

    return receive_limited
