"""Passing events on: a consumer reads the log behind its cursor, at least once, in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.errors import Unavailable

_POLL_S: Final = 0.2
_PAUSE_S: Final = 1.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Follower:
    """Follows the log beside other work, while its process is the one that should.

    Attributes
    ----------
    name
        What the process's own log calls it.
    follow
        Deals with the next events of the log, and tells how many those were.
    look
        Looks at what makes no event by itself.
    look_every_s
        So often, in real time, is looked.
    turn_is_ours
        Whether this process should do it now: one at a time is enough, several do no harm.
    stopping
        Set to end `run` after the turn under way.
    every_s
        How long it rests, in real time, when nothing was left to follow.
    """

    name: str
    follow: Callable[[], int]
    look: Callable[[], None]
    look_every_s: float
    turn_is_ours: Callable[[], bool]
    stopping: threading.Event
    every_s: float = _POLL_S
    _look_at: float = field(default=0.0)

    def run(self) -> None:
        """Follow until stopped; what is away is waited for."""
        while not self.stopping.is_set():
            pause_s = self.every_s
            try:
                if self.turn_is_ours() and self._turn(time.monotonic()):
                    pause_s = 0.0
            except Unavailable as error:
                _log.info("waits", follower=self.name, reason=error.message)
                pause_s = _PAUSE_S
            except Exception:  # noqa: BLE001 - the edge of the loop
                _log.exception("a turn failed; it goes on", follower=self.name)
                pause_s = _PAUSE_S
            self.stopping.wait(pause_s)

    def _turn(self, now_s: float) -> int:
        done = self.follow()
        if now_s >= self._look_at:
            self._look_at = now_s + self.look_every_s
            self.look()
        return done


def deliver(
    store: Store, consumer: str, handle: Callable[[LoggedEvent], None], limit: int = 500
) -> int:
    """Hand the next events to the consumer and remember how far it came.

    An event is handed over again when the process dies, or ``handle`` raises, before its cursor
    is written: consumers must not mind. Those before it stay delivered.

    Returns
    -------
    int
        How many events were handled; 0 when there is nothing new.
    """
    with store.read() as unit:
        events = unit.events(after=unit.cursor(consumer), limit=limit)
    done = None
    handled = 0
    try:
        for logged in events:
            handle(logged)
            done = logged.seq
            handled += 1
    finally:
        if done is not None:
            with store.write() as unit:
                unit.advance(consumer, done)
                unit.commit()
    return handled
