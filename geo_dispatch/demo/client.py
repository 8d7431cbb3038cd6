"""The demo's way in: the public API over HTTP, like anybody else's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from geo_dispatch.kernel.errors import Unavailable

TRIES: Final = 9
"""With growing pauses 11 s in all: an API that died is back before."""

TIMEOUT_S: Final = 15.0
_AWAY: Final = (429, 502, 503, 504)
_PAUSE_S: Final = 0.3

Json = dict[str, Any]


class Refused(Exception):
    """The API understood and said no.

    Attributes
    ----------
    problem
        The problem+json that it answered.
    """

    def __init__(self, request: str, status: int, problem: Json) -> None:
        detail = problem.get("detail") or problem.get("title") or "no detail"
        super().__init__(f"{request} answered {status}: {detail}")
        self.status = status
        self.problem = problem


class Api:
    """The API as one token sees it; every POST carries an Idempotency-Key, so retries are safe."""

    def __init__(
        self, url: str, token: str, connections: httpx.HTTPTransport, tries: int = TRIES
    ) -> None:
        self._tries = tries
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            transport=connections,
            trust_env=False,
        )

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Json:
        """Read.

        Raises
        ------
        Refused
            As the API says.
        Unavailable
            It did not answer, several times over.
        """
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Json) -> Json:
        """Do something; raises as `get`."""
        return self._send("POST", path, body=body, key=secrets.token_hex(16))

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Json | None = None,
        key: str = "",
    ) -> Json:
        why = ""
        for attempt in range(self._tries):
            if attempt:
                time.sleep(_PAUSE_S * attempt)
            try:
                answer = self._http.request(
                    method, path, params=params, json=body,
                    headers={"Idempotency-Key": key} if key else None,
                )  # fmt: skip
            except httpx.HTTPError as error:
                why = f"{type(error).__name__} {error}"
                continue
            if answer.is_success:
                return dict(answer.json())
            if answer.status_code not in _AWAY:
                raise Refused(f"{method} {path}", answer.status_code, _problem(answer))
            why = f"{answer.status_code} {_problem(answer).get('detail', '')}"
        raise Unavailable(f"{method} {path} failed {self._tries} times, last: {why}")


def _problem(answer: httpx.Response) -> Json:
    try:
        return dict(answer.json())
    except ValueError:
        return {"detail": answer.text[:200]}
