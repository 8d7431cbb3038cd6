"""Connections to webhooks: to checked addresses only, and of each answer only so much.

The URLs are other people's, so a name is looked up once, every address behind it is checked, and
the connection goes to a checked address: a name that changes its mind in between gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

import httpcore

from geo_dispatch.adapters.webhook_hosts import Allowed, is_public

_MOST_BYTES: Final = 256 * 1024
"""Of one answer with all that comes before its body, be it interim answers without end."""


LookUp = Callable[[str, int], Sequence[str]]
"""The addresses of a host, as its name's owner gives them now."""


class Refused(Exception):
    """The name leads to an address that we don't write to."""


def system_addresses(host: str, port: int) -> list[str]:
    """What the machine's resolver says.

    Raises
    ------
    OSError
        Nobody has the name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class Checked(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allowed: Allowed, look_up: LookUp) -> None:
        self._allowed = allowed
        self._look_up = look_up
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
        addresses = await _looked_up(self._look_up, host, port)
        private = [one for one in addresses if not self._may_reach(host, ip_address(one))]
        if private:
            raise Refused(
                f"{host} leads to {private[0]}, which is no public address; "
                "GEO_DISPATCH_WEBHOOK_ALLOW may allow it"
            )
        return addresses

    def _may_reach(self, host: str, address: IPv4Address | IPv6Address) -> bool:
        return is_public(address) or self._allowed.covers(host, address)


async def _looked_up(look_up: LookUp, host: str, port: int) -> Sequence[str]:
    """The addresses, by a thread of their own, for which nobody waits longer than they want.

    A resolver that hears nothing takes half a minute: of a pool, a few dead names would take every
    thread, and the end of the process would wait for them.
    """
    found: Future[Sequence[str]] = Future()
    found.set_running_or_notify_cancel()

    def ask() -> None:
        try:
            found.set_result(look_up(host, port))
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            found.set_exception(error)

    threading.Thread(target=ask, name="webhook-lookup", daemon=True).start()
    return await asyncio.wrap_future(found)


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
