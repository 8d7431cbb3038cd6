"""Where webhooks may go: public addresses by HTTPS, and what the settings allow besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from socket import inet_aton
from typing import Final

import httpx

from geo_dispatch.kernel.errors import Fault, InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64: Final = IPv6Network("64:ff9b::/96")
_PASSED_FOR_GLOBAL: Final = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Protocol assignments and the relays of 6to4, which `ipaddress` of 3.11 takes for global."""

_MAX_PORT: Final = 65535
_SCHEMES: Final = ("http", "https")
_NAME: Final = re.compile(
    r"(?=.{1,253}\.?\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE
)
MAX_URL: Final = 2000


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hosts and networks that may be reached although they are not public, by plain HTTP too."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def covers(self, host: str, address: Address) -> bool:
        """Whether this address of this host is one of them."""
        return host.lower() in self.hosts or any(
            plain in network for plain in embedded(address) for network in self.networks
        )

    def names(self, host: str) -> bool:
        """Whether the host, as a URL has it, is one of them."""
        literal = _literal(host)
        return host.lower() in self.hosts or (literal is not None and self.covers(host, literal))


def allowed_by(setting: str) -> Allowed:
    """What ``erp.internal,10.0.0.0/8`` allows.

    Raises
    ------
    InvalidInput
        An item is neither a host's name nor a network.
    """
    hosts, networks, faults = set(), [], []
    for item in filter(None, (part.strip() for part in setting.split(","))):
        try:
            networks.append(ip_network(item))
        except ValueError:
            if "/" in item or ":" in item:
                faults.append(Fault("webhook_allow", f"{item!r} is no network such as 10.0.0.0/8"))
            hosts.add(item.lower())
    if faults:
        raise InvalidInput("GEO_DISPATCH_WEBHOOK_ALLOW can't be read", faults)
    return Allowed(frozenset(hosts), tuple(networks))


def is_public(address: Address) -> bool:
    """Whether it is an address of the public internet, and every one that it wraps too."""
    return all(
        one.is_global
        and not (one.is_multicast or one.is_reserved or one.is_unspecified)
        and not (isinstance(one, IPv6Address) and one.is_site_local)
        and not any(one in network for network in _PASSED_FOR_GLOBAL)
        for one in embedded(address)
    )


def embedded(address: Address) -> list[Address]:
    """The address, or what it stands for: IPv4 in IPv6 by mapping, 6to4, Teredo or NAT64."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    wrapped: list[Address] = [address]
    if address.sixtofour is not None:
        wrapped.append(address.sixtofour)
    if address.teredo is not None:
        wrapped.extend(address.teredo)
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return wrapped


def url_faults(url: str, allowed: Allowed) -> list[Fault]:
    """Everything wrong with an endpoint's URL that shows without looking its name up."""
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError) as error:
        return [Fault("url", f"{url[:80]!r} is no URL: {error}")]
    faults = []
    if len(url) > MAX_URL:
        faults.append(Fault("url", f"has {len(url)} characters; {MAX_URL} are enough"))
    if parsed.scheme not in _SCHEMES or not host:
        return [*faults, Fault("url", f"{url[:80]!r} is not like https://example.com/hooks")]
    if parsed.userinfo:
        faults.append(Fault("url", "holds a name or password; the signature tells who sends"))
    if parsed.port is not None and not 1 <= parsed.port <= _MAX_PORT:
        faults.append(Fault("url", f"{parsed.port} is no port; they end at {_MAX_PORT}"))
    if parsed.fragment:
        faults.append(Fault("url", f"ends in #{parsed.fragment[:40]}, which is never sent"))
    return [*faults, *_host_faults(parsed.scheme, host, allowed)]


def _host_faults(scheme: str, host: str, allowed: Allowed) -> Iterator[Fault]:
    literal = _literal(host)
    if allowed.names(host):
        return
    if scheme != "https":
        yield Fault("url", f"is plain HTTP; use https, {_OR_ALLOW}")
    if literal is None and not _NAME.fullmatch(host):
        yield Fault("url", f"{host[:80]!r} is no name of a host")
    if _is_localhost(host) or (literal is not None and not is_public(literal)):
        yield Fault("url", f"{host} is no public address; name another, {_OR_ALLOW}")


_OR_ALLOW: Final = "or allow the host by GEO_DISPATCH_WEBHOOK_ALLOW"


def _is_localhost(host: str) -> bool:
    """By its name, which stands for loopback with everything below it (RFC 6761, 6.3)."""
    return f".{host.rstrip('.')}".endswith(".localhost")


def _literal(host: str) -> Address | None:
    """The address that the host spells, also as resolvers read it: 127.1, 0x7f000001."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        pass
    try:
        return IPv4Address(inet_aton(host.rstrip(".")))
    except OSError:
        return None
