"""Check-ins by our fold and by the rules of others, held against the truth of simulated trips.

The rules of others are restated from their sources: a fix in the circle enters and one outside
leaves (Traccar, Tile38); the same without fixes worse than 50 m; circle of the accuracy and fence
overlapping by 75 % and 25 % (as Play services is documented); a fix in the circle, and all after
it for 120 s (dwell).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.history.presence import presences
from geo_dispatch.tracking.fences import Fence, circle_fence
from geo_dispatch.tracking.neighbours import Neighbour
from geo_dispatch.tracking.track import Stop, TrackState, fold
from tests.support.fixes import SITE, START_MS
from tests.support.simulated_field import Kind, Trip

KINDS: tuple[Kind, ...] = ("visit", "drive-by", "neighbour")

Stays = list[tuple[float, float | None]]
"""When they were there, seconds; None while there."""

Rule = Callable[[Trip, Sequence[float]], list[Stays]]
"""What it says of a trip, for a fence of each radius around the site."""


@dataclass
class Score:
    """What a rule made of the trips of one fence under one sky."""

    trips: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    missed: int = 0
    doubled: int = 0
    false: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    late_s: list[float] = field(default_factory=list)
    left_late_s: list[float] = field(default_factory=list)

    def shares(self) -> tuple[float, float, float, float]:
        """Visits missed and doubled, drive-bys and neighbours confirmed; each of all its trips."""
        visits = max(1, self.trips["visit"])
        false = (self.false[kind] / max(1, self.trips[kind]) for kind in KINDS[1:])
        return (self.missed / visits, self.doubled / visits, *false)

    def count(self, made: Trip, stays: Stays) -> None:
        """Hold the stays against the truth."""
        self.trips[made.kind] += 1
        if made.stops_s is None or made.leaves_s is None or made.kind != "visit":
            self.false[made.kind] += bool(stays)
            return
        during = [stay for stay in stays if stay[0] < made.leaves_s]
        if not during:
            self.missed += 1
            return
        self.doubled += len(during) > 1
        self.late_s.append(during[0][0] - made.stops_s)
        if during[-1][1] is not None:
            self.left_late_s.append(during[-1][1] - made.leaves_s)


def ours(made: Trip, radii_m: Sequence[float]) -> list[Stays]:
    """The worker's fold."""
    plan = [
        replace(stop_at("here", circle_fence(SITE, radius_m)), id=f"as_{number:02}")
        for number, radius_m in enumerate(radii_m)
    ]
    return [stays for _, stays in sorted(_folded(made, plan).items())]


def stop_at(name: str, fence: Fence, beside: Sequence[Neighbour] = (), **fields: int) -> Stop:
    """A job in hand from before the trip."""
    return Stop(
        f"as_{name}",
        f"wo_{name}",
        name,
        START_MS - 1000,
        None,
        1,
        fence,
        neighbours=tuple(beside),
        **fields,
    )


def stays_of(made: Trip, plan: Sequence[Stop]) -> dict[str, Stays]:
    """What the fold says of each of the plan's sites."""
    sites = {stop.id: stop.site_id for stop in plan}
    return {sites[stop_id]: stays for stop_id, stays in _folded(made, plan).items()}


def _folded(made: Trip, plan: Sequence[Stop]) -> dict[str, Stays]:
    return {
        known.id: [
            (_seconds(one.arrived_ms), None if one.left_ms is None else _seconds(one.left_ms))
            for one in known.fence.attendances
        ]
        for known in fold(TrackState(), made.fixes(), plan).stops
    }


def _seconds(at_ms: int) -> float:
    return (at_ms - START_MS) / 1000


def proof(made: Trip, radii_m: Sequence[float]) -> list[Stays]:
    """`GET /v1/visits`: who stayed near a place, without a fence made before."""
    fixes = made.fixes()
    return [
        [
            (_seconds(datetime_to_ms(one.since)), one.until and _seconds(datetime_to_ms(one.until)))
            for one in presences(TechnicianId("te_1"), fixes, circle_fence(SITE, radius_m))
            if one.stayed
        ]
        for radius_m in radii_m
    ]


def by_signals(signals: Iterator[tuple[float, bool, bool]], dwell_s: float = 0.0) -> Stays:
    """Stays by a rule that says of each fix whether it enters and whether it leaves."""
    found: Stays = []
    since_s: float | None = None
    inside = False
    for at_s, enters, leaves in signals:
        if inside and leaves:
            found[-1] = (found[-1][0], at_s)
            inside, since_s = False, None
        elif not inside and enters:
            since_s = at_s if since_s is None else since_s
            if at_s - since_s >= dwell_s:
                found.append((at_s, None))
                inside = True
        elif not inside and leaves:
            since_s = None
    return found


def in_circle(made: Trip, radius_m: float, worst_m: float = math.inf, dwell_s: float = 0) -> Stays:
    """In the circle or not, by each fix that is good enough."""
    rows = zip(made.at_s, np.hypot(*made.told_m.T), made.accuracy_m, strict=True)
    signals = ((t, d <= radius_m, d > radius_m) for t, d, accuracy in rows if accuracy <= worst_m)
    return by_signals(signals, dwell_s)


def overlapping(made: Trip, radius_m: float) -> Stays:
    """By the share of the accuracy's circle that lies in the fence: 75 % enters, 25 % leaves."""
    rows = zip(made.at_s, np.hypot(*made.told_m.T), made.accuracy_m, strict=True)
    shares = ((t, _share(d, accuracy, radius_m)) for t, d, accuracy in rows)
    return by_signals((t, share >= 0.75, share <= 0.25) for t, share in shares)


def _share(d: float, a: float, r: float) -> float:
    """The share of a circle of radius ``a`` in one of radius ``r`` whose centre is ``d`` away."""
    if d >= a + r:
        return 0.0
    if d + min(a, r) <= max(a, r):
        return min(1.0, (r / a) ** 2)
    x = a * a * math.acos((d * d + a * a - r * r) / (2 * d * a))
    y = r * r * math.acos((d * d + r * r - a * a) / (2 * d * r))
    z = math.sqrt((-d + a + r) * (d + a - r) * (d - a + r) * (d + a + r)) / 2
    return (x + y - z) / (math.pi * a * a)


def each(rule: Callable[[Trip, float], Stays]) -> Rule:
    """The rule of one fence, for several."""
    return lambda made, radii_m: [rule(made, radius_m) for radius_m in radii_m]


RULES: dict[str, Rule] = {
    "ours": ours,
    "in circle": each(in_circle),
    "in circle, accuracy <= 50 m": each(lambda made, radius: in_circle(made, radius, 50.0)),
    "overlap 75/25": each(overlapping),
    "dwell 120 s": each(lambda made, radius: in_circle(made, radius, dwell_s=120.0)),
}
