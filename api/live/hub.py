"""Open event streams of this process, and what waits to be sent to each.

Positions are coalesced: a slow reader gets the latest of each technician, not all. Events of the
log are not: a reader too slow for them is told to start again (`reset`), because a gap would go
unseen. Everything here runs in the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from api.metrics import Metrics
from geo_dispatch.dispatch.work.events import LoggedEvent

MAX_WAITING_EVENTS: Final = 2000
"""Events that may wait for one reader before its stream is reset."""

POSITIONS_INTERVAL_S: Final = 0.25
"""Positions go out at most so often."""


PositionView = Mapping[str, Any]
"""A technician's position as streams send it; it has a ``technician_id``."""

WantsEvent = Callable[[LoggedEvent], bool]
WantsPosition = Callable[[PositionView], bool]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a reader gets at once."""

    events: tuple[LoggedEvent, ...] = ()
    positions: tuple[PositionView, ...] = ()
    reset: bool = False
    closed: bool = False


class Client:
    """One reader's waiting events and positions."""

    def __init__(self, wants_event: WantsEvent, wants_position: WantsPosition) -> None:
        self._wants_event = wants_event
        self._wants_position = wants_position
        self._events: deque[LoggedEvent] = deque()
        self._positions: dict[str, PositionView] = {}
        self._wake = asyncio.Event()
        self._overflow = False
        self._closed = False
        self._positions_due_at = 0.0

    def offer_events(self, events: Iterable[LoggedEvent]) -> None:
        """Let these wait for the reader, if it wants them."""
        for event in events:
            if self._wants_event(event):
                self._events.append(event)
        if len(self._events) > MAX_WAITING_EVENTS:
            self._overflow = True
            self._events.clear()
        if self._events or self._overflow:
            self._wake.set()

    def offer_positions(self, positions: Iterable[PositionView]) -> None:
        """Let these wait for the reader, each in place of the same technician's last."""
        for position in positions:
            if self._wants_position(position):
                self._positions[position["technician_id"]] = position
        if self._positions:
            self._wake.set()

    def close(self) -> None:
        """Tell the reader that the process ends."""
        self._closed = True
        self._wake.set()

    async def next(self) -> Parcel:
        """What has come since the last call; waits until something has."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            if self._closed or self._overflow:
                return Parcel(reset=self._overflow, closed=self._closed)
            wait_s = self._positions_due_at - loop.time()
            if self._events or wait_s <= 0:
                break
            self._wake.clear()
            loop.call_later(wait_s, self._wake.set)
        parcel = Parcel(tuple(self._events), tuple(self._positions.values()) if wait_s <= 0 else ())
        self._events.clear()
        self._wake.clear()
        if parcel.positions:
            self._positions.clear()
            self._positions_due_at = loop.time() + POSITIONS_INTERVAL_S
        elif self._positions:
            loop.call_later(wait_s, self._wake.set)
        return parcel


class Hub:
    """All readers of this process."""

    def __init__(self, metrics: Metrics) -> None:
        self._clients: set[Client] = set()
        self._metrics = metrics
        self._closed = False

    @contextmanager
    def client(self, wants_event: WantsEvent, wants_position: WantsPosition) -> Iterator[Client]:
        """A new reader, served until the block ends."""
        client = Client(wants_event, wants_position)
        self._clients.add(client)
        self._metrics.stream_clients.inc()
        if self._closed:
            client.close()
        try:
            yield client
        finally:
            self._clients.discard(client)
            self._metrics.stream_clients.dec()

    def publish(
        self, events: Iterable[LoggedEvent] = (), positions: Iterable[PositionView] = ()
    ) -> None:
        """Offer these to every reader."""
        events, positions = tuple(events), tuple(positions)
        for client in self._clients:
            client.offer_events(events)
            client.offer_positions(positions)

    def count_reset(self) -> None:
        """One more reader was too slow."""
        self._metrics.stream_resets.inc()

    def close(self) -> None:
        """End all streams, and each that still opens."""
        self._closed = True
        for client in self._clients:
            client.close()
