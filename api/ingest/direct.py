"""Plain pings answered where uvicorn parses them, without a task and messages of ASGI.

Taken is only what nobody needs to think about: `POST /v1/pings` with a key and technicians that are
in memory, and pings that are all good. Whatever is odd goes on as uvicorn has it, to
`api.ingest.wrapper`, which takes plain ones too: this saves a third of the CPU of a ping, and
nothing else depends on it.
"""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Final

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.deps import AppState
from api.errors import error_to_problem, unexpected_problem
from api.ingest import native
from api.ingest.door import JSON, Answer, is_sender, to_answer
from api.ingest.wrapper import PATH, SAFE, request_ids, tell
from geo_dispatch.kernel.errors import GeoDispatchError
from geo_dispatch.services.tracking.intake import told
from geo_dispatch.tracking.fixes import Verdict

MAX_BYTES: Final = 256 * 1024
"""Larger bodies are left to those who count while they come."""

_URL: Final = PATH.encode()
_BEARER: Final = b"Bearer "
_UNUSUAL: Final = frozenset({b"expect", b"upgrade", b"x-request-id"})


class _Exchange:
    """A request on its way through here; stands where uvicorn has its own record of one."""

    __slots__ = (
        "began",
        "body",
        "disconnected",
        "keep_alive",
        "message_event",
        "response_complete",
    )

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.body = b""
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = False
        self.message_event = self

    def set(self) -> None:
        """Nobody waits for news of it."""


class Direct(HttpToolsProtocol):
    """One connection; for ``http`` of `uvicorn.Config`, whose app is an `api.app.App`."""

    _ids = request_ids()
    _exchange: _Exchange | None = None
    _secret = b""

    def on_headers_complete(self) -> None:
        """Take what may be plain, pass on the rest."""
        if self.url == _URL and self._may_be_plain():
            self.cycle = self._exchange = _Exchange()  # type: ignore[assignment]
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Gather what may be plain."""
        exchange = self._exchange
        if exchange is None:
            super().on_body(body)
            return
        exchange.body += body
        if len(exchange.body) > MAX_BYTES:
            self._pass_on(exchange)

    def on_message_complete(self) -> None:
        """Take it if it is plain."""
        exchange = self._exchange
        if exchange is not None:
            try:
                is_taken = self._take(exchange)
            except Exception:  # noqa: BLE001 - what was not foreseen fails again where it is told
                structlog.get_logger().exception("a ping was not taken directly")
                is_taken = False
            if is_taken:
                self._exchange = None
                return
            self._pass_on(exchange)
        super().on_message_complete()

    def _may_be_plain(self) -> bool:
        if not getattr(self.cycle, "response_complete", True):
            return False
        if self.flow.write_paused or self.limit_concurrency is not None:
            return False
        parser = self.parser
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1":
            return False
        if not parser.should_keep_alive():
            return False
        self._secret = b""
        for name, value in self.headers:
            if name == b"authorization":
                self._secret = value[len(_BEARER) :] if value.startswith(_BEARER) else b""
            elif name in _UNUSUAL:
                return False
        return self._secret != b""

    def _pass_on(self, exchange: _Exchange) -> None:
        """Let uvicorn have what came so far."""
        self._exchange = self.cycle = None  # type: ignore[assignment]
        super().on_headers_complete()
        super().on_body(exchange.body)

    def _take(self, exchange: _Exchange) -> bool:
        """Whether it was plain; then it is answered once Redis has it."""
        state: AppState = self.app.state.geo
        actor = state.intake.known.actor_at_hand(self._secret.strip())
        if actor is None or not is_sender(actor):
            return False
        pings, _ = native.read_plain(exchange.body, actor.technician_id or "") or ((), False)
        try:
            heard = state.intake.at_once(pings, actor)
        except GeoDispatchError as error:
            self._answer(exchange, to_answer(error_to_problem(error)))
            return True
        if heard is None:
            return False
        heard.add_done_callback(partial(self._reply, exchange))
        return True

    def _reply(self, exchange: _Exchange, heard: asyncio.Future[list[Verdict]]) -> None:
        """Redis has it, or says why not."""
        if heard.cancelled():
            self.transport.close()
            return
        error = heard.exception()
        if error is None:
            verdicts = told(heard.result())
            self.app.state.geo.metrics.count_pings(verdicts)
            self._answer(exchange, Answer(200, JSON, native.verdicts_to_json(verdicts)))
        elif isinstance(error, GeoDispatchError):
            self._answer(exchange, to_answer(error_to_problem(error)))
        else:
            request_id = next(self._ids)
            structlog.get_logger().error("request failed", request_id=request_id, exc_info=error)
            self._answer(exchange, to_answer(unexpected_problem(request_id)), request_id)

    def _answer(self, exchange: _Exchange, answer: Answer, request_id: str = "") -> None:
        request_id = request_id or next(self._ids)
        status, headers, body = answer
        exchange.response_complete = True
        if not exchange.disconnected:
            self.transport.write(
                b"%b%bcontent-length: %d\r\nx-request-id: %b%b\r\n\r\n%b"
                % (
                    _HEADS.get(status) or _head(status),
                    _lines(tuple(self.server_state.default_headers), tuple(headers)),
                    len(body),
                    request_id.encode(),
                    b"" if exchange.keep_alive else b"\r\nconnection: close",
                    body,
                )
            )
            if not exchange.keep_alive:
                self.transport.close()
            self.on_response_complete()
        request = ("POST", "post_pings", status)
        tell(self.app.state.geo.metrics, request, exchange.began, request_id)


_HEADS: Final[dict[int, bytes]] = {}


def _head(status: int) -> bytes:
    """How an answer begins."""
    line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
    head = _HEADS[status] = line + b"%b: %b\r\n" % SAFE
    return head


@lru_cache(maxsize=16)
def _lines(*groups: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Headers as they are sent; the same for a second, until the date changes."""
    return b"".join(b"%b: %b\r\n" % pair for group in groups for pair in group)
