"""What talks to a deployment over HTTP while it is being killed: phones, a clerk, a board.

Each is a thread that sends again whatever was not acknowledged, as their real counterparts do.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.fixes import Fix
from tests.support.sse import listening

BATCH = 4
PAUSE_S = 0.05
PHONE_PAUSE_S = 0.02
"""Or a whole day is taken before anything can be killed under it."""
PATIENCE_S = 90.0

_AWAY = {429, 502, 503}


class Sender(threading.Thread):
    """Calls each piece of work until it is acknowledged, in order.

    Attributes
    ----------
    done
        How many pieces were acknowledged.
    refused
        How often it had to send again.
    pause_s
        Between one piece and the next.
    error
        What it gave up for, if it did.
    """

    def __init__(
        self, name: str, work: Sequence[Callable[[], httpx.Response]], pause_s: float = 0.0
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._pause_s = pause_s
        self._work = work
        self._given_up = threading.Event()
        self.done = 0
        self.refused = 0
        self.error: str | None = None

    def run(self) -> None:
        for send in self._work:
            while not self._acknowledged(send):
                self.refused += 1
                if self._given_up.wait(PAUSE_S) or self.error:
                    return
            self.done += 1
            self._given_up.wait(self._pause_s)

    def _acknowledged(self, send: Callable[[], httpx.Response]) -> bool:
        try:
            answer = send()
        except httpx.TransportError:
            return False
        if answer.status_code in _AWAY:
            return False
        if not answer.is_success or '"rejected"' in answer.text:
            self.error = answer.text
        return answer.is_success

    def give_up(self) -> None:
        self._given_up.set()
        self.join(PATIENCE_S)


def phone(client: httpx.Client, fixes: Sequence[Fix]) -> Sender:
    """Posts the fixes in batches of `BATCH`."""

    def post(batch: Sequence[Fix]) -> Callable[[], httpx.Response]:
        body = {"pings": [fix_to_json(fix) for fix in batch]}
        return lambda: client.post("/v1/pings", json=body)

    work = [post(fixes[start : start + BATCH]) for start in range(0, len(fixes), BATCH)]
    return Sender("phone", work, pause_s=PHONE_PAUSE_S)


def clerk(client: httpx.Client, customers: int) -> Sender:
    """Enters customers, so that the log grows all the time."""

    def enter(number: int) -> Callable[[], httpx.Response]:
        return lambda: client.post("/v1/customers", json={"name": f"Customer {number}"})

    return Sender("clerk", [enter(number) for number in range(customers)])


class Board(threading.Thread):
    """Follows the stream, and comes back to where it was whenever the stream ends.

    Attributes
    ----------
    began, heard
        Where in the log it began, and the number of each event that came, as they came.
    streams
        How many streams it took.
    """

    def __init__(self, client: httpx.Client) -> None:
        super().__init__(name="board", daemon=True)
        self._client = client
        self._leaving = threading.Event()
        self.began: int | None = None
        self.heard: list[int] = []
        self.resets = 0
        self.streams = 0

    def run(self) -> None:
        while not self._leaving.is_set():
            try:
                self._follow()
            except (httpx.TransportError, AssertionError):  # away, or answers 503
                self._leaving.wait(PAUSE_S)

    def _follow(self) -> None:
        last = self.heard[-1] if self.heard else self.began
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        with listening(self._client, "/v1/stream", headers=headers) as stream:
            self.streams += 1
            taken = 0
            while not self._leaving.is_set():
                ended = stream.ended
                for message in stream.messages[taken:]:
                    taken += 1
                    self._hear(message.event, message.id)
                if ended:
                    return
                self._leaving.wait(PAUSE_S)

    def _hear(self, event: str, number: str | None) -> None:
        if event == "snapshot" and self.began is None:
            self.began = int(number or 0)
        elif event == "reset":
            self.resets += 1
        elif event != "snapshot" and number is not None:
            self.heard.append(int(number))

    def leave(self) -> None:
        self._leaving.set()
        self.join(PATIENCE_S)


def fix_to_json(fix: Fix) -> dict[str, Any]:
    """The ping that tells the fix, without its technician: the key says who."""
    return {
        "at": ms_to_datetime(fix.at_ms).isoformat(),
        "lon": fix.place.lon,
        "lat": fix.place.lat,
        "accuracy_m": fix.accuracy_m,
        "speed_mps": fix.speed_mps,
        "heading_deg": fix.heading_deg,
    }
