"""Times: aware UTC instants, and windows between two of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


def datetime_to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC; exact, whole milliseconds."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def ms_to_datetime(at_ms: int) -> datetime:
    """The instant so many milliseconds after 1970 UTC."""
    return _EPOCH + timedelta(milliseconds=at_ms)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    @property
    def duration(self) -> timedelta:
        """How long it is."""
        return self.end - self.start
