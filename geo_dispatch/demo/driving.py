"""How a van moves along a route, and what its phone says of it: pure, seeded, in event time."""

from __future__ import annotations

import bisect
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from geo_dispatch.kernel.geo import METRES_PER_DEGREE, LonLat, bearing_deg, haversine_m

WALK_MPS = 1.2


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a van truly is, and how it moves; ``heading_deg`` None while it stands."""

    place: LonLat
    speed_mps: float = 0.0
    heading_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Drive:
    """Along a line, at the times that the route engine gave.

    Attributes
    ----------
    times_s
        Seconds after ``start`` at each place; never falling.
    """

    start: datetime
    places: tuple[LonLat, ...]
    times_s: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.places or len(self.places) != len(self.times_s):
            raise ValueError("a drive needs as many times as places, and one at least")
        if any(later < earlier for earlier, later in pairwise(self.times_s)):
            raise ValueError("the times of a drive must not fall")

    @property
    def end(self) -> datetime:
        """When it is there."""
        return self.start + timedelta(seconds=self.times_s[-1])

    def at(self, moment: datetime) -> Motion:
        """The van at the moment; it stands before the start and after the end."""
        elapsed_s = (moment - self.start).total_seconds()
        after = bisect.bisect_right(self.times_s, elapsed_s)
        if after == 0:
            return Motion(self.places[0])
        if after == len(self.places):
            return Motion(self.places[-1])
        a, b = self.places[after - 1], self.places[after]
        leg_s = self.times_s[after] - self.times_s[after - 1]
        share = (elapsed_s - self.times_s[after - 1]) / leg_s
        place = LonLat(a.lon + (b.lon - a.lon) * share, a.lat + (b.lat - a.lat) * share)
        return Motion(place, haversine_m(a, b) / leg_s, bearing_deg(a, b))


def drive_to(
    start: datetime, here: LonLat, places: Sequence[LonLat], times_s: Sequence[float], door: LonLat
) -> Drive:
    """Walk from where one is to the street, drive the route, walk from the street to the door."""
    to_street_s = haversine_m(here, places[0]) / WALK_MPS
    to_door_s = haversine_m(places[-1], door) / WALK_MPS
    return Drive(
        start,
        (here, *places, door),
        (
            0.0,
            *(to_street_s + time_s for time_s in times_s),
            to_street_s + times_s[-1] + to_door_s,
        ),
    )


@dataclass(frozen=True, slots=True)
class Reported:
    """What a phone says: the true motion seen through its receiver."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float
    speed_mps: float
    heading_deg: float | None


class Receiver:
    """A phone's GPS receiver: its error wanders (Gauss-Markov), and it knows roughly how much.

    Successive errors are alike, as real ones are: white noise would average out within seconds
    and make every filter look better than it is.
    """

    def __init__(self, seed: int, sigma_m: float = 3.5, memory_s: float = 40.0) -> None:
        self._rng = random.Random(seed)
        self._sigma_m = sigma_m
        self._memory_s = memory_s
        self._east_m = self._rng.gauss(0.0, sigma_m)
        self._north_m = self._rng.gauss(0.0, sigma_m)
        self._last: datetime | None = None

    def report(self, at: datetime, motion: Motion) -> Reported:
        """One fix at the moment; moments must not fall."""
        self._wander(at)
        place = motion.place
        metres_per_lon = METRES_PER_DEGREE * math.cos(math.radians(place.lat))
        return Reported(
            at=at,
            lon=round(place.lon + self._east_m / metres_per_lon, 7),
            lat=round(place.lat + self._north_m / METRES_PER_DEGREE, 7),
            accuracy_m=round(self._sigma_m * self._rng.uniform(1.3, 2.2), 1),
            speed_mps=round(max(0.0, motion.speed_mps + self._rng.gauss(0.0, 0.3)), 1),
            heading_deg=None if motion.heading_deg is None else round(motion.heading_deg, 1) % 360,
        )

    def _wander(self, at: datetime) -> None:
        passed_s = (at - self._last).total_seconds() if self._last else 0.0
        self._last = at
        kept = math.exp(-passed_s / self._memory_s)
        fresh_m = self._sigma_m * math.sqrt(1.0 - kept * kept)
        self._east_m = kept * self._east_m + self._rng.gauss(0.0, fresh_m)
        self._north_m = kept * self._north_m + self._rng.gauss(0.0, fresh_m)
