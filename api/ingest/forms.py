"""What a form is: how one app's requests are read, and what it is answered.

A form is a module of its own that holds one `Form`; the list of them is `api.ingest.registry`.
Forms are pure: bytes in, values out. Whatever is wrong with an item, the others are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from msgspec.structs import replace

from geo_dispatch.services.tracking.pings import Ping, PingVerdict, Unreadable
from geo_dispatch.tracking.devices import DeviceStatus
from geo_dispatch.tracking.phone_fences import FenceNews

__all__ = ["NO_BODY", "FencesTold", "Form", "Incoming", "Reading", "Reply", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came in, whole.

    Attributes
    ----------
    headers
        By lower-case name; of a repeated one, the last.
    technician_id
        For whom the key speaks; empty for a key that speaks for several devices.
    received_ms
        Milliseconds since 1970 UTC.
    """

    method: str
    query_string: bytes
    headers: Mapping[str, str]
    body: bytes
    technician_id: str
    received_ms: int

    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one, the last."""
        return _pairs(self.query_string)

    def form(self) -> dict[str, str]:
        """The fields of a body that is ``application/x-www-form-urlencoded``."""
        return _pairs(self.body)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request holds.

    Attributes
    ----------
    items
        In the order of the request. Heartbeats and kinds that are no position are left out.
    statuses
        What the apps tell of themselves, by technician as named in the pings.
    """

    items: tuple[Ping | Unreadable, ...] = ()
    statuses: Mapping[str, DeviceStatus] = field(default_factory=dict)

    def named(self) -> set[str]:
        """Whose these are, as they name themselves."""
        return {item.technician_id for item in self.items} | set(self.statuses)

    def renamed(self, ids: Mapping[str, str]) -> Reading:
        """The same of those technicians, where a name has an id."""
        return Reading(
            tuple(
                replace(item, technician_id=ids.get(item.technician_id, item.technician_id))
                for item in self.items
            ),
            {ids.get(name, name): status for name, status in self.statuses.items()},
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What the app is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class FencesTold:
    """How an app is told which fences to watch: in the answer to what was accepted.

    Attributes
    ----------
    device
        What the phone calls itself.
    """

    device: Callable[[Incoming], str]
    accepted: Callable[[Incoming, FenceNews], Reply]


@dataclass(frozen=True, slots=True)
class Form:
    """How one app speaks.

    Attributes
    ----------
    name
        As in paths and logs: ``"owntracks"``.
    path
        Where it is sent to; ``/{key}`` may follow.
    read
        Never raises for what a phone may send: a body that can't be read at all is one
        `Unreadable`.
    accepted
        The answer once everything readable is safe, with the verdict of each of the items.
    unauthenticated, busy
        The answers to a key that is not valid, and while nothing can be kept.
    body_schema
        JSON Schema of the body for the OpenAPI document.
    fences
        How the app is told what to watch; None: it can't be.
    """

    name: str
    path: str
    methods: frozenset[str]
    summary: str
    read: Callable[[Incoming], Reading]
    accepted: Callable[[Incoming, Reading, tuple[PingVerdict, ...]], Reply]
    unauthenticated: Reply
    busy: Reply
    body_schema: Mapping[str, object]
    examples: tuple[object, ...]
    fences: FencesTold | None = None


NO_BODY: Final = Reply(200, b"", "text/plain; charset=utf-8")
"""What apps are content with that only look at the status."""


def _pairs(encoded: bytes) -> dict[str, str]:
    return dict(parse_qsl(encoded.decode("utf-8", "replace"), keep_blank_values=True))
