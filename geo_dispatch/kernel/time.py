"""Times: aware UTC instants, and windows between two of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from geo_dispatch.kernel.errors import Fault, InvalidInput

Clock = Callable[[], datetime]
"""Says what time it is, in aware UTC. The core is handed a time, never a clock."""


def utc(moment: datetime) -> datetime:
    """The same instant in UTC.

    Raises
    ------
    ValueError
        The moment has no time zone: an hour of nobody knows where.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; add one, such as Z or +01:00")
    return moment.astimezone(UTC)


def checked_moment(moment: datetime) -> datetime:
    """What somebody gives as a time, in UTC.

    Raises
    ------
    ValueError
        It has no time zone, or lies before 1970 or after 2199: no work is done then, and sums of
        such times soon leave the calendar.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(
            f"{moment.isoformat()} is not between the years {FIRST_YEAR} and {LAST_YEAR}"
        )
    return utc(moment)


def whole_minute(moment: datetime) -> datetime:
    """The first whole minute from then on: what people agree on."""
    past = timedelta(seconds=moment.second, microseconds=moment.microsecond)
    return moment if not past else moment - past + timedelta(minutes=1)


def datetime_to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC; exact, whole milliseconds."""
    since = moment - _EPOCH
    return since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def ms_to_datetime(at_ms: int) -> datetime:
    """The instant so many milliseconds after 1970 UTC."""
    return _EPOCH + timedelta(milliseconds=at_ms)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS: Final = 24 * 3_600_000
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199


def refuse_empty_period(start: datetime, end: datetime) -> None:
    """Raise `InvalidInput` unless the period ends after it starts."""
    if end <= start:
        raise InvalidInput(
            f"the period from {start.isoformat()} to {end.isoformat()} is empty",
            [Fault("to", f"{end.isoformat()} is not after {start.isoformat()}; swap the two")],
        )


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` (in it) until ``end`` (no longer in it), aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if utc(self.end) <= utc(self.start):
            raise ValueError(
                f"a window must end after it starts, not {self.start.isoformat()} to "
                f"{self.end.isoformat()}"
            )

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def overlaps(self, other: Window) -> bool:
        """Whether the two share any time."""
        return self.start < other.end and other.start < self.end
