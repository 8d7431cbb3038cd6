"""Times that may all come later together, and how much later before a decision turns out else.

A day is a chain of comparisons: has the break's time come, is the window's end past? Walked with
times that *slide*, the walk also learns the smallest delay at which any comparison flips. Up to
there the day merely shifts; there it has to be walked again. That is how slack is exact, though
a later start may well mean an earlier end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

TICK: Final = timedelta(microseconds=1)
"""What datetimes resolve."""


class At(NamedTuple):
    """A moment; ``slides`` when a delay makes it later by as much."""

    when: datetime
    slides: bool = False

    def after(self, length: timedelta) -> At:
        """So much later."""
        return At(self.when + length, self.slides)


@dataclass(slots=True)
class Room:
    """The smallest further delay at which a comparison made so far comes out otherwise."""

    left: timedelta = timedelta.max

    def has_come(self, at: At, mark: datetime) -> bool:
        """Whether it is that time, or later."""
        if at.when >= mark:
            return True
        if at.slides:
            self.left = min(self.left, mark - at.when)
        return False

    def is_past(self, at: At, mark: datetime) -> bool:
        """Whether it is later than that."""
        if at.when > mark:
            return True
        if at.slides:
            self.left = min(self.left, mark - at.when + TICK)
        return False

    def wait(self, at: At, mark: datetime) -> At:
        """Not before the mark; a wait swallows the delay."""
        return at if self.is_past(at, mark) else At(mark)

    def later(self, one: At, other: At) -> At:
        """The later of the two."""
        if one.slides == other.slides:
            return max(one, other)
        slider, still = (one, other) if one.slides else (other, one)
        return self.wait(slider, still.when)
