"""Doing a request once, however often it is sent (draft-ietf-httpapi-idempotency-key-header).

A request with an Idempotency-Key is noted before it is worked on, and its answer kept. Who works on
it says so again and again (`renew`), however long it takes. Times are real ones, also where the
deployment's clock is scaled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError

from geo_dispatch.adapters.clock import system_clock
from geo_dispatch.adapters.sql.idempotency import DONE, IN_HAND, InHand, KeptRequest
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.kernel.errors import (
    AnswerLost,
    Busy,
    Fault,
    IdempotencyKeyReused,
    InvalidInput,
)

MAX_KEY_LENGTH: Final = 255
DEAD_AFTER: Final = timedelta(seconds=60)
"""A request without an answer that nobody renewed for so long died with its process."""
RENEWED_EVERY: Final = timedelta(seconds=15)
"""Twice before `DEAD_AFTER`, even when a renewal waits out others who write (30 s)."""
KEPT_FOR: Final = timedelta(days=2)

_KEPT_HEADERS: Final = frozenset({"content-type", "etag", "location"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request that carries a key.

    Attributes
    ----------
    token
        Who sends it, `Actor.name`: keys of different senders are different keys.
    path
        With the query.
    """

    token: str
    key: str
    method: str
    path: str
    body: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the body."""
        return hashlib.sha256(self.body).hexdigest()


def begin(store: Store, request: Request) -> Answer | None:
    """Note the request, to be worked on now; or the answer that it has had.

    Raises
    ------
    InvalidInput
        The key is empty or too long.
    IdempotencyKeyReused
        The key came with another request before.
    Busy
        The same request is being worked on.
    AnswerLost
        It was done, but the process died before its answer was kept.
    """
    _check_key(request.key)
    now = system_clock()
    with store.write() as unit:
        known = unit.idempotency.find(request.token, request.key)
        if known is not None:
            _check_same(known, request)
            if known.status is not None and known.status != DONE:
                return Answer(known.status, known.headers or {}, known.body or b"")
            age = now - known.begun_at
            if age < DEAD_AFTER:
                raise Busy(
                    f"the request with Idempotency-Key {request.key!r} is being worked on; "
                    "send it again in a moment",
                    retry_after_s=1.0,
                )
            if known.status == DONE:
                raise AnswerLost(
                    f"{known.method} {known.path} with Idempotency-Key {request.key!r} was carried "
                    f"out at {known.begun_at:%Y-%m-%d %H:%M:%S} UTC, but its answer was lost when "
                    "the server failed; look up what it made, and use a new key for a new request"
                )
            unit.idempotency.drop(request.token, request.key)
        unit.idempotency.forget_before(now - KEPT_FOR)
        try:
            unit.idempotency.add(
                KeptRequest(
                    token=request.token,
                    key=request.key,
                    method=request.method,
                    path=request.path,
                    digest=request.digest,
                    begun_at=now,
                )
            )
        except IntegrityError as error:  # another process noted it in this moment (PostgreSQL)
            raise Busy(
                f"the request with Idempotency-Key {request.key!r} is being worked on; "
                "send it again in a moment",
                retry_after_s=1.0,
            ) from error
        unit.commit()
    return None


@contextmanager
def in_hand(request: Request) -> Iterator[None]:
    """Work on the request: the first commit in the block also marks it as done.

    Before that commit a crash leaves nothing, after it the request is never done again.
    """
    before = IN_HAND.set(InHand(request.token, request.key))
    try:
        yield
    finally:
        IN_HAND.reset(before)


def renew(store: Store, request: Request) -> None:
    """Say that the request is still being worked on; call it outside of `in_hand`."""
    with store.write() as unit:
        unit.idempotency.renew(request.token, request.key, system_clock())
        unit.commit()


def finish(store: Store, request: Request, answer: Answer) -> None:
    """Keep the answer; whoever sends the request again gets the same."""
    headers = kept_headers(answer.headers)
    with store.write() as unit:
        unit.idempotency.answer(
            request.token, request.key, status=answer.status, headers=headers, body=answer.body
        )
        unit.commit()


def abandon(store: Store, request: Request) -> None:
    """Forget the request if it changed nothing, so that its next try is a new one."""
    with store.write() as unit:
        unit.idempotency.drop(request.token, request.key)
        unit.commit()


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of the answer's headers that belong to what was done, not to its sending."""
    return {name.lower(): value for name, value in headers.items() if name.lower() in _KEPT_HEADERS}


def _check_key(key: str) -> None:
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise InvalidInput(
            f"the Idempotency-Key has {len(key)} characters, not 1 to {MAX_KEY_LENGTH}",
            [Fault("Idempotency-Key", f"has {len(key)} characters, not 1 to {MAX_KEY_LENGTH}")],
        )


def _check_same(known: KeptRequest, request: Request) -> None:
    sent = (request.method, request.path, request.digest)
    if sent != (known.method, known.path, known.digest):
        raise IdempotencyKeyReused(
            f"Idempotency-Key {request.key!r} came with {known.method} {known.path} "
            f"at {known.begun_at:%Y-%m-%d %H:%M:%S} UTC and another body or address; use a new key"
        )
