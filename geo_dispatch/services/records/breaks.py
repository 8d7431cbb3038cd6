"""Breaks as technicians take them: told by their phone or the office, kept for their day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.dispatch.records.technicians import BreakTaken
from geo_dispatch.dispatch.work.events import BreakEnded, BreakStarted
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk

_LONGEST: Final = timedelta(hours=12)
"""Nobody rests longer: then its end was not told."""


def running_since(last: BreakTaken | None, now: datetime) -> datetime | None:
    """When the last break began, if it still goes on."""
    if last is None or last.end_at is not None or now - last.begin_at > _LONGEST:
        return None
    return last.begin_at


def tell(desk: Desk, technician_id: str, *, on_break: bool, actor: Actor) -> BreakTaken | None:
    """Begin a break now, or end the one that goes on; what is so already is left as it is.

    Returns
    -------
    BreakTaken or None
        The last one; None when there was none in the last days.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    with desk.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        now = desk.clock()
        last = next(reversed(unit.breaks.of([technician.id]).get(technician.id, ())), None)
        begun_at = running_since(last, now)
        if begun_at is None and last is not None and last.end_at is None:
            unit.breaks.end(technician.id, last.begin_at + _LONGEST)
        if on_break == (begun_at is not None):
            return last
        event: BreakStarted | BreakEnded
        if begun_at is None:
            unit.breaks.begin(technician.id, now)
            event = BreakStarted(technician_id=technician.id, occurred_at=now)
            told = BreakTaken(now)
        else:
            unit.breaks.end(technician.id, now)
            event = BreakEnded(technician_id=technician.id, begin_at=begun_at, occurred_at=now)
            told = BreakTaken(begun_at, now)
        unit.append(f"technician:{technician.id}", [event], actor=actor, at=now)
        unit.commit()
    return told
