"""Hours of the week in local time: shifts, access to sites, business hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.time import Window, utc

SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours on one weekday, local time; ``weekday`` 0 is Monday.

    An ``end`` at or before the ``start`` lies on the next day.
    """

    weekday: int
    start: time
    end: time

    def on(self, day: date, zone: ZoneInfo) -> Window:
        """The hours as instants, for those that begin on ``day``.

        Those that lie in the hour which summer time skips are the hour before it.
        """
        start, end = self.instants(day, zone)
        if end <= start:
            start = utc(datetime.combine(day, self.start, zone).replace(fold=1))
        return Window(start, end)

    def instants(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Start and end; where the clocks skip an hour, the end may come first."""
        last_day = day if self.end > self.start else day + timedelta(days=1)
        return (
            utc(datetime.combine(day, self.start, zone)),
            utc(datetime.combine(last_day, self.end, zone)),
        )


def hours_faults(hours: tuple[Hours, ...], where: str) -> list[Fault]:
    """Weekdays that there are not."""
    return [
        Fault(f"{where}[{index}].weekday", f"{one.weekday} is not 0 (Monday) to 6 (Sunday)")
        for index, one in enumerate(hours)
        if not 0 <= one.weekday <= SUNDAY
    ]
