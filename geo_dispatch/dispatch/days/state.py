"""What is known before and after a stop, handed from one to the next."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from geo_dispatch.dispatch.days.availability import Duty, Rest
from geo_dispatch.dispatch.days.feasibility import Violation
from geo_dispatch.dispatch.days.labour import Pause
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.days.sliding import At
from geo_dispatch.dispatch.records.technicians import Leave
from geo_dispatch.kernel.geo import LonLat


class State(NamedTuple):
    """Where a technician stands between two stops; made too often for a dataclass.

    Attributes
    ----------
    at
        Free since then.
    driven_s
        Driving so far; None once there was no way.
    duty
        That of the last stop; None before the first.
    on_call
        Whether the rota counted in it.
    taken
        Breaks taken or missed.
    away
        The leave that pushed the rest of the day behind it.
    """

    at: At
    place: LonLat
    driven_s: float | None = 0.0
    duty: Duty | None = None
    on_call: bool = False
    taken: frozenset[Rest] = frozenset()
    away: Leave | None = None

    def later_than(self, other: State) -> timedelta | None:
        """How much later the same state is; None when it is another in anything that matters."""
        same = (
            self.place == other.place
            and self.duty == other.duty
            and self.on_call == other.on_call
            and self.taken == other.taken
            and self.away == other.away
            and (self.driven_s is None) == (other.driven_s is None)
        )
        return self.at.when - other.at.when if same else None


class Visit(NamedTuple):
    """A stop worked out; times are None when there is no way."""

    stop: Stop
    drive_s: float | None = None
    depart: At | None = None
    arrive: At | None = None
    begin: At | None = None
    finish: At | None = None
    pauses: tuple[Pause, ...] = ()
    violations: tuple[Violation, ...] = ()
