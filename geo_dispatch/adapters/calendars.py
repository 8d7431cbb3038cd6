"""A technician's visits as a calendar that phones subscribe to: iCalendar, RFC 5545 and 7986."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from icalendar import Calendar, Event, vDuration, vGeo, vText, vUri

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.time import utc

_LOOK_AGAIN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit.

    Attributes
    ----------
    uid
        The same for as long as the visit is the same.
    revision
        Grows with each change.
    changed_at
        When that was.
    """

    uid: str
    summary: str
    begin_at: datetime
    end_at: datetime
    location: str
    place: LonLat
    status: Literal["TENTATIVE", "CONFIRMED"]
    revision: int
    changed_at: datetime
    description: str = ""
    url: str = ""


def calendar_bytes(name: str, entries: Iterable[Entry]) -> bytes:
    """The calendar as it goes over the wire: UTF-8, CRLF, lines of 75 octets at most."""
    calendar = Calendar()
    calendar.add("prodid", "-//geo-dispatch//EN")
    calendar.add("version", "2.0")
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    calendar.add("refresh-interval", vDuration(_LOOK_AGAIN), parameters={"value": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry))
    text: bytes = calendar.to_ical()
    return text


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", utc(entry.begin_at))  # no VTIMEZONE is needed, nor can one be wrong
    event.add("dtend", utc(entry.end_at))
    event.add("sequence", entry.revision)
    event.add("summary", entry.summary)
    event.add("location", entry.location)
    event.add("geo", vGeo((entry.place.lat, entry.place.lon)))
    event.add("status", entry.status)
    if entry.description:
        event.add("description", entry.description)
    if entry.url:
        event.add("url", vUri(entry.url))
    return event
