"""Posting to webhooks: signed, bounded, and never to where it must not go.

Redirects are not followed; `webhook_connections` says where connections go, and how much is read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpcore
import httpx
from standardwebhooks import Webhook

from geo_dispatch import __version__
from geo_dispatch.adapters.webhook_connections import Checked, LookUp, Refused, system_addresses
from geo_dispatch.adapters.webhook_hosts import Allowed
from geo_dispatch.dispatch.messages.webhooks import Answer

TIMEOUT_S: Final = 20.0
"""For looking up, connecting, sending and the answer's head, all together."""

KEPT_CHARS: Final = 500
"""So much of an answer is kept, for people who look for the cause."""

_READ_BYTES: Final = 4096
_BODY_TIMEOUT_S: Final = 2.0
_MAX_CONNECTIONS: Final = 300


def signed_headers(
    message_id: str, body: bytes, secrets: Iterable[str], at: datetime
) -> list[tuple[str, str]]:
    """The headers of Standard Webhooks 1.0.0: one signature for each secret.

    Parameters
    ----------
    at
        Real time: receivers refuse what is older than five minutes.
    """
    text = body.decode()
    signatures = [Webhook(secret).sign(message_id, at.astimezone(UTC), text) for secret in secrets]
    return [
        ("content-type", "application/json"),
        ("user-agent", f"geo-dispatch/{__version__}"),
        ("webhook-id", message_id),
        ("webhook-timestamp", str(int(at.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    ]


class Poster:
    """Posts to many endpoints at once."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, timeout_s: float) -> None:
        self._pool = pool
        self._timeout_s = timeout_s

    async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        """Post once, and say what came of it; never raises for what the other side does."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                answer = await self._post(url, headers, body, limit)
        except TimeoutError:
            error = f"no answer within {self._timeout_s:g} s"
        except Refused as refused:
            error = str(refused)
        except httpcore.TimeoutException:
            error = f"no answer within {self._timeout_s:g} s"
        except (httpcore.ProtocolError, httpx.InvalidURL, UnicodeError) as broken:
            error = f"no HTTP answer: {broken}"
        except (httpcore.NetworkError, OSError) as lost:
            error = f"no connection: {lost}"
        else:
            return Answer(time.monotonic() - begun, **answer)
        return Answer(time.monotonic() - begun, error=safe_text(error))

    async def _post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, limit: asyncio.Timeout
    ) -> dict[str, Any]:
        target = httpx.URL(url)
        address = httpcore.URL(
            scheme=target.raw_scheme,
            host=target.raw_host,
            port=target.port,
            target=target.raw_path,
        )
        sent = [("host", target.netloc.decode("ascii")), *headers, ("accept", "*/*")]
        async with self._pool.stream("POST", address, headers=sent, content=body) as response:
            limit.reschedule(None)  # it has answered: what may follow has its own limit
            said = {name.lower(): value for name, value in response.headers}
            return {
                "status": response.status,
                "body": await _beginning(response),
                "retry_after_s": retry_after_s(said.get(b"retry-after", b""), datetime.now(UTC)),
            }


@asynccontextmanager
async def open_poster(
    allowed: Allowed, timeout_s: float = TIMEOUT_S, look_up: LookUp = system_addresses
) -> AsyncIterator[Poster]:
    """A poster that reaches public addresses, and those allowed; closed with the block."""
    async with httpcore.AsyncConnectionPool(
        max_connections=_MAX_CONNECTIONS,
        keepalive_expiry=30.0,
        network_backend=Checked(allowed, look_up),
    ) as pool:
        yield Poster(pool, timeout_s)


async def _beginning(response: httpcore.Response) -> str:
    """The first bytes of the answer; the status counts even when they don't come."""
    read = b""
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for part in response.aiter_stream():
                read += part[:_READ_BYTES]
                if len(read) >= _READ_BYTES:
                    break
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError):  # of which TimeoutError is one
        pass
    return safe_text(read.decode("utf-8", "replace"))


def safe_text(text: str) -> str:
    """The beginning, in characters that can be printed and stored."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 2 * KEPT_CHARS])
    return " ".join(shown.split())[:KEPT_CHARS]


def retry_after_s(header: bytes, now: datetime) -> float | None:
    """Seconds that a Retry-After (RFC 9110, 10.2.3) asks for; None if it says nothing sensible."""
    text = header.decode("ascii", "replace").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:_MAX_DIGITS])
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # -0000 has none
        return max(0.0, (moment.astimezone(UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


_MAX_DIGITS: Final = 9
