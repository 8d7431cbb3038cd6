"""The stream of ETAs as a customer's program follows it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

import httpx

from geo_dispatch.demo.client import Json

_READ_TIMEOUT_S: Final = 60.0


def sse_events(lines: Iterable[str]) -> Iterable[tuple[str, Json]]:
    """Name and data of each event of a stream of server-sent events (WHATWG HTML, 9.2)."""
    name = "message"
    data: list[str] = []
    for line in lines:
        if not line:
            if data:
                yield name, json.loads("\n".join(data))
            name, data = "message", []
        elif line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))


class EtaListener:
    """Follows the stream of ETAs in the background, as a customer's program would."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(10.0, read=_READ_TIMEOUT_S),
            trust_env=False,
        )
        self._thread = threading.Thread(target=self._listen, name="etas", daemon=True)
        self._ended = threading.Event()
        self.heard: dict[str, list[Json]] = {}
        """ETA events as they came, by order."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # the stream only ends with the API: the thread is a daemon and not waited for
        self._ended.set()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                with self._client.stream("GET", "/v1/etas/stream") as answer:
                    answer.raise_for_status()
                    self._note(sse_events(answer.iter_lines()))
            except httpx.HTTPError:
                self._ended.wait(0.5)

    def _note(self, events: Iterable[tuple[str, Json]]) -> None:
        for name, data in events:
            if name == "order.eta":
                body = data["body"]
                self.heard.setdefault(body["order_id"], []).append({**body, "seq": data["seq"]})
