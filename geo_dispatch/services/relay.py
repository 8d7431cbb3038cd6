"""Passing events on: a consumer reads the log behind its cursor, at least once, in order."""

from __future__ import annotations

from collections.abc import Callable

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.dispatch.work.events import LoggedEvent


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
