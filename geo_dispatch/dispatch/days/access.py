"""When a site lets somebody in for as long as the work takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import openings
from geo_dispatch.dispatch.days.sliding import At, Room
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.kernel.time import Window

_WEEK: Final = timedelta(days=8)
"""Within it, whatever comes every week comes."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Nobody is let in for so long.

    Attributes
    ----------
    mark
        When the site closes, by ``late`` too early; or, with ``opens``, when it opens next, by
        ``late`` too late.
    """

    mark: datetime
    late: timedelta
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """When work begins for who is ready then.

    Attributes
    ----------
    closes
        When the site closes behind; None where it never does.
    """

    begin: At
    closes: datetime | None = None
    shut: Shut | None = None


def enter(
    ready: At,
    access: tuple[Hours, ...],
    least: timedelta,
    *,
    duty: Window,
    zone: ZoneInfo,
    room: Room,
) -> Entry:
    """Begin in the first opening that is long enough.

    Parameters
    ----------
    least
        How long the site has to be open from the beginning on.
    duty
        Nobody waits for an opening that begins behind it.
    """
    found = _openings(ready, access, duty, zone, room)
    for opening in found:
        latest = opening.end - least
        if latest >= opening.start and not room.is_past(ready, latest):
            return Entry(room.wait(ready, opening.start), opening.end)
    if found:
        late, closes = min((max(ready.when, w.start) + least - w.end, w.end) for w in found)
        return Entry(ready, shut=Shut(closes, late))
    opens = openings(access, ready.when, ready.when + _WEEK, zone)[0].start
    return Entry(ready, shut=Shut(opens, opens - ready.when, opens=True))


def _openings(
    ready: At, access: tuple[Hours, ...], duty: Window, zone: ZoneInfo, room: Room
) -> list[Window]:
    """Those within the duty, or begun when whoever is early or late gets there."""
    found = []
    since, until = min(duty.start, ready.when), max(duty.end, ready.when) + _WEEK
    for opening in openings(access, since, until, zone):
        if opening.start >= duty.end and not room.has_come(ready, opening.start):
            break
        found.append(opening)
    return found
