"""Posting to webhooks: signed, bounded, and never to where it must not go.

The URLs are other people's, so a name is looked up once, every address behind it is checked, and
the connection goes to a checked address: a name that changes its mind in between gains nothing.
Redirects are not followed, and of each answer only so much is read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

import httpcore
import httpx
from standardwebhooks import Webhook

from geo_dispatch import __version__
from geo_dispatch.adapters.webhook_hosts import Allowed, is_public
from geo_dispatch.dispatch.messages.webhooks import Answer

TIMEOUT_S: Final = 20.0
"""For looking up, connecting, sending and the answer's head, all together."""

KEPT_CHARS: Final = 500
"""So much of an answer is kept, for people who look for the cause."""

_MOST_BYTES: Final = 256 * 1024
"""Of one answer with all that comes before its body, be it interim answers without end."""

_READ_BYTES: Final = 4096
_BODY_TIMEOUT_S: Final = 2.0
_LOOKUPS: Final = 16
_MAX_CONNECTIONS: Final = 300

LookUp = Callable[[str, int], Sequence[str]]
"""The addresses of a host, as its name's owner gives them now."""


class _Refused(Exception):
    """The name leads to an address that we don't write to."""


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
        except _Refused as refused:
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


def system_addresses(host: str, port: int) -> list[str]:
    """What the machine's resolver says.

    Raises
    ------
    OSError
        Nobody has the name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


@asynccontextmanager
async def open_poster(
    allowed: Allowed, timeout_s: float = TIMEOUT_S, look_up: LookUp = system_addresses
) -> AsyncIterator[Poster]:
    """A poster that reaches public addresses, and those allowed; closed with the block."""
    lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook-lookup")
    try:
        async with httpcore.AsyncConnectionPool(
            max_connections=_MAX_CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=_Checked(allowed, look_up, lookups),
        ) as pool:
            yield Poster(pool, timeout_s)
    finally:
        lookups.shutdown(wait=False, cancel_futures=True)


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allowed: Allowed, look_up: LookUp, lookups: ThreadPoolExecutor) -> None:
        self._allowed = allowed
        self._look_up = look_up
        self._lookups = lookups
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library names it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the name up, check every address, connect to the first that answers."""
        error: Exception = OSError(f"{host} has no address")
        for address in await self._addresses(host, port):
            try:
                stream = await self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (OSError, httpcore.NetworkError, httpcore.TimeoutException) as failed:
                error = failed
            else:
                return _Bounded(stream)
        raise error

    async def sleep(self, seconds: float) -> None:
        """Let others work."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        addresses = await loop.run_in_executor(self._lookups, self._look_up, host, port)
        private = [one for one in addresses if not self._may_reach(host, ip_address(one))]
        if private:
            raise _Refused(
                f"{host} leads to {private[0]}, which is no public address; "
                "GEO_DISPATCH_WEBHOOK_ALLOW may allow it"
            )
        return addresses

    def _may_reach(self, host: str, address: IPv4Address | IPv6Address) -> bool:
        return is_public(address) or self._allowed.covers(host, address)


class _Bounded(httpcore.AsyncNetworkStream):
    """A connection that brings so much of each answer and no more."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._read = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the library names it
        """Read what is there of the answer."""
        part = await self._stream.read(max_bytes, timeout)
        self._read += len(part)
        if self._read > _MOST_BYTES:
            raise httpcore.RemoteProtocolError(f"more than {_MOST_BYTES} bytes and no end")
        return part

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the library names it
        """Write of the request, whose answer begins anew."""
        self._read = 0
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library names it
    ) -> httpcore.AsyncNetworkStream:
        """Go on in TLS."""
        return _Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """What the library asks for."""
        return self._stream.get_extra_info(info)


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
