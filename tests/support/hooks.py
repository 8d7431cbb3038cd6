"""A receiver of webhooks on loopback that does as it is told, and verifies by the specification."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    def signed_by(self, secret: str) -> bool:
        """Whether one of its signatures is by this secret: Standard Webhooks, word for word."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = b".".join(
            [self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body]
        )
        right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{right}" in self.headers["webhook-signature"].split(" ")


Reply = Callable[[BaseHTTPRequestHandler], None]


def answering(status: int, body: bytes = b"", **headers: str) -> Reply:
    """An answer with this status."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def saying(raw: bytes) -> Reply:
    """These bytes instead of an HTTP answer, then the end of the connection."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(raw)
        handler.close_connection = True

    return reply


def pouring(head: bytes, again: bytes) -> Reply:
    """These bytes, and then those for as long as anybody takes them."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        while True:  # until the other side has enough, which is an error in here
            handler.wfile.write(again)

    return reply


@dataclass
class Hook:
    """The receiver: what came, and what it answers."""

    url: str
    received: list[Received] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    reply: Reply = field(default_factory=lambda: answering(204))
    let_go: threading.Event = field(default_factory=threading.Event)

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing until the test ends."""
        self.let_go.wait(60)
        handler.close_connection = True

    def late(self, after_s: float, status: int = 200) -> Reply:
        """A good answer, but not before then."""

        def reply(handler: BaseHTTPRequestHandler) -> None:
            self.let_go.wait(after_s)
            answering(status)(handler)

        return reply

    def dripping(self, head: bytes, drop: bytes = b"x") -> Reply:
        """These bytes, and then one drop after the other until the test ends."""

        def reply(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            handler.wfile.write(head)
            while not self.let_go.wait(0.02):
                handler.wfile.write(drop)

        return reply

    @property
    def types(self) -> list[str]:
        return [one.json["type"] for one in self.received]

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]


@contextmanager
def open_hook() -> Iterator[Hook]:
    """A receiver that listens until the block ends; ``replies`` are used up before ``reply``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            hook.received.append(Received(self.path, headers, body))
            (hook.replies.pop(0) if hook.replies else hook.reply)(self)

        def do_GET(self) -> None:
            hook.received.append(Received(self.path, {}, b"{}"))
            answering(200)(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET

        def handle_error(self, *_: Any) -> None:
            """A courier that gave up, or was killed: part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    hook = Hook(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hook
    finally:
        hook.let_go.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
