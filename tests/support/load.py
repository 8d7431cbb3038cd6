"""Phones under load: many at once, each posting on and on until it is told to stop."""

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Self

import httpx

from geo_dispatch.kernel.time import ms_to_datetime
from tests.support.app import VADUZ
from tests.support.plain_http import NO_TLS
from tests.support.waiting import until

Key = tuple[str, int]
"""Whose fix, and of when: the phones here are never at two places at once."""

_PAUSE_S = 0.02
_TIMEOUT_S = 15.0
_PATIENCE_S = 60.0
_EAST_DEG = 1e-5


class Load(threading.Thread):
    """Posts batch after batch for each technician, and each again until it is acknowledged.

    Parameters
    ----------
    secrets
        Technician to ingest key.
    since_ms
        When the first fixes were; each is a second later than the one before.

    Attributes
    ----------
    acknowledged
        In the order of the answers.
    refused
        How often a batch had to be sent again, by status; 0 where there was no answer.
    told
        The last answer of each such status.
    """

    def __init__(
        self, url: str, secrets: Mapping[str, str], since_ms: int, *, batch: int = 5
    ) -> None:
        super().__init__(name="load", daemon=True)
        self._url = url
        self._secrets = secrets
        self._since_ms = since_ms
        self._batch = batch
        self._leaving = threading.Event()
        self.acknowledged: list[Key] = []
        self.refused: Counter[int] = Counter()
        self.told: dict[int, str] = {}
        self.error: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self.join(_PATIENCE_S)

    def run(self) -> None:
        asyncio.run(self._all())

    def go_on(self, count: int, timeout_s: float = _PATIENCE_S) -> None:
        """Wait until so many more fixes are acknowledged."""
        enough = len(self.acknowledged) + count
        until(
            lambda: self.error or len(self.acknowledged) >= enough,
            timeout_s,
            f"{count} more fixes to be acknowledged; refused: {dict(self.refused)}",
        )
        assert self.error is None, self.error

    def end(self) -> set[Key]:
        """Let what is under way be acknowledged, and stop; returns all that was."""
        self._leaving.set()
        self.join(_PATIENCE_S)
        assert not self.is_alive(), "a phone still waits for an answer"
        assert self.error is None, self.error
        return set(self.acknowledged)

    async def _all(self) -> None:
        await asyncio.gather(*(self._phone(who, secret) for who, secret in self._secrets.items()))

    async def _phone(self, who: str, secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(
            base_url=self._url, headers=headers, timeout=_TIMEOUT_S, trust_env=False, verify=NO_TLS
        ) as client:
            number = 0
            while not (self._leaving.is_set() or self.error):
                numbers = range(number, number + self._batch)
                number += self._batch
                body = {"pings": [self._ping(one) for one in numbers]}
                while not await self._posted(client, body):
                    if self.error:
                        return
                    await asyncio.sleep(_PAUSE_S)
                self.acknowledged += [(who, self._since_ms + 1000 * one) for one in numbers]

    def _ping(self, number: int) -> dict[str, object]:
        at = ms_to_datetime(self._since_ms + 1000 * number).isoformat()
        east = _EAST_DEG * (number % 1000)
        return {"at": at, "lon": VADUZ["lon"] + east, "lat": VADUZ["lat"], "accuracy_m": 8}

    async def _posted(self, client: httpx.AsyncClient, body: dict[str, object]) -> bool:
        try:
            answer = await client.post("/v1/pings", json=body)
        except httpx.TransportError:
            self.refused[0] += 1
            return False
        if answer.status_code in {429, 503}:
            self.told[answer.status_code] = answer.text
            self.refused[answer.status_code] += 1
            return False
        if not answer.is_success or '"rejected"' in answer.text or '"private"' in answer.text:
            self.error = f"{answer.status_code}: {answer.text}"
        return answer.is_success
