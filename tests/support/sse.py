"""Reading a server-sent event stream, with bounds."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.support.waiting import until


@dataclass
class Message:
    """One event, as a browser would get it."""

    event: str
    id: str | None
    data: dict


@dataclass
class Stream:
    """What has come so far; a thread reads on."""

    messages: list[Message] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    ended: bool = False

    def wait_for(
        self, event: str, where: Callable[[Message], object] = lambda _: True, timeout_s: float = 15
    ) -> Message:
        """The first message of this name that meets the condition."""

        def found():
            return next((m for m in self.messages if m.event == event and where(m)), None)

        return until(found, timeout_s, f"an event {event} on the stream")

    def read(self, lines: Iterator[str]) -> None:
        fields: dict[str, str] = {}
        for line in lines:
            if line.startswith(":"):
                self.comments.append(line)
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                self.messages.append(
                    Message(fields["event"], fields.get("id"), json.loads(fields["data"]))
                )
                fields = {}


@contextmanager
def listening(client: httpx.Client, path: str, **options) -> Iterator[Stream]:
    """An open stream, read by a thread until the block or the stream ends."""
    stream = Stream()
    with client.stream("GET", path, timeout=30.0, **options) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")

        def read() -> None:
            try:
                stream.read(answer.iter_lines())
            except httpx.HTTPError:
                pass  # the other side went away
            finally:
                stream.ended = True

        thread = threading.Thread(target=read, name="listener", daemon=True)
        thread.start()
        yield stream
        if not stream.ended:  # closing would wait for the reader, who waits for the next event
            answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        thread.join(5)
